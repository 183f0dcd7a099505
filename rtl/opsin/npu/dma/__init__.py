# SPDX-License-Identifier: MIT
"""Copies between memory and scratchpad, of any alignment."""

from .load import LoadEvents, LoadUnit
from .store import StoreEvents, StoreUnit

__all__ = ["LoadEvents", "LoadUnit", "StoreEvents", "StoreUnit"]
