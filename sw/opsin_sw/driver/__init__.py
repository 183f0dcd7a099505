# SPDX-License-Identifier: MIT
"""One way to run programs on the golden model and on the hardware.

A :class:`Device` takes a compiled program and arrays by input name, and returns arrays by output
name and a :class:`Report`.
"""

from .backends import BACKENDS, device
from .device import Device, GoldenDevice
from .report import LayerReport, Report

__all__ = ["BACKENDS", "Device", "GoldenDevice", "LayerReport", "Report", "device"]
