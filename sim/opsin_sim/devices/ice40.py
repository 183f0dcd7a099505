# SPDX-License-Identifier: MIT
"""The iCE40 as simulation knows it: its cells, and a platform that makes designs use them."""

from pathlib import Path
from types import SimpleNamespace

__all__ = ["CELLS", "PLATFORM"]

CELLS = Path(__file__).with_suffix(".v")
"""Verilog models of the cells that Opsin instantiates."""

PLATFORM = SimpleNamespace(family="iCE40", device="iCE40UP5K")
"""Stands for any platform with an iCE40 UltraPlus (:func:`opsin.common.target.has_mac16`)."""
