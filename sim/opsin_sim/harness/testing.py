# SPDX-License-Identifier: MIT
"""Marks for tests that need what may be missing on a machine; needs pytest."""

import shutil

import find_libpython
import pytest

__all__ = ["needs_cocotb", "needs_icarus", "on_simulators"]

needs_cocotb = pytest.mark.skipif(
    find_libpython.find_libpython() is None,
    reason="cocotb needs Python's shared library (package libpython3.x)",
)
"""Skip where cocotb cannot load Python into a simulator."""

needs_icarus = pytest.mark.skipif(
    shutil.which("iverilog") is None, reason="Icarus Verilog (package iverilog) is not installed"
)
"""Skip where there is no Icarus Verilog."""

on_simulators = pytest.mark.parametrize(
    "simulator",
    [
        pytest.param("verilator", marks=needs_cocotb),
        pytest.param("icarus", marks=[needs_cocotb, needs_icarus]),
    ],
)
"""Run a test that takes ``simulator`` on each; skip those that are missing."""
