# SPDX-License-Identifier: MIT
"""The ECP5 as simulation knows it: its cells, and a platform that makes designs use them."""

from pathlib import Path
from types import SimpleNamespace

__all__ = ["CELLS", "PLATFORM"]

CELLS = Path(__file__).with_suffix(".v")
"""Verilog models of the cells that Opsin instantiates."""

PLATFORM = SimpleNamespace(family="ecp5")
"""Stands for any platform with an ECP5 (:func:`opsin.common.target.is_ecp5`)."""
