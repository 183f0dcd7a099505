# SPDX-License-Identifier: MIT
"""A drawing surface in pixels, y downwards, written as PNG or SVG without a screen."""

from collections import defaultdict
from functools import cache
from pathlib import Path
from typing import Any

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import TextToPath

__all__ = ["MONO_ADVANCE", "SUFFIXES", "Canvas", "shorten", "text_width"]

SUFFIXES = (".png", ".svg")
MONO_ADVANCE = 0.602  # width of a character of the fixed font, in font sizes

_DPI = 100
_SANS = "DejaVu Sans"  # comes with matplotlib
_MONO = "DejaVu Sans Mono"

Point = tuple[float, float]


@cache
def text_width(text: str, size: float, *, bold: bool = False) -> float:
    """Width in pixels of ``text`` in the proportional font."""
    font = FontProperties(family=_SANS, size=size, weight="bold" if bold else "normal")
    width, _, _ = TextToPath().get_text_width_height_descent(text, font, ismath=False)
    return float(width)


def shorten(text: str, width: float, size: float, *, bold: bool = False) -> str:
    """``text`` with its middle left out, if it is wider than ``width``."""
    if text_width(text, size, bold=bold) <= width:
        return text
    for kept in range(len(text) - 2, 2, -1):
        short = f"{text[: kept // 2]}…{text[len(text) - (kept - kept // 2) :]}"
        if text_width(short, size, bold=bold) <= width:
            return short
    return text[:3]


class Canvas:
    """Lines, polygons and texts; those of one ``layer`` stand above those of lower ones."""

    def __init__(self) -> None:
        self._lines: dict[tuple[int, str, float], list[list[Point]]] = defaultdict(list)
        self._areas: dict[tuple[int, str], list[list[Point]]] = defaultdict(list)
        self._texts: list[tuple[float, float, str, dict[str, Any]]] = []

    def line(self, points: list[Point], color: str, width: float = 1.1, layer: int = 3) -> None:
        """Draw an open polygonal line."""
        self._lines[layer, color, width].append(points)

    def area(self, points: list[Point], color: str, layer: int = 2) -> None:
        """Fill a polygon, without an outline."""
        self._areas[layer, color].append(points)

    def box(self, x0: float, y0: float, x1: float, y1: float, color: str, layer: int = 2) -> None:
        """Fill a rectangle, without an outline."""
        self.area([(x0, y0), (x1, y0), (x1, y1), (x0, y1)], color, layer)

    def text(
        self,
        x: float,
        y: float,
        text: str,
        *,
        size: float,
        color: str,
        align: str = "left",
        bold: bool = False,
        mono: bool = False,
    ) -> None:
        """Write one line of text, centred on ``y``."""
        style: dict[str, Any] = {
            "fontsize": size * 72 / _DPI,
            "color": color,
            "horizontalalignment": align,
            "verticalalignment": "center_baseline",
            "fontweight": "bold" if bold else "normal",
            "fontfamily": [_MONO, "monospace"] if mono else [_SANS, "sans-serif"],
            "parse_math": False,
            "zorder": 6,
        }
        self._texts.append((x, y, text, style))

    def save(self, path: Path, width: float, height: float, *, scale: float = 1.0) -> None:
        """Write the rectangle from the origin to ``width``, ``height``.

        The suffix of ``path`` says the format; ``scale`` are pixels of a PNG per pixel here.
        Texts of an SVG stay texts.
        """
        with rc_context({"svg.fonttype": "none", "svg.hashsalt": "opsin", "path.simplify": False}):
            figure = Figure(figsize=(width / _DPI, height / _DPI), dpi=_DPI, facecolor="white")
            FigureCanvasAgg(figure)
            axes = figure.add_axes((0, 0, 1, 1), xlim=(0, width), ylim=(height, 0))
            axes.axis("off")
            self._draw(axes)
            metadata = {"Date": None} if path.suffix == ".svg" else {"Software": "opsin"}
            figure.savefig(path, format=path.suffix[1:], dpi=_DPI * scale, metadata=metadata)

    def _draw(self, axes: Axes) -> None:
        for (layer, color), polygons in self._areas.items():
            axes.add_collection(
                PolyCollection(polygons, facecolors=color, edgecolors="none", zorder=layer),
                autolim=False,
            )
        for (layer, color, width), lines in self._lines.items():
            axes.add_collection(
                LineCollection(
                    lines,
                    colors=color,
                    linewidths=width * 72 / _DPI,
                    capstyle="projecting",
                    joinstyle="miter",
                    zorder=layer,
                ),
                autolim=False,
            )
        for x, y, text, style in self._texts:
            axes.text(x, y, text, **style)
