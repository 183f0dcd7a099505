# SPDX-License-Identifier: MIT
"""What taps have in common that measure frames, one by one, for software to read."""

from collections.abc import Mapping
from typing import Any

from amaranth import Module, Mux, Signal, Value, unsigned
from amaranth.hdl import ShapeLike
from amaranth.lib.wiring import In, Member, Out

from ..common.flow import delayed
from .tap import Tap, Watched

__all__ = ["RESULT", "SCALE", "StatisticsTap", "scaled"]

RESULT = 18
"""Bits of a result, as wide as a block memory is."""

SCALE = unsigned(2)
"""Results are sums divided by 16 to the power of this."""

SETTLING = 15  # cycles from a frame's last beat until its results are written, and some


class StatisticsTap(Tap):
    """A tap with one bank of results, which those of the next measured frame replace.

    A frame is measured unless ``hold`` is set as its first beat passes. Software reads between
    frames, or sets ``hold``, looks that ``busy`` is 0, and reads at leisure.

    Parameters
    ----------
    depth : int
        Bits per sample, 8..16.
    ppc : int
        Pixels per beat: 1, 2 or 4.
    settings : mapping of str to ShapeLike
        Ports that are sampled with ``sof``, beside ``height``.
    ports : mapping of str to Member
        Any other ports.

    Members
    -------
    height : In(unsigned(16))
        Lines of a frame; sampled with ``sof``.
    hold : In(1)
        Keep the results: a frame that begins now is not measured.
    busy : Out(1)
        A frame is being measured: results are those of the frame before or of this one.
    frame : Out(unsigned(8))
        Frames measured, modulo 256.

    Timing
    ------
    ``frame`` counts, and ``busy`` ends, 18 cycles after the frame's last beat. Until then settings
    hold still and no other frame begins.
    """

    height: Value
    hold: Value
    busy: Value
    frame: Value

    def __init__(
        self,
        *,
        depth: int,
        ppc: int,
        settings: Mapping[str, ShapeLike],
        ports: Mapping[str, Member],
    ) -> None:
        super().__init__(
            depth=depth,
            ppc=ppc,
            settings={"height": unsigned(16), **settings},
            ports={
                "hold": In(1),
                "busy": Out(1),
                "frame": Out(unsigned(8)),
                **ports,
            },
        )

    def measure(self, m: Module, platform: object) -> tuple[Watched, Any, Value]:
        """Watch and count frames; return the first stage, its settings and the second's gate.

        The gate is set where a beat of the second stage is of a measured frame.
        """
        seen, use = self.watch(m, platform)
        measured, line_ends, last = Signal(), Signal(), Signal()
        line, settling = Signal(16, init=1), Signal(range(SETTLING + 1))
        # what is compared is settled long before a line's end
        last_line = delayed(m, line == delayed(m, use.height, 1), 1)
        m.d.comb += last.eq(line_ends & last_line)
        m.d.sync += line_ends.eq(seen.ends)
        with m.If(seen.begins):
            m.d.sync += [line.eq(1), measured.eq(~self.hold)]
        with m.Elif(line_ends):
            m.d.sync += [line.eq(line + 1), measured.eq(measured & ~last)]
        m.d.comb += self.busy.eq(measured | settling.any())
        with m.If(last & measured):
            m.d.sync += settling.eq(SETTLING)
        with m.Elif(settling.any()):
            m.d.sync += settling.eq(settling - 1)
        m.d.sync += self.frame.eq(self.frame + (settling == 1))
        return seen, use, measured


def scaled(total: Value, scale: Value) -> Value:
    """Return ``total`` divided by ``16**scale``, as a result that saturates."""
    choices, full = [], []
    for k in range(4):
        choices.append(total[4 * k :][:RESULT])
        full.append(total[4 * k + RESULT :].any() if len(total) > 4 * k + RESULT else 0)
    high, low = scale[1], scale[0]
    value = Mux(high, Mux(low, choices[3], choices[2]), Mux(low, choices[1], choices[0]))
    over = Mux(high, Mux(low, full[3], full[2]), Mux(low, full[1], full[0]))
    return value | over.replicate(RESULT)
