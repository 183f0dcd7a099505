# SPDX-License-Identifier: MIT
"""Gradient-corrected linear interpolation of missing colours."""

from typing import Any

from amaranth import Array, C, Module, Signal, Value, unsigned

from ..common.line_window import Window
from ..common.video import BayerPhase, Rgb
from .bayer import channels
from .clip import clip
from .point import PointBlock, check_depth

__all__ = ["Malvar"]

# Kernels of each colour at the channels R, Gr, Gb, B.
_KERNELS = {
    "r": ("same", "row", "column", "diagonal"),
    "g": ("green", "same", "same", "green"),
    "b": ("diagonal", "column", "row", "same"),
}


class Malvar(PointBlock):
    """The two missing colours of the pixel in the middle of a window of 5 × 5 raw pixels.

    Sums of mirror-symmetric neighbours, times small integers, in sixteenths, ``(sum + 8) >> 4``,
    clipped:

    ===============  =============================================================================
    green            8 middle + 4 cross - 2 far cross
    row, column      10 middle + 8 (near, along) - 2 diagonal - 2 (far, along) + (far, across): at
                     a green pixel, the colour that stands in its line or in its column
    diagonal         12 middle + 4 diagonal - 3 far cross: red at blue and blue at red
    ===============  =============================================================================

    Parameters
    ----------
    depth : int
        Bits per sample, 8..16.

    Members
    -------
    i : In(VideoSignature(Window(unsigned(depth), 5, 5)))
        Neighbourhoods of raw pixels.
    o : Out(VideoSignature(Rgb(depth)))
        Colours of the pixels in the middle.
    phase : In(BayerPhase)
        Colour filter of the first pixel in the middle; sampled with ``sof``.

    Timing
    ------
    Latency 7 cycles, throughput 1 beat/cycle; ``i.ready`` depends combinationally on ``o.ready``.

    Raises
    ------
    ValueError
        If ``depth`` is outside 8..16.

    References
    ----------
    H. Malvar, L. He, R. Cutler, "High-quality linear interpolation for demosaicing of
    Bayer-patterned color images", ICASSP 2004.
    Golden model: :func:`opsin_sim.golden.isp.demosaic`.
    """

    phase: Value

    def __init__(self, *, depth: int) -> None:
        check_depth(depth)
        self.depth = depth
        super().__init__(
            Window(unsigned(depth), 5, 5),
            Rgb(depth),
            latency=7,
            ppc=1,
            settings={"phase": BayerPhase},
        )

    def compute(self, m: Module, settings: Any, advance: Value) -> None:
        w = self.i.p.pixel[0]
        (channel,) = channels(m, self, Value.cast(settings.phase), advance)

        def register(value: Value, name: str) -> Signal:
            signal = Signal(value.shape(), name=name)
            with m.If(advance):
                m.d.sync += signal.eq(value)
            return signal

        # stage 1: pairs
        middle = register(w[2][2], "middle")
        near_h = register(w[2][1] + w[2][3], "near_h")
        near_v = register(w[1][2] + w[3][2], "near_v")
        far_h = register(w[2][0] + w[2][4], "far_h")
        far_v = register(w[0][2] + w[4][2], "far_v")
        upper = register(w[1][1] + w[1][3], "upper")
        lower = register(w[3][1] + w[3][3], "lower")

        # stage 2: groups
        channel = register(channel, "channel_2")
        middle_2 = register(middle, "middle_2")
        middle_3x = register(middle + (middle << 1), "middle_3x")
        middle_5x = register(middle + (middle << 2), "middle_5x")
        near = register(near_h + near_v, "near")
        far = register(far_h + far_v, "far")
        diagonal = register(upper + lower, "diagonal")
        near_h, near_v = register(near_h, "near_h_2"), register(near_v, "near_v_2")
        far_h, far_v = register(far_h, "far_h_2"), register(far_v, "far_v_2")

        # stage 3: what a kernel adds, what it takes away, and the row and column kernels' rest
        channel = register(channel, "channel_3")
        plus = {
            "same": register(middle_2 << 4, "same_plus"),
            "green": register((middle_2 << 3) + (near << 2), "green_plus"),
            "row": register((middle_5x << 1) + (near_h << 3), "row_plus"),
            "column": register((middle_5x << 1) + (near_v << 3), "column_plus"),
            "diagonal": register((middle_3x << 2) + (diagonal << 2), "diagonal_plus"),
        }
        minus = {
            "green": register(far << 1, "green_minus"),
            "row": register((diagonal + far_h) << 1, "row_minus"),
            "column": register((diagonal + far_v) << 1, "column_minus"),
            "diagonal": register(far + (far << 1), "diagonal_minus"),
        }
        rest = {"row": register(far_v, "row_rest"), "column": register(far_h, "column_rest")}

        # stages 4 and 5: the kernels, with the half that rounds
        channel = register(register(channel, "channel_4"), "channel_5")
        kernel: dict[str, Value] = {}
        for name, value in plus.items():
            difference = register(value - minus.get(name, C(0)), f"{name}_4")
            half = register(rest.get(name, C(0)) + 8, f"{name}_half")
            kernel[name] = register(difference + half, f"{name}_5") >> 4

        # stages 6 and 7: the kernels that the channel asks for
        for colour, names in _KERNELS.items():
            choices = Array(kernel[name].as_signed() for name in names)
            chosen = register(choices[channel], f"{colour}_6")
            with m.If(advance):
                m.d.sync += self.o.p.pixel[0][colour].eq(clip(chosen, self.depth))
