# SPDX-License-Identifier: MIT
"""The camera pipeline in simulators, frame by frame."""

from .bench import BenchFrame, develop_in_bench, run_bench
from .draw import bypassable, random_settings
from .fuzz import fuzz, fuzz_settings
from .model import IspModel
from .pictures import Developed, Output, outputs, read_output
from .recorder import Recorder
from .registers import settings_bits
from .tables import Loading, TableLoader

__all__ = [
    "BenchFrame",
    "Developed",
    "IspModel",
    "Loading",
    "Output",
    "Recorder",
    "TableLoader",
    "bypassable",
    "develop_in_bench",
    "fuzz",
    "fuzz_settings",
    "outputs",
    "random_settings",
    "read_output",
    "run_bench",
    "settings_bits",
]
