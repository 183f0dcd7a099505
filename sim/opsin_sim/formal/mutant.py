# SPDX-License-Identifier: MIT
"""Blocks with a planted bug, for a proof to find, or with other parts inside."""

import inspect
import sys
from types import FunctionType, ModuleType
from typing import Any

__all__ = ["mutant", "with_parts"]


def mutant(original: Any, right: str, wrong: str) -> Any:
    """Return ``original``, a class, from a copy of its module with ``wrong`` instead of ``right``.

    It may be a mutant already, which is changed further.

    Raises
    ------
    ValueError
        If ``right`` does not stand there exactly once.
    """
    module = sys.modules[original.__module__]
    source = vars(original).get("_source") or inspect.getsource(module)
    if source.count(right) != 1:
        raise ValueError(f"right must stand in {module.__name__} once, not {right!r}")
    copy = ModuleType(module.__name__)
    copy.__package__ = module.__package__
    source = source.replace(right, wrong)
    exec(compile(source, str(module.__file__), "exec"), copy.__dict__)
    changed = getattr(copy, original.__name__)
    changed._source = source
    return changed


def with_parts(original: Any, **parts: Any) -> Any:
    """Return a class like ``original`` whose own methods find ``parts`` under those names."""
    changed = {}
    for name, method in vars(original).items():
        if isinstance(method, FunctionType):
            names = {**method.__globals__, **parts}
            other = FunctionType(
                method.__code__, names, name, method.__defaults__, method.__closure__
            )
            other.__kwdefaults__ = method.__kwdefaults__
            changed[name] = other
    return type(original.__name__, (original,), changed)
