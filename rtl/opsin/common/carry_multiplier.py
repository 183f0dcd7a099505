# SPDX-License-Identifier: MIT
"""Multiplication with carry chains, for what needs no DSP multiplier or finds none left."""

from typing import Any

from amaranth import Const, Module, Mux, Shape, Signal, Value
from amaranth.hdl import Instance, ShapeLike
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from .target import is_ecp5

__all__ = ["CarryMultiplier", "carry_latency"]

_BITS = 18


def carry_latency(a: ShapeLike, b: ShapeLike) -> int:
    """Cycles that a :class:`CarryMultiplier` of these shapes takes.

    2 and one per doubling of the rows; the narrower operand makes a row of every two bits: 3 for
    3 or 4 bits, 4 for up to 8, 5 for up to 16.
    """
    return 2 + (_rows(a, b) - 1).bit_length()


def _rows(a: ShapeLike, b: ShapeLike) -> int:
    return -(-min(Shape.cast(a).width, Shape.cast(b).width) // 2)


class CarryMultiplier(wiring.Component):
    """A multiplier between registers, made of adders.

    The narrower operand's bits are taken in pairs. A pair's two multiples of the wider operand are
    added, which makes a row; then rows are added in a tree. On an ECP5, a carry cell (half a CCU2C)
    makes both multiples and adds them, so that a row takes no LUT but for its lowest bit.

    Parameters
    ----------
    a, b : ShapeLike
        Shapes of the operands, at most 18 bits, each signed or not.
    registered : bool
        Operands go to registers first. Without, the latency is one less.

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
    ``product`` comes from a register, :func:`carry_latency` cycles behind the operands, which go
    to registers; throughput 1 per cycle. Registers have neither enable nor reset.

    Raises
    ------
    ValueError
        If an operand has more than 18 bits or none.
    """

    a: Value
    b: Value
    product: Value

    def __init__(self, a: ShapeLike, b: ShapeLike, *, registered: bool = True) -> None:
        self._registered = registered
        for name, shape in (("a", Shape.cast(a)), ("b", Shape.cast(b))):
            if not 1 <= shape.width <= _BITS:
                raise ValueError(f"{name} must have 1..{_BITS} bits, not {shape!r}")
        self._a, self._b = Shape.cast(a), Shape.cast(b)
        signed = self._a.signed or self._b.signed
        product = Shape(self._a.width + self._b.width, signed=signed)
        super().__init__({"a": In(self._a), "b": In(self._b), "product": Out(product)})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        wide = Signal(self._a, name="wide", reset_less=True)
        narrow = Signal(self._b, name="narrow", reset_less=True)
        operands = [(wide, self.a), (narrow, self.b)]
        if len(wide) < len(narrow):
            wide, narrow = narrow, wide
        domain = m.d.sync if self._registered else m.d.comb
        domain += [register.eq(value) for register, value in operands]

        # Rows, each with the bits of the narrower operand that it stands for.
        rows: list[tuple[Value, int]] = []
        bits = len(narrow)
        for low in range(0, bits, 2):
            weight = min(2, bits - low)
            negative = narrow.shape().signed and low + 2 >= bits
            # a sign without a bit below counts as that bit and as the sign above
            other = narrow[min(low + 1, bits - 1)] if weight == 2 or negative else None
            shape = Shape(len(wide) + weight, signed=wide.shape().signed or negative)
            row = Signal(shape, name=f"row_{low}", reset_less=True)
            if is_ecp5(platform):
                total = _carry_row(m, wide, narrow[low], other, negative=negative)
            else:
                total = Mux(narrow[low], wide, 0)
                if other is not None:
                    twice = Mux(other, wide << 1, 0)
                    total = total - twice if negative else total + twice
            m.d.sync += row.eq(total)
            rows.append((row, weight))

        # Of two neighbours, the upper does not reach the lower one's lowest bits.
        level = 0
        while len(rows) > 1:
            level += 1
            sums: list[tuple[Value, int]] = []
            for k in range(0, len(rows), 2):
                (lower, weight), (upper, more) = (*rows, (Const(0, 0), 0))[k : k + 2]
                signed = lower.shape().signed or upper.shape().signed
                shape = Shape(len(wide) + weight + more, signed=signed)
                total = Signal(shape, name=f"sum_{level}_{k // 2}", reset_less=True)
                m.d.sync += [
                    total[:weight].eq(lower[:weight]),
                    total[weight:].eq((lower >> weight) + upper),
                ]
                sums.append((total, weight + more))
            rows = sums
        m.d.comb += self.product.eq(rows[0][0])

        return m


def _carry_row(
    m: Module, value: Value, bit: Value, other: Value | None, *, negative: bool
) -> Value:
    """Return ``value * bit + 2 * value * other``, or the difference, two bits wider than ``value``.

    A carry cell adds ``x = A & B``, or its complement, and ``y = C & D``: its LUT holds
    ``x ^ y``, and where that is 0 the carry that leaves is what the same LUT holds for
    ``C = D = 0``, which is ``x``. The first half of the chain makes the carry that enters.
    """
    width = len(value) + 2
    signed = value.shape().signed
    result = Signal(width)

    def place(k: int) -> Value | None:
        return value[k] if k < len(value) else value[-1] if signed else None

    halves: list[tuple[int, list[Any]]] = [(8 if negative else 0, [1, 1, 1, 1])]
    for k in range(1, width):
        upper, lower = place(k - 1) if other is not None else None, place(k)
        x = [1, 1] if upper is None else [upper, other]
        y = [1, 1] if lower is None else [lower, bit]
        table = 0
        for row in range(16):
            first = (upper is not None and row & 3 == 3) ^ negative
            second = lower is not None and row & 12 == 12
            table |= (first ^ second) << row
        halves.append((table, x + y))
    halves += [(0, [1, 1, 1, 1])] * (len(halves) % 2)

    carry: Value | None = None
    for k in range(0, len(halves), 2):
        pins: dict[str, Any] = {} if carry is None else {"i_CIN": carry}
        for half in (0, 1):
            table, inputs = halves[k + half]
            pins |= {f"p_INIT{half}": Const(table, 16), f"p_INJECT1_{half}": "NO"}
            pins |= {f"i_{pin}{half}": v for pin, v in zip("ABCD", inputs, strict=True)}
            if 0 < k + half < width:
                pins[f"o_S{half}"] = result[k + half]
        if k + 2 < len(halves):
            carry = Signal(name=f"carry_{k}")
            pins["o_COUT"] = carry
        m.submodules += Instance("CCU2C", **pins)
    m.d.comb += result[0].eq(value[0] & bit)
    return result.as_signed() if signed or negative else result
