# SPDX-License-Identifier: MIT
"""Pixels with what a frame buffer holds for their place."""

from amaranth.hdl import ShapeLike
from amaranth.lib import data

__all__ = ["Kept", "Met"]


class Met(data.StructLayout):
    """A pixel that came, ``now``, and what the memory holds for its place, ``past``."""

    def __init__(self, pixel: ShapeLike, stored: ShapeLike) -> None:
        super().__init__({"now": pixel, "past": stored})


class Kept(data.StructLayout):
    """A pixel that goes, ``o``, and what the memory shall hold for its place, ``past``."""

    def __init__(self, pixel: ShapeLike, stored: ShapeLike) -> None:
        super().__init__({"o": pixel, "past": stored})
