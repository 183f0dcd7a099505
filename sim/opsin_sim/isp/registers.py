# SPDX-License-Identifier: MIT
"""Settings as the pipeline's ports take them."""

from typing import Any

from numpy.typing import NDArray

from opsin.isp import CurveWrite
from opsin.isp import IspSettings as Registers

from ..golden.isp import IspSettings
from ..harness import pack

__all__ = ["curve_writes", "settings_bits"]


def settings_bits(settings: IspSettings, *, curve_bank: int) -> int:
    """Return the settings port's value as one number."""
    fields = {**settings.registers(), "curve_bank": curve_bank}
    bits: int = Registers(settings.depth).const(fields).as_bits()
    return bits


def curve_writes(settings: IspSettings) -> NDArray[Any]:
    """Return the packed payloads that load the tone curve."""
    return pack(CurveWrite(), settings.curve_writes())
