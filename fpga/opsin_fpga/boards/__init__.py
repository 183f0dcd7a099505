# SPDX-License-Identifier: MIT
"""Boards that tops are built for; their pins come from amaranth-boards."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ..families import ECP5, ICE40, Family

__all__ = ["BOARDS", "Board"]


def _ulx3s(size: str) -> Callable[[], Any]:
    def platform() -> Any:
        from amaranth_boards import ulx3s

        return getattr(ulx3s, f"ULX3S_{size}_Platform")()

    return platform


def _icebreaker() -> Any:
    from amaranth_boards.icebreaker import ICEBreakerPlatform

    platform = ICEBreakerPlatform()
    platform.add_resources(platform.break_off_pmod)  # five LEDs more
    return platform


@dataclass(frozen=True, kw_only=True)
class Board:
    """A board with LEDs, a serial port and a clock oscillator.

    ``platform`` makes the Amaranth platform; ``oscillator`` is in MHz; ``restart`` names the
    button that resets the design; ``leds`` are as many as tops may use, up to eight; ``high`` are
    pins (resource, subsignal) to be held high.
    """

    name: str
    part: str
    family: Family
    platform: Callable[[], Any]
    oscillator: float
    restart: tuple[str, int]
    leds: int = 8
    high: tuple[tuple[str, str], ...] = ()


BOARDS = {
    board.name: board
    for board in (
        *(
            Board(
                name=f"ulx3s-{size.lower()}",
                part=f"LFE5U-{size}-6BG381C",
                family=ECP5,
                platform=_ulx3s(size),
                oscillator=25.0,
                restart=("button_fire", 0),
                high=(("esp32", "gpio0"),),  # low lets the board's ESP32 restart the FPGA
            )
            for size in ("85F", "45F", "25F", "12F")
        ),
        Board(
            name="icebreaker",
            part="iCE40UP5K-SG48",
            family=ICE40,
            platform=_icebreaker,
            oscillator=12.0,
            restart=("button", 0),
            leds=7,
        ),
    )
}
