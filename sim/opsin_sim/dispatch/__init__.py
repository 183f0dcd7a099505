# SPDX-License-Identifier: MIT
"""The neural processor's dispatcher among units that only take time."""

from .bench import DispatchBench, UnitLog, begin, collect
from .descriptors import decode, encode, image

__all__ = ["DispatchBench", "UnitLog", "begin", "collect", "decode", "encode", "image"]
