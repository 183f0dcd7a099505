# SPDX-License-Identifier: MIT
"""Waveforms: save files for viewers, pictures without one.

:class:`Wave` reads a file, :class:`Names` knows its enumerations and states, :func:`choose` picks
signals in groups, :class:`Clock` counts cycles, :func:`find_window` picks a stretch of time; then
:func:`draw` makes a picture, :func:`save_view` a save file, :func:`open_viewer` opens a viewer and
:func:`tree` lists. :func:`activity` tells what a stream does, cycle by cycle.
"""

from .choose import choose
from .clock import Clock, Window
from .errors import WaveError
from .groups import Group, fold_idle, modules
from .names import RADIXES, Names
from .picture import draw
from .reader import Wave
from .signals import Signal
from .streams import Activity, Stream, activity, find_streams
from .tree import tree
from .viewers import find_viewer, open_viewer, save_view
from .window import DEFAULT_CYCLES, find_window

__all__ = [
    "DEFAULT_CYCLES",
    "RADIXES",
    "Activity",
    "Clock",
    "Group",
    "Names",
    "Signal",
    "Stream",
    "Wave",
    "WaveError",
    "Window",
    "activity",
    "choose",
    "draw",
    "find_streams",
    "find_viewer",
    "find_window",
    "fold_idle",
    "modules",
    "open_viewer",
    "save_view",
    "tree",
]
