# SPDX-License-Identifier: MIT
"""Black level."""

from typing import Any

from amaranth import Module, Mux, Signal, Value, unsigned

from ..common.video import BayerPhase
from .bayer import PerChannel, channels
from .point import PointBlock, check_depth

__all__ = ["BlackLevel"]


class BlackLevel(PointBlock):
    """Subtract what the sensor reads in the dark.

    ``o = max(i - black[channel], 0)``

    Parameters
    ----------
    depth : int
        Bits per sample, 8..16.
    ppc : int
        Pixels per beat: 1, 2 or 4.

    Members
    -------
    i, o : FlowSignature(unsigned(depth), ppc=ppc)
        Raw samples.
    phase : In(BayerPhase)
        Colour filter at the first pixel; a setting.
    black : In(PerChannel(unsigned(depth)))
        Black level in samples; a setting.

    Timing
    ------
    Latency 3 cycles.

    Raises
    ------
    ValueError
        If ``depth`` is outside 8..16 or ``ppc`` not 1, 2 or 4.

    References
    ----------
    Golden model: :func:`opsin_sim.golden.isp.black_level`.
    """

    phase: Value
    black: Any

    def __init__(self, *, depth: int, ppc: int = 1) -> None:
        check_depth(depth)
        self.depth = depth
        super().__init__(
            unsigned(depth),
            unsigned(depth),
            latency=3,
            ppc=ppc,
            settings={"phase": BayerPhase, "black": PerChannel(unsigned(depth))},
        )

    def compute(self, m: Module) -> None:
        channel = channels(m, self, Value.cast(self.phase))
        for index in range(self.ppc):
            sample, operand, level = Signal(self.depth), Signal(self.depth), Signal(self.depth)
            difference = Signal(self.depth + 1)
            m.d.comb += difference.eq(operand - level)
            m.d.sync += [
                sample.eq(self.i.p.pixel[index]),
                operand.eq(sample),
                level.eq(self.black[channel[index]]),
                self.o.p.pixel[index].eq(Mux(difference[-1], 0, difference)),
            ]
