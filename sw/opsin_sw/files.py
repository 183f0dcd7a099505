# SPDX-License-Identifier: MIT
"""Checks of files before long work."""

import os
from pathlib import Path

from .errors import UserError

__all__ = ["check_output"]


def check_output(path: Path) -> None:
    """Refuse a file that could not be written later.

    Raises
    ------
    UserError
        If it is a directory, its directory is missing, or one of them must not be written.
    """
    if path.is_dir():
        raise UserError(f"{path}: is a directory")
    if not path.parent.is_dir():
        raise UserError(f"{path}: the directory {path.parent} does not exist")
    if not os.access(path if path.exists() else path.parent, os.W_OK):
        raise UserError(f"{path}: no permission to write")
