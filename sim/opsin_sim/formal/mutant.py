# SPDX-License-Identifier: MIT
"""Blocks with a planted bug, for a proof to find."""

import inspect
import sys
from types import ModuleType
from typing import Any

__all__ = ["mutant"]


def mutant(original: Any, right: str, wrong: str) -> Any:
    """Return ``original``, a class, from a copy of its module with ``wrong`` instead of ``right``.

    Raises
    ------
    ValueError
        If ``right`` does not stand there exactly once.
    """
    module = sys.modules[original.__module__]
    source = inspect.getsource(module)
    if source.count(right) != 1:
        raise ValueError(f"right must stand in {module.__name__} once, not {right!r}")
    copy = ModuleType(module.__name__)
    copy.__package__ = module.__package__
    exec(compile(source.replace(right, wrong), str(module.__file__), "exec"), copy.__dict__)
    return getattr(copy, original.__name__)
