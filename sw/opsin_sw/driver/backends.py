# SPDX-License-Identifier: MIT
"""Devices by name."""

from pathlib import Path

from ..errors import UserError
from .device import Device, GoldenDevice

__all__ = ["BACKENDS", "device"]

BACKENDS = ("golden", "rtl")


def device(backend: str, *, wave: Path | None = None) -> Device:
    """Make the device called ``backend``; ``wave`` records the hardware's signals (FST).

    Raises
    ------
    UserError
        If there is no such backend, or it has no signals to record.
    """
    if backend not in BACKENDS:
        raise UserError(f"backend must be {' or '.join(BACKENDS)}, not '{backend}'")
    if backend == "golden":
        if wave:
            raise UserError("the golden model has no signals to record; use --backend rtl")
        return GoldenDevice()
    from .rtl import RtlDevice

    return RtlDevice(wave=wave)
