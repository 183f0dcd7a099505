# SPDX-License-Identifier: MIT
"""Registers of the camera pipeline's settings, made of :class:`~opsin.isp.settings.IspSettings`."""

from collections.abc import Iterator
from dataclasses import dataclass

from amaranth.hdl import Shape, ShapeLike
from amaranth.lib import data

from ..common.registers import Access, Field, Register
from ..config import IspConfig
from .color_correction import MATRIX_FRACTION
from .settings import IspSettings
from .white_balance import GAIN_FRACTION

__all__ = ["setting_registers", "setting_words"]


@dataclass(frozen=True)
class _Setting:
    """What a setting's shape does not tell; ``reset`` for all words, or one for each."""

    description: str
    unit: str = ""
    reset: int | tuple[int, ...] = 0


_PIXELS = "R, Gr, Gb, B"
_ONE = 1 << MATRIX_FRACTION

# Every member of IspSettings, by the names of nested members joined with "_".
_SETTINGS = {
    "width": _Setting(
        "Pixels per line; the nearest that the hardware can do is taken.", "pixels", 1920
    ),
    "height": _Setting("Lines per frame, at least 4.", "lines", 1080),
    "phase": _Setting("Colours of the first pixels: RGGB 0, GRBG 1, GBRG 2, BGGR 3."),
    "black": _Setting(f"Black level of {_PIXELS}.", "samples"),
    "gain": _Setting(
        f"White balance of {_PIXELS}.",
        f"unsigned Q{16 - GAIN_FRACTION}.{GAIN_FRACTION}",
        1 << GAIN_FRACTION,
    ),
    "ccm": _Setting(
        "Colour matrix by rows: output red, green, blue.",
        f"signed Q{15 - MATRIX_FRACTION}.{MATRIX_FRACTION}",
        (_ONE, 0, 0, 0, _ONE, 0, 0, 0, _ONE),
    ),
    "offset": _Setting("Added after the matrix to red, green, blue.", "samples"),
    "curve_bank": _Setting("Tone curve table in use; CURVE_SLOPE writes the other one."),
}


def setting_words(depth: int) -> Iterator[tuple[str, list[tuple[str | int, ...]], Shape]]:
    """Every setting: register's name, paths of its words in :class:`IspSettings`, their shape."""
    for name, paths in _leaves(IspSettings(depth), ()):
        yield name, [path for path, _ in paths], paths[0][1]


def _leaves(
    layout: data.StructLayout, prefix: tuple[str, ...]
) -> Iterator[tuple[str, list[tuple[tuple[str | int, ...], Shape]]]]:
    for name, shape in layout.members.items():
        path = (*prefix, name)
        if isinstance(shape, data.StructLayout):
            yield from _leaves(shape, path)
        else:
            yield "_".join(path), list(_elements(shape, path))


def _elements(
    shape: ShapeLike, path: tuple[str | int, ...]
) -> Iterator[tuple[tuple[str | int, ...], Shape]]:
    if isinstance(shape, data.ArrayLayout):
        for index in range(shape.length):
            yield from _elements(shape.elem_shape, (*path, index))
    else:
        yield path, Shape.cast(shape)


def setting_registers(config: IspConfig, address: int) -> Iterator[Register]:
    """Return the settings' registers from ``address`` on, one word for each value.

    Raises
    ------
    ValueError
        If a setting has no description here.
    """
    for name, paths, shape in setting_words(config.depth):
        if name not in _SETTINGS:
            raise ValueError(
                f"settings must be described in the register map, not {name!r} left out"
            )
        about = _SETTINGS[name]
        resets = about.reset if isinstance(about.reset, tuple) else (about.reset,) * len(paths)
        if name == "width":
            resets = (min(*resets, config.max_width),)
        field = Field(
            name="value",
            description=about.description,
            width=shape.width,
            signed=shape.signed,
            reset=resets[0],
            unit=about.unit,
        )
        yield Register(
            name=name,
            address=address,
            access=Access.READ_WRITE,
            fields=(field,),
            description=about.description,
            count=len(paths),
            resets=resets,
            staged=True,
        )
        address += 4 * len(paths)
