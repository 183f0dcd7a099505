# SPDX-License-Identifier: MIT
"""Red and blue from differences to green."""

from typing import Any

from amaranth import Array, Cat, Module, Value
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In

from ..common.flow import FlowBlock, delayed, join
from ..common.row_window import RowWindow
from ..common.video import BayerPhase, Rgb
from .bayer import channels
from .clip import clip
from .mosaic_columns import MosaicColumns
from .point import PointBlock, check_depth

__all__ = ["DirectionalColors"]


class DirectionalColors(FlowBlock):
    """Subtract from green the differences that are at hand or the mean of the nearest ones.

    At green the left and right neighbours give one colour and the upper and lower ones the other;
    at red and blue the four diagonal neighbours give the colour that is missing.

    Parameters
    ----------
    depth : int
        Bits per sample, 8..16.
    max_width : int
        Pixels of the longest line, a multiple of ``ppc``.
    ppc : int
        Pixels per beat: 1, 2 or 4.
    rows : int
        1, or 3: the pixels above and below go along for the block behind.

    Members
    -------
    i : In(FlowSignature(Difference(depth, rows), ppc=ppc))
    o : Out(FlowSignature(Rgb(depth), ppc=ppc))
        With 3 ``rows``, ``ArrayLayout(Rgb(depth), 3)``, from above.
    width, height : In
        As :class:`~opsin.common.column_window.ColumnWindow`; settings.
    phase : In(BayerPhase)
        Colour filter at the first pixel; a setting.
    bypass : In(1)
        Pass the raw sample as red, green and blue, in the same time; a setting.

    Timing
    ------
    Latency 13 cycles. With ``line = width / ppc`` beats, a pixel leaves ``(rows + 1) / 2 * line +
    ceil(1 / ppc)`` slots behind its beat.

    Raises
    ------
    ValueError
        If ``depth``, ``max_width`` or ``ppc`` is out of range.

    References
    ----------
    Golden model: :func:`opsin_sim.golden.isp.directional`, which names the papers.
    """

    width: Value
    height: Value
    phase: Any
    bypass: Value

    def __init__(self, *, depth: int, max_width: int, ppc: int = 1, rows: int = 1) -> None:
        check_depth(depth)
        self._columns = MosaicColumns(depth=depth, rows=rows, max_width=max_width, ppc=ppc)
        self._row = RowWindow(self._columns.pixel_out, columns=3, ppc=ppc)
        self._stages = _Colors(depth=depth, window=self._row.pixel_out, rows=rows, ppc=ppc)
        blocks: list[FlowBlock] = [self._columns, self._row, self._stages]
        super().__init__(
            self._columns.pixel_in,
            self._stages.pixel_out,
            ppc=ppc,
            latency=sum(block.latency for block in blocks),
            ports={
                "width": In(range(max_width + 1)),
                "height": In(16),
                "phase": In(BayerPhase),
                "bypass": In(1),
            },
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.columns = columns = self._columns
        m.submodules.row = row = self._row
        m.submodules.stages = stages = self._stages

        join(m, wiring.flipped(self.i), [columns, row, stages], wiring.flipped(self.o))
        m.d.comb += [
            columns.width.eq(self.width),
            columns.height.eq(self.height),
            columns.phase.eq(self.phase),
            stages.phase.eq(self.phase),
            stages.bypass.eq(self.bypass),
        ]

        return m


class _Colors(PointBlock):
    """Colours of pixels from the differences in three columns."""

    phase: Value
    bypass: Value

    def __init__(self, *, depth: int, window: Any, rows: int, ppc: int) -> None:
        self.depth, self.rows = depth, rows
        rgb = Rgb(depth)
        super().__init__(
            window,
            data.ArrayLayout(rgb, rows) if rows > 1 else rgb,
            latency=5,
            ppc=ppc,
            settings={"phase": BayerPhase},
            bypass=lambda columns: Cat(Cat(s, s, s) for s in columns[1].sample),
        )

    def compute(self, m: Module) -> None:
        channel = channels(m, self, Value.cast(self.phase))
        for index in range(self.ppc):
            columns = self.i.p.pixel[index]
            result = Value.cast(self.o.p.pixel[index])
            for row in range(self.rows):
                delta = [[columns[x].delta[row + y] for x in range(3)] for y in range(3)]
                # the lines above and below have the other two channels
                other = Cat(channel[index][0], channel[index][1] ^ (row + self.rows // 2) % 2)
                name = f"{index}_{row}" if self.rows > 1 else f"{index}"
                rgb = self._rgb(m, delta, columns[1].sample[row], other, name)
                bits = 3 * self.depth
                m.d.sync += result[row * bits : (row + 1) * bits].eq(rgb)

    def _rgb(
        self, m: Module, delta: list[list[Value]], sample: Value, channel: Value, suffix: str
    ) -> Value:
        """Return a pixel; its last stage is the caller's."""

        def register(value: Value, name: str, stages: int = 1) -> Value:
            return delayed(m, value, stages, f"{name}_{suffix}")

        # stages 1 and 2: sixteen times differences: at hand, mean of two, mean of four
        middle = register(delta[1][1], "middle")
        beside = register(delta[1][0] + delta[1][2], "beside")
        above = register(delta[0][1] + delta[2][1], "above")
        upper = register(delta[0][0] + delta[0][2], "upper")
        lower = register(delta[2][0] + delta[2][2], "lower")
        green = register(sample << 2, "sample") + middle  # four times
        here = register(middle << 2, "here")
        beside, above = register(beside << 1, "beside_2"), register(above << 1, "above_2")
        across = register(upper + lower, "across")
        green = register(green[: self.depth + 2], "green")

        # stages 3 to 5: what the channel asks for, the sum, clipped
        where = register(channel, "channel")
        start = register((green << 2) + 8, "start")
        choices = {"r": (here, beside, above, across), "b": (across, above, beside, here)}
        final: dict[str, Value] = {"g": register((green + 2) >> 2, "g", 2)[: self.depth]}
        for name, choice in choices.items():
            chosen = register(Array(choice)[where], f"{name}_difference")
            colour = register((start - chosen) >> 4, f"{name}_sum")
            final[name] = clip(colour, self.depth)
        return Cat(final[name] for name in "rgb")
