# SPDX-License-Identifier: MIT
"""Multiplication with registers, which synthesis does not find by itself."""

from typing import Any, Literal

from amaranth import ClockSignal, Const, Module, Signal, Value
from amaranth.hdl import Instance, Shape, ShapeLike
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from .carry_multiplier import CarryMultiplier
from .target import is_ecp5

__all__ = ["Multiplier", "multiply"]

_BITS = 18
_LATENCIES = (2, 3)


def multiply(
    m: Module,
    a: Value,
    b: Value,
    *,
    latency: int = 2,
    cells: Literal["dsp", "carry"] = "dsp",
) -> Value:
    """Return ``a * b`` of ``latency`` cycles before, in the shape of ``a * b``.

    Adds a :class:`Multiplier` to ``m``; see there. On an ECP5 each call takes a DSP multiplier, of
    which there are few: not for products of a few bits or with a constant.

    With ``cells="carry"`` it adds a :class:`~opsin.common.carry_multiplier.CarryMultiplier`, whose
    latency is :func:`~opsin.common.carry_multiplier.carry_latency` of the operands' shapes.
    """
    a, b = Value.cast(a), Value.cast(b)
    multiplier: Multiplier | CarryMultiplier
    if cells == "carry":
        multiplier = CarryMultiplier(a.shape(), b.shape())
    else:
        multiplier = Multiplier(a.shape(), b.shape(), latency=latency)
    m.submodules += multiplier
    m.d.comb += [multiplier.a.eq(a), multiplier.b.eq(b)]
    return multiplier.product


class Multiplier(wiring.Component):
    """A multiplier between registers.

    On an ECP5 it is a MULT18X18D with its own registers, which synthesis does not use.

    Parameters
    ----------
    a, b : ShapeLike
        Shapes of the operands, at most 18 bits, each signed or not.
    latency : int
        2: registers hold the operands and the product. 3: one more, within the multiplier.
    bel : str, optional
        Which of an ECP5's multipliers to take, as nextpnr names them; by default any.

    Members
    -------
    a : In(a)
        One operand.
    b : In(b)
        The other.
    product : Out(a * b)
        As wide as both operands together, signed if one of them is; 0 until the first product.

    Timing
    ------
    ``product`` comes from a register, ``latency`` cycles behind the operands; throughput 1 per
    cycle. Registers have neither enable nor reset.

    Raises
    ------
    ValueError
        If an operand has more than 18 bits or none, or ``latency`` is not 2 or 3.
    """

    a: Value
    b: Value
    product: Value

    def __init__(
        self, a: ShapeLike, b: ShapeLike, *, latency: int = 2, bel: str | None = None
    ) -> None:
        for name, shape in (("a", Shape.cast(a)), ("b", Shape.cast(b))):
            if not 1 <= shape.width <= _BITS:
                raise ValueError(f"{name} must have 1..{_BITS} bits, not {shape!r}")
        if latency not in _LATENCIES:
            raise ValueError(f"latency must be one of {_LATENCIES}, not {latency!r}")
        self._latency = latency
        self._bel = bel
        self._a, self._b = Shape.cast(a), Shape.cast(b)
        signed = self._a.signed or self._b.signed
        product = Shape(self._a.width + self._b.width, signed=signed)
        super().__init__({"a": In(self._a), "b": In(self._b), "product": Out(product)})

    def elaborate(self, platform: object) -> Module:
        m = Module()

        if is_ecp5(platform):
            m.submodules.dsp = self._dsp()
            return m

        a, b = Signal(self._a, reset_less=True), Signal(self._b, reset_less=True)
        m.d.sync += [a.eq(self.a), b.eq(self.b)]
        value: Value = a * b
        for _ in range(self._latency - 1):
            register = Signal.like(self.product, name="register", reset_less=True)
            m.d.sync += register.eq(value)
            value = register
        m.d.comb += self.product.eq(value)

        return m

    def _dsp(self) -> Instance:
        pins: dict[str, Any] = {}
        for name, operand, signed in (("A", self.a, self._a.signed), ("B", self.b, self._b.signed)):
            above = operand[-1] if signed else Const(0)
            places = [*operand, *[above] * (_BITS - len(operand))]
            pins |= {f"i_{name}{k}": place for k, place in enumerate(places)}
            pins |= {f"i_C{k}": 0 for k in range(_BITS)}
            pins |= {f"i_SIGNED{name}": int(signed), f"i_SOURCE{name}": 0}
        pins |= {f"o_P{k}": bit for k, bit in enumerate(self.product)}
        stages = {"INPUTA": 1, "INPUTB": 1, "OUTPUT": 1, "PIPELINE": self._latency == 3}
        for stage, used in stages.items():
            pins |= {
                f"p_REG_{stage}_CLK": "CLK0" if used else "NONE",
                f"p_REG_{stage}_CE": "CE0",
                f"p_REG_{stage}_RST": "RST0",
            }
        if self._bel is not None:
            pins["a_BEL"] = self._bel
        return Instance(
            "MULT18X18D",
            p_RESETMODE="SYNC",
            p_GSR="AUTO",
            i_CLK0=ClockSignal(),
            i_CE0=1,
            i_RST0=0,
            **pins,
        )
