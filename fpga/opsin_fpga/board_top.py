# SPDX-License-Identifier: MIT
"""What connects a board-independent core to a board's pins."""

from typing import Any

from amaranth import ClockDomain, Elaboratable, Module
from amaranth.lib import io, wiring

from .boards import Board
from .clock import ClockGenerator

__all__ = ["BoardTop"]


class BoardTop(Elaboratable):
    """Clock, restart, LEDs and serial line around a core.

    Parameters
    ----------
    core : wiring.Component
        With output ``led`` (eight LEDs; a board may have fewer) and, if it has one, ``tx`` (serial
        line); runs in ``sync``.
    board : Board
    frequency : float
        Of ``sync``, MHz.
    """

    def __init__(self, core: wiring.Component, board: Board, *, frequency: float) -> None:
        self._core: Any = core
        self._board = board
        self._frequency = frequency

    def elaborate(self, platform: Any) -> Module:
        """Elaborate for the board's platform."""
        m = Module()
        core, board = self._core, self._board
        m.domains.sync = ClockDomain(reset_less=board.family.start.RESET_LESS)
        m.submodules.core = core

        def buffer(direction: str, port: Any) -> Any:
            pad: Any = io.Buffer(direction, port)
            m.submodules += pad
            return pad

        clock = platform.request(platform.default_clk, dir="-")
        restart = buffer("i", platform.request(*board.restart, dir="-"))
        m.submodules.clock = ClockGenerator(
            clock,
            restart.i,
            family=board.family,
            oscillator=board.oscillator,
            frequency=self._frequency,
        )

        for k in range(board.leds):
            m.d.comb += buffer("o", platform.request("led", k, dir="-")).o.eq(core.led[k])
        if "tx" in core.signature.members:
            m.d.comb += buffer("o", platform.request("uart", dir="-").tx).o.eq(core.tx)
        for resource, pin in board.high:
            port = getattr(platform.request(resource, dir="-"), pin)
            m.d.comb += buffer("o", port).o.eq(1)

        return m
