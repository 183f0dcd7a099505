# SPDX-License-Identifier: MIT
"""Which colour filter a pixel of a raw stream lies under."""

from amaranth import Cat, Module, Mux, Signal, Value
from amaranth.hdl import ShapeLike
from amaranth.lib import data, enum

from ..common.flow import FlowBlock, delayed

__all__ = ["Channel", "PerChannel", "channels"]


class Channel(enum.Enum, shape=2):
    """Colour channels; bit 1 set: a line with blue, bit 0: the second colour of a line of RGGB."""

    R = 0
    GR = 1
    GB = 2
    B = 3


class PerChannel(data.ArrayLayout):
    """A value for each :class:`Channel`."""

    def __init__(self, shape: ShapeLike) -> None:
        super().__init__(shape, len(Channel))


def channels(m: Module, block: FlowBlock, phase: Value) -> list[Value]:
    """Add to ``block`` what tells the :class:`Channel` of each pixel in its first stage.

    ``phase`` is the :class:`~opsin.common.video.BayerPhase`. Channels come from registers, but
    those of odd pixels of a beat through an inverter.
    """
    phase = delayed(m, phase, 1, "phase")
    next_row, next_column = Signal(), Signal()  # parity of the beat to come
    row_now, column_now = Signal(), Signal()  # of the one that enters the first stage
    row, column = Signal(), Signal()  # of the one in the first stage, as a channel
    beat = block.i.p
    m.d.comb += [
        row_now.eq(Mux(beat.sof, 0, next_row)),
        column_now.eq(Mux(beat.sof, 0, next_column)),
    ]
    m.d.sync += [row.eq(row_now ^ phase[1]), column.eq(column_now ^ phase[0])]
    with m.If(block.i.live):
        m.d.sync += next_row.eq(row_now ^ beat.eol)
        if block.ppc == 1:
            m.d.sync += next_column.eq(~(column_now | beat.eol))
    return [Cat(column ^ (index & 1), row) for index in range(block.ppc)]
