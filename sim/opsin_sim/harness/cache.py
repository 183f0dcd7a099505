# SPDX-License-Identifier: MIT
"""Directory of builds, named by what went into them; safe with several processes."""

import hashlib
import os
import shutil
import tempfile
import time
from collections.abc import Callable
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

    Two processes may build the same thing at once; the first to finish wins, and nobody ever sees
    a half-filled directory.
    """
    parent = cache_dir() / kind
    final = parent / key
    if final.is_dir():
        os.utime(final)
        return final
    try:
        parent.mkdir(parents=True, exist_ok=True)
        work = Path(tempfile.mkdtemp(prefix=f".{key}-", dir=parent))
    except OSError as error:
        text = f"the cache {parent} cannot be written ({error.strerror})"
        raise ToolError(f"{text}: set OPSIN_CACHE to another directory") from error
    _prune(parent)
    try:
        build(work)
        try:
            work.rename(final)
        except OSError:  # somebody else was quicker
            if not final.is_dir():
                raise
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return final


def _prune(parent: Path) -> None:
    """Remove what was not used for a month, and what a killed process left a day ago."""
    now = time.time()
    for entry in parent.iterdir():
        days = 1 if entry.name.startswith(".") else _KEEP_DAYS
        try:
            if now - entry.stat().st_mtime > days * 86400:
                shutil.rmtree(entry, ignore_errors=True)
        except FileNotFoundError:
            continue
