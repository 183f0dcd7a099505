# SPDX-License-Identifier: MIT
"""White balance."""

from typing import Any

from amaranth import Module, Mux, Signal, Value, unsigned

from ..common.multiplier import multiply
from ..common.video import BayerPhase
from .bayer import PerChannel, channels
from .point import PointBlock, check_depth

__all__ = ["GAIN_FRACTION", "WhiteBalance"]

GAIN_FRACTION = 12


class WhiteBalance(PointBlock):
    """Multiply every colour channel by its gain and saturate.

    ``o = min((i * gain[channel] + 2**11) >> 12, 2**depth - 1)``

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
    gain : In(PerChannel(unsigned(16)))
        Unsigned Q4.12; a setting.

    Timing
    ------
    Latency 5 cycles. One multiplier per pixel.

    Raises
    ------
    ValueError
        If ``depth`` is outside 8..16 or ``ppc`` not 1, 2 or 4.

    References
    ----------
    Golden model: :func:`opsin_sim.golden.isp.white_balance`.
    """

    phase: Value
    gain: Any

    def __init__(self, *, depth: int, ppc: int = 1) -> None:
        check_depth(depth)
        self.depth = depth
        super().__init__(
            unsigned(depth),
            unsigned(depth),
            latency=5,
            ppc=ppc,
            settings={"phase": BayerPhase, "gain": PerChannel(unsigned(4 + GAIN_FRACTION))},
        )

    def compute(self, m: Module) -> None:
        channel = channels(m, self, Value.cast(self.phase))
        for index in range(self.ppc):
            sample, rounded = Signal(self.depth), Signal(self.depth + 5)
            product = multiply(m, sample, self.gain[channel[index]])
            m.d.sync += [
                sample.eq(self.i.p.pixel[index]),
                rounded.eq((product + (1 << (GAIN_FRACTION - 1))) >> GAIN_FRACTION),
                self.o.p.pixel[index].eq(Mux(rounded[self.depth :].any(), -1, rounded)),
            ]
