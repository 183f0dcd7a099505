# SPDX-License-Identifier: MIT
"""The camera pipeline in simulators, frame by frame."""

from .bench import BenchFrame, develop_in_bench, run_bench
from .model import Developed, IspModel
from .registers import curve_writes, settings_bits

__all__ = [
    "BenchFrame",
    "Developed",
    "IspModel",
    "curve_writes",
    "develop_in_bench",
    "run_bench",
    "settings_bits",
]
