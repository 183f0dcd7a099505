# SPDX-License-Identifier: MIT
"""Opening a waveform file so that a bad one ends in one line.

The reader is written in Rust; what it cannot read makes it print a stack trace and raise an
exception outside Python's usual hierarchy.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from .errors import WaveError

__all__ = ["open_waveform"]


@contextmanager
def _silence() -> Iterator[None]:
    """Send what foreign code writes to standard error nowhere."""
    sys.stderr.flush()
    kept = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


def open_waveform(path: Path) -> Any:
    """``pywellen.Waveform`` of ``path``, with its times read, so that the whole file is checked.

    Raises
    ------
    WaveError
        If the file is missing, or not a waveform, or damaged.
    """
    from pywellen import Waveform  # type: ignore[attr-defined]  # built in Rust

    if not path.is_file():
        raise WaveError(f"{path}: no such file")
    try:
        with _silence():
            file = Waveform(str(path))
            file.time_table()
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:
        why = "not a waveform (FST or VCD)" if "unknown file format" in str(error) else "damaged"
        raise WaveError(f"{path}: {why}") from None
    if not file.all_vars():
        raise WaveError(f"{path}: a waveform without signals")
    return file
