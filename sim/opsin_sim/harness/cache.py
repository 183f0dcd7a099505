# SPDX-License-Identifier: MIT
"""Directory of builds, named by what went into them; safe with several processes."""

import fcntl
import hashlib
import os
import shutil
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from .errors import ToolError

__all__ = ["cache_dir", "cached", "digest"]

_KEEP_DAYS = 30


def cache_dir() -> Path:
    """``$OPSIN_CACHE``, else ``opsin`` in the user's cache directory."""
    if chosen := os.environ.get("OPSIN_CACHE"):
        return Path(chosen).absolute()
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "opsin"


def digest(*parts: object) -> str:
    """Short name of a build: a hash of the texts of ``parts``."""
    return hashlib.sha256("\0".join(map(str, parts)).encode()).hexdigest()[:24]


def cached(kind: str, key: str, build: Callable[[Path], None]) -> Path:
    """Directory ``kind/key`` of the cache; if absent, ``build`` first fills one.

    Of several processes that want the same thing, one builds and the others wait. Nobody ever sees
    a half-filled directory.
    """
    parent = cache_dir() / kind
    final = parent / key
    if final.is_dir():
        with suppress(OSError):
            os.utime(final)
        return final
    try:
        parent.mkdir(parents=True, exist_ok=True)
        with (parent / f".{key}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not final.is_dir():
                _fill(final, build)
    except OSError as error:
        text = f"the cache {parent} cannot be written ({error.strerror})"
        raise ToolError(f"{text}: set OPSIN_CACHE to another directory") from error
    return final


def _fill(final: Path, build: Callable[[Path], None]) -> None:
    _prune(final.parent)
    work = Path(tempfile.mkdtemp(prefix=f".{final.name}-", dir=final.parent))
    try:
        build(work)
        work.rename(final)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _prune(parent: Path) -> None:
    """Remove what was not used for a month, and what a killed process left a day ago."""
    now = time.time()
    for entry in parent.iterdir():
        days = 1 if entry.name.startswith(".") else _KEEP_DAYS
        with suppress(OSError):  # somebody else was quicker
            if now - entry.stat().st_mtime > days * 86400:
                shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
