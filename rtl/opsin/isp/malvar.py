# SPDX-License-Identifier: MIT
"""Gradient-corrected linear interpolation of missing colours."""

from amaranth import Array, C, Cat, Module, Value, unsigned

from ..common.flow import delayed
from ..common.video import BayerPhase, Rgb
from .bayer import channels
from .clip import clip
from .point import PointBlock, check_depth
from .window_block import WindowBlock

__all__ = ["Malvar"]

# Kernels of each colour at the channels R, Gr, Gb, B.
_KERNELS = {
    "r": ("same", "row", "column", "diagonal"),
    "g": ("green", "same", "same", "green"),
    "b": ("diagonal", "column", "row", "same"),
}


class Malvar(WindowBlock):
    """Estimate the two missing colours of a pixel from the 5 × 5 raw pixels around it.

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
    max_width : int
        Pixels of the longest line, a multiple of ``ppc``, at least 5.
    ppc : int
        Pixels per beat: 1, 2 or 4.

    Members
    -------
    i : In(FlowSignature(unsigned(depth), ppc=ppc))
        Well-formed raw frames (see :class:`~opsin.isp.frame_guard.FrameGuard`).
    o : Out(FlowSignature(Rgb(depth), ppc=ppc))
        Colour frames of the same size.
    width : In(range(max_width + 1))
        Pixels per line, a multiple of ``ppc``, at least 3 pixels and 2 beats; a setting.
    height : In(16)
        Lines, at least 3; a setting.
    phase : In(BayerPhase)
        Colour filter at the first pixel; a setting.
    bypass : In(1)
        Pass the raw sample as red, green and blue, in the same time; a setting.

    Timing
    ------
    As :class:`~opsin.isp.window_block.WindowBlock` with ``latency`` 7.

    Raises
    ------
    ValueError
        If ``depth``, ``max_width`` or ``ppc`` is out of range.

    References
    ----------
    H. Malvar, L. He, R. Cutler, "High-quality linear interpolation for demosaicing of
    Bayer-patterned color images", ICASSP 2004.
    Golden model: :func:`opsin_sim.golden.isp.demosaic` with method ``malvar``.
    """

    phase: Value

    def __init__(self, *, depth: int, max_width: int, ppc: int = 1) -> None:
        check_depth(depth)
        self.depth = depth
        super().__init__(
            unsigned(depth),
            Rgb(depth),
            rows=5,
            columns=5,
            max_width=max_width,
            latency=7,
            ppc=ppc,
            settings={"phase": BayerPhase},
            bypass=lambda sample: Cat(sample, sample, sample),
        )

    def compute(self, m: Module, stages: PointBlock) -> None:
        channel = channels(m, stages, Value.cast(self.phase))
        for index in range(self.ppc):
            self._pixel(m, stages, index, channel[index])

    def _pixel(self, m: Module, stages: PointBlock, index: int, channel: Value) -> None:
        w, result = stages.i.p.pixel[index], stages.o.p.pixel[index]

        def register(value: Value, name: str) -> Value:
            return delayed(m, value, 1, f"{name}_{index}")

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
            m.d.sync += result[colour].eq(clip(chosen, self.depth))
