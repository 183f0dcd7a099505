# SPDX-License-Identifier: MIT
"""YCbCr to RGB."""

from amaranth import Cat, Module, Mux, Signal, Value, signed

from ..common.carry_multiplier import carry_latency
from ..common.flow import delayed
from ..common.multiplier import multiply
from ..common.video import Rgb, Ycbcr
from .clip import clip
from .color_space import SPACE_FRACTION
from .point import PointBlock, check_depth

__all__ = ["RgbSpace"]


class RgbSpace(PointBlock):
    """Make RGB of an output's YCbCr, and fewer bits.

    With ``u = cb - 2**(depth-1)``, ``v = cr - 2**(depth-1)``, ``s = 15 + depth - depth_out`` and
    ``t = luma * y + offset * 2**(depth-1) + 2**(s-1)``:

    ====  ====================================================
    r     ``clip((t + red_cr * v) >> s)``
    g     ``clip((t + green_cb * u + green_cr * v) >> s)``
    b     ``clip((t + blue_cb * u) >> s)``
    ====  ====================================================

    This is :class:`~opsin.isp.ColorSpace` with the zeros of the way back: five multipliers instead
    of nine, made of carry cells. A picture that shall stay YCbCr is bypassed, which rounds it.

    Parameters
    ----------
    depth, depth_out : int
        Bits per sample that comes and goes, 8..16; ``depth_out`` is not the greater one.
    ppc : int
        Pixels per beat, 1 or even.

    Members
    -------
    i : In(FlowSignature(Ycbcr(depth), ppc=ppc))
    o : Out(FlowSignature(Rgb(depth_out), ppc=ppc))
        Y, Cb, Cr in the places of red, green, blue if bypassed.
    luma, red_cr, green_cb, green_cr, blue_cb : In(signed(18))
        Signed Q3.15 of full scale to full scale; a setting.
    offset : In(signed(18))
        Signed Q2.16 of full scale; a setting.
    bypass : In(1)
        Round samples to ``depth_out`` bits and saturate them; a setting.

    Timing
    ------
    Latency 3 cycles and :func:`~opsin.common.carry_multiplier.carry_latency` of a sample and a
    coefficient, which are 8 for 10 bits; throughput 1 beat/cycle.

    Raises
    ------
    ValueError
        If a depth is outside 8..16, ``depth_out`` above ``depth`` or ``ppc`` neither 1 nor even.

    References
    ----------
    Golden model: :func:`opsin_sim.golden.isp.rgb_space`, and
    :func:`opsin_sim.golden.isp.rgb_space_registers` for the standards' values.
    """

    luma: Value
    red_cr: Value
    green_cb: Value
    green_cr: Value
    blue_cb: Value
    offset: Value

    def __init__(self, *, depth: int, depth_out: int = 8, ppc: int = 1) -> None:
        check_depth(depth)
        check_depth(depth_out)
        if depth_out > depth:
            raise ValueError(f"depth_out must be at most {depth}, not {depth_out!r}")
        self.depth, self.depth_out = depth, depth_out
        coefficient = signed(3 + SPACE_FRACTION)
        self._multiplied = carry_latency(depth, coefficient)
        names = ("luma", "red_cr", "green_cb", "green_cr", "blue_cb", "offset")
        super().__init__(
            Ycbcr(depth),
            Rgb(depth_out),
            latency=self._multiplied + 3,
            ppc=ppc,
            settings=dict.fromkeys(names, coefficient),
            bypass=lambda pixel: Cat(self._rounded(pixel[name]) for name in ("y", "cb", "cr")),
        )

    def _rounded(self, sample: Value) -> Value:
        down = self.depth - self.depth_out
        total = (sample + (1 << down >> 1)) >> down
        full = (1 << self.depth_out) - 1
        return Mux(total[self.depth_out :].any(), full, total[: self.depth_out])

    def compute(self, m: Module) -> None:
        shift = SPACE_FRACTION + self.depth - self.depth_out
        wide = self.depth + 3 + SPACE_FRACTION  # bits of a product and its sign
        grey = 1 << (self.depth - 1)
        offset = delayed(m, self.offset, 1, "offset")
        for k in range(self.ppc):
            come, go = self.i.p.pixel[k], self.o.p.pixel[k]

            def register(value: Value, name: str, k: int = k) -> Value:
                return delayed(m, value, 1, f"{name}_{k}")

            # products: colour differences lose their offset with the uppermost bit
            u, v = ((come[name] ^ grey).as_signed() for name in ("cb", "cr"))
            operands = {
                "luma": come.y, "red_cr": v, "green_cb": u, "green_cr": v, "blue_cb": u
            }  # fmt: skip
            products = {
                name: multiply(m, operand, getattr(self, name), cells="carry")
                for name, operand in operands.items()
            }
            constant = Signal(signed(wide + 2), name=f"constant_{k}")
            m.d.sync += constant.eq((offset << (self.depth - 1)) + (1 << (shift - 1)))

            # three stages more; the constant holds still
            base = register(products["luma"] + constant, "base")
            parts = {
                "r": register(products["red_cr"], "red"),
                "g": register(products["green_cb"] + products["green_cr"], "green"),
                "b": register(products["blue_cb"], "blue"),
            }
            for name, part in parts.items():
                total = register((base + part) >> shift, f"total_{name}").as_signed()
                m.d.sync += go[name].eq(clip(total, self.depth_out))
