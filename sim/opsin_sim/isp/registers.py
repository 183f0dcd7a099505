# SPDX-License-Identifier: MIT
"""Settings as the pipeline's ports take them."""

from typing import Any

from opsin.isp import IspSettings as Registers

from ..golden.isp import IspSettings

__all__ = ["BANKED", "settings_bits"]

BANKED = {
    "curve": ("curve_bank",),
    "decompand": ("decompand", "bank"),
    "shading": ("shading", "bank"),
    "output_scale": ("output", "scale", "bank"),
    "second_scale": ("second", "scale", "bank"),
}
"""Of each table that there is twice, where the settings say which one is used."""


def settings_bits(settings: IspSettings, *, banks: dict[str, int] | None = None) -> int:
    """Return the settings port's value as one number; tables of which ``banks`` is silent: 0."""
    fields: dict[str, Any] = settings.registers()
    for name, (*places, last) in BANKED.items():
        inner = fields
        for place in places:
            inner = inner[place]
        inner[last] = (banks or {}).get(name, 0)
    bits: int = (
        Registers(settings.depth, frame_buffer=settings.frame_buffer).const(fields).as_bits()
    )
    return bits
