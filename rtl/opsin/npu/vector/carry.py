# SPDX-License-Identifier: MIT
"""Values carried along a pipeline."""

from typing import Any

from amaranth.hdl import Module

from ..binary32 import register

__all__ = ["carried"]


def carried(m: Module, value: Any, cycles: int, name: str) -> Any:
    """``value`` of so many cycles ago, in registers that no reset reaches."""
    for stage in range(cycles):
        value = register(m, value, f"{name}_{stage}")
    return value
