# SPDX-License-Identifier: MIT
"""Red and blue from differences to green."""

from amaranth import Array, Cat, Module, Value

from ..common.flow import delayed
from ..common.video import BayerPhase, Rgb
from .bayer import channels
from .clip import clip
from .directional_green import Difference
from .point import PointBlock, check_depth
from .window_block import WindowBlock

__all__ = ["DirectionalColors"]


class DirectionalColors(WindowBlock):
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

    Members
    -------
    i : In(FlowSignature(Difference(depth), ppc=ppc))
    o : Out(FlowSignature(Rgb(depth), ppc=ppc))
    width, height : In
        As :class:`~opsin.isp.window_block.WindowBlock`; a setting.
    phase : In(BayerPhase)
        Colour filter at the first pixel; a setting.
    bypass : In(1)
        Pass the raw sample as red, green and blue, in the same time; a setting.

    Timing
    ------
    As :class:`~opsin.isp.window_block.WindowBlock` with ``latency`` 5.

    Raises
    ------
    ValueError
        If ``depth``, ``max_width`` or ``ppc`` is out of range.

    References
    ----------
    Golden model: :func:`opsin_sim.golden.isp.directional`, which names the papers.
    """

    phase: Value

    def __init__(self, *, depth: int, max_width: int, ppc: int = 1) -> None:
        check_depth(depth)
        self.depth = depth
        super().__init__(
            Difference(depth),
            Rgb(depth),
            rows=3,
            columns=3,
            max_width=max_width,
            latency=5,
            ppc=ppc,
            settings={"phase": BayerPhase},
            bypass=lambda pixel: Cat(pixel.sample, pixel.sample, pixel.sample),
        )

    def compute(self, m: Module, stages: PointBlock) -> None:
        channel = channels(m, stages, Value.cast(self.phase))
        for index in range(self.ppc):

            def register(value: Value, name: str, stages_: int = 1, index: int = index) -> Value:
                return delayed(m, value, stages_, f"{name}_{index}")

            window, result = stages.i.p.pixel[index], stages.o.p.pixel[index]
            delta = [[window[y][x].delta for x in range(3)] for y in range(3)]

            # stages 1 and 2: sixteen times differences: at hand, mean of two, mean of four
            middle = register(delta[1][1], "middle")
            beside = register(delta[1][0] + delta[1][2], "beside")
            above = register(delta[0][1] + delta[2][1], "above")
            upper = register(delta[0][0] + delta[0][2], "upper")
            lower = register(delta[2][0] + delta[2][2], "lower")
            green = register((window[1][1].sample << 2), "sample") + middle  # four times
            here = register(middle << 2, "here")
            beside, above = register(beside << 1, "beside_2"), register(above << 1, "above_2")
            across = register(upper + lower, "across")
            green = register(green[: self.depth + 2], "green")

            # stages 3 to 5: what the channel asks for, the sum, clipped
            where = register(channel[index], "channel")
            start = register((green << 2) + 8, "start")
            choices = {"r": (here, beside, above, across), "b": (across, above, beside, here)}
            final: dict[str, Value] = {"g": register(((green + 2) >> 2), "g", 2)[: self.depth]}
            for name, choice in choices.items():
                chosen = register(Array(choice)[where], f"{name}_difference")
                colour = register((start - chosen) >> 4, f"{name}_sum")
                final[name] = clip(colour, self.depth)
            m.d.sync += [result[name].eq(value) for name, value in final.items()]
