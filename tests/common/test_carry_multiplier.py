# SPDX-License-Identifier: MIT
"""CarryMultiplier: adders as written and carry cells, cycle by cycle, against Python's product."""

import itertools
import random
from typing import Any

import pytest
from amaranth import Module, Value, signed, unsigned
from amaranth.hdl import Shape
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from opsin.common.carry_multiplier import CarryMultiplier, carry_latency
from opsin.common.multiplier import multiply
from opsin_sim.devices import ecp5
from opsin_sim.harness import Model

PLATFORMS = {"portable": None, "ecp5": ecp5.PLATFORM}
FEW = [shape(bits) for shape in (unsigned, signed) for bits in range(1, 5)]
SMALL = [(a, b) for a in FEW for b in FEW]
LARGE = [
    (signed(18), signed(12)),
    (unsigned(18), unsigned(12)),
    (signed(12), unsigned(18)),
    (unsigned(11), signed(18)),
    (signed(18), signed(18)),
    (unsigned(18), unsigned(18)),
    (signed(10), signed(5)),
    (signed(9), unsigned(7)),
    (unsigned(12), signed(7)),
    (unsigned(1), signed(18)),
    (signed(18), unsigned(1)),
    (signed(1), signed(18)),
    (signed(16), signed(2)),
    (unsigned(16), unsigned(2)),
]  # fmt: skip


class Products(wiring.Component):
    """The products of all pairs of operands, written as blocks do."""

    def __init__(self, operands: list[tuple[Shape, Shape]]) -> None:
        self.operands = operands
        members: dict[str, Any] = {}
        for k, (a, b) in enumerate(operands):
            product = Shape(a.width + b.width, signed=a.signed or b.signed)
            members |= {f"a{k}": In(a), f"b{k}": In(b), f"p{k}": Out(product)}
        super().__init__(members)

    def elaborate(self, platform: object) -> Module:
        m = Module()
        for k in range(len(self.operands)):
            a, b = getattr(self, f"a{k}"), getattr(self, f"b{k}")
            m.d.comb += getattr(self, f"p{k}").eq(multiply(m, a, b, cells="carry"))
        return m


def values(shape: Shape) -> range:
    low = -(1 << shape.width - 1) if shape.signed else 0
    return range(low, low + (1 << shape.width))


def check(
    operands: list[tuple[Shape, Shape]], pairs: list[list[tuple[int, int]]], platform: object
) -> None:
    """Multiply ``pairs[cycle][k]`` of operand shapes ``operands[k]``."""
    latencies = [carry_latency(a, b) for a, b in operands]
    with Model(Products(operands), platform=platform) as model:
        for cycle in range(len(pairs) + max(latencies)):
            for k, latency in enumerate(latencies):
                if cycle < len(pairs):
                    for name, value in zip("ab", pairs[cycle][k], strict=True):
                        model.set(f"{name}{k}", value)
                before = cycle - latency
                if before < len(pairs):
                    a, b = pairs[before][k] if before >= 0 else (0, 0)
                    assert model.get(f"p{k}") == a * b, (operands[k], a, b)
            model.run(cycles=1)


@pytest.mark.parametrize("platform", PLATFORMS.values(), ids=PLATFORMS)
def test_all_products_of_few_bits(platform: object) -> None:
    every = [list(itertools.product(values(a), values(b))) for a, b in SMALL]
    cycles = max(map(len, every))
    pairs = [[pair[cycle % len(pair)] for pair in every] for cycle in range(cycles)]
    check(SMALL, pairs, platform)


@pytest.mark.parametrize("platform", PLATFORMS.values(), ids=PLATFORMS)
def test_products(platform: object) -> None:
    rng = random.Random(1)

    def operand(shape: Shape) -> int:
        every = values(shape)
        return rng.choice([every[0], every[-1], 0, *rng.choices(every, k=4)])

    pairs = [[(operand(a), operand(b)) for a, b in LARGE] for _ in range(4000)]
    check(LARGE, pairs, platform)


def test_shape_is_that_of_the_product() -> None:
    for a, b in LARGE:
        multiplier = CarryMultiplier(a, b)
        product: Value = multiplier.a * multiplier.b
        assert multiplier.product.shape() == product.shape()


@pytest.mark.parametrize(
    ("bits", "latency"), [(1, 2), (2, 2), (3, 3), (4, 3), (5, 4), (8, 4), (9, 5), (16, 5), (17, 6)]
)
def test_latency_is_of_the_narrower_operand(bits: int, latency: int) -> None:
    assert carry_latency(bits, signed(18)) == latency
    assert carry_latency(18, signed(bits)) == latency


def test_rejects() -> None:
    with pytest.raises(ValueError, match=r"a must have 1\.\.18 bits, not signed\(19\)"):
        CarryMultiplier(signed(19), 1)
    with pytest.raises(ValueError, match=r"b must have 1\.\.18 bits, not unsigned\(0\)"):
        CarryMultiplier(1, 0)
