# SPDX-License-Identifier: MIT
"""Four taps with a table of coefficients: one direction of the scaler."""

from typing import Any

from amaranth import Cat, Module, Mux, Signal, Value, signed, unsigned
from amaranth.lib import data, wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out

from ..common.carry_multiplier import carry_latency
from ..common.flow import delayed
from ..common.multiplier import multiply
from .clip import clip

__all__ = ["PHASES", "CoefficientWrite", "PolyphaseFilter", "Row"]

PHASES = 16

# Lanczos' kernel of two lobes, in 1/256, at -1, 1 and 2.
_INITIAL = (
    (0, 0, 0), (-9, 11, 0), (-15, 25, -1), (-19, 42, -3),
    (-21, 60, -5), (-22, 79, -7), (-21, 100, -10), (-19, 122, -13),
    (-16, 144, -16), (-13, 166, -19), (-10, 186, -21), (-7, 205, -22),
    (-5, 222, -21), (-3, 236, -19), (-1, 247, -15), (0, 254, -9),
)  # fmt: skip


class Row(data.StructLayout):
    """Coefficients, in 1/256, of the pixels at -1, 1 and 2; that at 0 has what they lack to 1."""

    def __init__(self) -> None:
        super().__init__({name: signed(10) for name in ("before", "after", "beyond")})


class CoefficientWrite(data.StructLayout):
    """A :class:`Row`, the phase it is for (0: on the pixel at 0), and 1 if for columns."""

    def __init__(self) -> None:
        super().__init__({"down": unsigned(1), "phase": range(PHASES), **Row().members})


class PolyphaseFilter(wiring.Component):
    """Weight four pixels with the coefficients of a phase.

    ``o = clip(t[1] + ((before * (t[0] - t[1]) + after * (t[2] - t[1]) + beyond * (t[3] - t[1])
    + 2**7) >> 8))``: three multipliers per sample, of carry cells, and even areas stay as they are
    whatever the table.

    Parameters
    ----------
    depth : int
        Bits per sample.
    lanes : int
        Samples computed at once: 1 or 3.

    Members
    -------
    taps : In(array of 4 pixels of 3 samples)
    phase : In(range(16))
    valid : In(1)
        At least ``3 // lanes`` cycles apart.
    bank : In(1)
        Table in use, constant while pixels are under way.
    write : In(1), row : In(range(16)), coefficients : In(Row())
        Write into the other table.
    o : Out(pixel)
    o_valid : Out(1)

    Timing
    ------
    Latency ``4 + 3 // lanes`` cycles and
    :func:`~opsin.common.carry_multiplier.carry_latency` of a difference of samples and a
    coefficient, 5 for 10 bits and more. Nothing waits.
    """

    taps: Any
    phase: Value
    valid: Value
    bank: Value
    write: Value
    row: Value
    coefficients: Any
    o: Any
    o_valid: Value

    def __init__(self, *, depth: int, lanes: int) -> None:
        self.depth, self.lanes = depth, lanes
        self._multiplied = carry_latency(depth + 1, Row().members["before"])
        pixel = data.ArrayLayout(unsigned(depth), 3)
        super().__init__(
            {
                "taps": In(data.ArrayLayout(pixel, 4)),
                "phase": In(range(PHASES)),
                "valid": In(1),
                "bank": In(1),
                "write": In(1),
                "row": In(range(PHASES)),
                "coefficients": In(Row()),
                "o": Out(pixel),
                "o_valid": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        init = [dict(zip(Row().members, values, strict=True)) for values in _INITIAL * 2]
        m.submodules.table = table = Memory(shape=Row(), depth=2 * PHASES, init=init)
        read, write = table.read_port(domain="comb"), table.write_port()
        m.d.comb += [
            write.addr.eq(Cat(self.row, ~self.bank)),
            write.data.eq(self.coefficients),
            write.en.eq(self.write),
        ]

        # Samples leave the register from its lower end; a marker goes with the last.
        slots, bits = 3 // self.lanes, self.depth * self.lanes
        held = [Signal(3 * self.depth, name=f"held_{k}") for k in range(4)]
        live = Signal(slots)
        row = Signal.like(read.addr)
        m.d.sync += live.eq(Mux(self.valid, (1 << slots) - 1, live >> 1))
        with m.If(self.valid):
            m.d.sync += row.eq(Cat(self.phase, self.bank))
        for k, tap in enumerate(held):
            m.d.sync += tap.eq(Mux(self.valid, Value.cast(self.taps[k]), tap >> bits))
        m.d.comb += read.addr.eq(row)
        results = [
            self._sample(m, [tap[k * self.depth : (k + 1) * self.depth] for tap in held], read.data)
            for k in range(self.lanes)
        ]
        last = Signal(self._multiplied + 4)
        m.d.sync += last.eq(Cat(live == 1 if slots > 1 else live, last))
        joined = Cat(*results)
        if slots > 1:
            rest = Signal(2 * self.depth)
            m.d.sync += rest.eq(Cat(rest, joined)[self.depth :])
            joined = Cat(rest, joined)
        m.d.comb += [Value.cast(self.o).eq(joined), self.o_valid.eq(last[-1])]

        return m

    def _sample(self, m: Module, taps: list[Value], row: Any) -> Value:
        """Return the result, 4 cycles and the multipliers' after ``taps`` and ``row``."""
        weighted = ((taps[0], row.before), (taps[2], row.after), (taps[3], row.beyond))
        products = [multiply(m, tap - taps[1], weight, cells="carry") for tap, weight in weighted]
        base = delayed(m, taps[1], self._multiplied + 2, "base")
        left, right = (Signal(signed(self.depth + 12), name=name) for name in ("left", "right"))
        change = Signal(signed(self.depth + 5))
        total = Signal(signed(self.depth + 6))
        result = Signal(self.depth)
        m.d.sync += [
            left.eq(products[0] + products[1]),
            right.eq(products[2] + 128),
            change.eq((left + right) >> 8),
            total.eq(base + change),
            result.eq(clip(total, self.depth)),
        ]
        return result
