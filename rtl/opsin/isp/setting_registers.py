# SPDX-License-Identifier: MIT
"""Registers of the camera pipeline's settings, made of :class:`~opsin.isp.settings.IspSettings`."""

from collections.abc import Iterator

from amaranth.hdl import Shape, ShapeLike
from amaranth.lib import data

from ..common.registers import Access, Field, Register
from ..config import IspConfig
from .chain import CHAINS
from .frame_settings import FRAME_BLOCKS
from .setting_texts import SETTINGS
from .settings import IspSettings

__all__ = ["setting_registers", "setting_words"]


def setting_words(
    depth: int, *, frame_buffer: bool = False
) -> Iterator[tuple[str, list[tuple[str | int, ...]], Shape]]:
    """Every setting: register's name, paths of its words in :class:`IspSettings`, their shape."""
    for name, paths in _leaves(IspSettings(depth, frame_buffer=frame_buffer), ()):
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


_ALWAYS = ("width", "height", "phase", "timeout", "crop")
_OUTPUTS = ("output", "second")
_BLOCK = {"offset": "ccm", "curve_bank": "curve"}


def _there(member: str | int, config: IspConfig) -> bool:
    """Whether something uses this member of the settings."""
    if member in FRAME_BLOCKS:
        return config.frame_buffer
    if member in _ALWAYS or (member in _OUTPUTS and config.chain == "complete"):
        return True
    return _BLOCK.get(str(member), member) in CHAINS[config.chain]


def setting_registers(config: IspConfig, address: int, frames: int) -> Iterator[Register]:
    """Return the settings' registers from ``address`` on, one word for each value.

    Those of blocks with frame buffers begin at ``frames``. Those of blocks that ``config`` lacks
    are left out; all others have the same addresses always.

    Raises
    ------
    ValueError
        If a setting has no description here.
    """
    for name, paths, shape in setting_words(config.depth, frame_buffer=config.frame_buffer):
        if paths[0][0] in FRAME_BLOCKS:
            address = max(address, frames)
        if name not in SETTINGS:
            raise ValueError(
                f"settings must be described in the register map, not {name!r} left out"
            )
        if not _there(paths[0][0], config):
            address += 4 * len(paths)
            continue
        about = SETTINGS[name]
        resets = about.resets(len(paths), config.depth)
        if name in ("width", "crop_width", "output_scale_width_out"):
            resets = (min(*resets, config.max_width),)
        if name == "second_scale_width_out":
            resets = (min(*resets, config.second_width),)
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
