# SPDX-License-Identifier: MIT
"""Multiplier: portable form and DSP cell, cycle by cycle, against Python's product."""

import random
from collections import deque
from typing import Any

import pytest
from amaranth import Module, Value, signed, unsigned
from amaranth.hdl import Shape
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from opsin.common.multiplier import Multiplier, multiply
from opsin_sim.devices import ecp5
from opsin_sim.harness import Model

PLATFORMS = {"portable": None, "ecp5": ecp5.PLATFORM}
OPERANDS = [
    (signed(18), signed(18)),
    (unsigned(18), unsigned(18)),
    (signed(18), unsigned(18)),
    (unsigned(12), signed(16)),
    (unsigned(1), signed(1)),
]


class Products(wiring.Component):
    """All the operands' products, in both latencies, written as blocks do."""

    def __init__(self) -> None:
        members: dict[str, Any] = {}
        for k, (a, b) in enumerate(OPERANDS):
            product = Shape(a.width + b.width, signed=a.signed or b.signed)
            members |= {f"a{k}": In(a), f"b{k}": In(b)}
            members |= {f"p{k}_{latency}": Out(product) for latency in (2, 3)}
        super().__init__(members)

    def elaborate(self, platform: object) -> Module:
        m = Module()
        for k in range(len(OPERANDS)):
            a, b = getattr(self, f"a{k}"), getattr(self, f"b{k}")
            m.d.comb += [
                getattr(self, f"p{k}_2").eq(multiply(m, a, b)),
                getattr(self, f"p{k}_3").eq(multiply(m, a, b, latency=3)),
            ]
        return m


def operand(shape: Shape, rng: random.Random) -> int:
    low = -(1 << shape.width - 1) if shape.signed else 0
    high = low + (1 << shape.width) - 1
    return rng.choice([low, high, 0, rng.randint(low, high), rng.randint(low, high)])


@pytest.mark.parametrize("platform", PLATFORMS.values(), ids=PLATFORMS)
def test_products(platform: object) -> None:
    """Reset neither stops nor clears it."""
    rng = random.Random(1)
    expected: deque[list[int]] = deque([[0] * len(OPERANDS)] * 4, maxlen=4)
    with Model(Products(), platform=platform) as model:
        for cycle in range(2000):
            if cycle == 1000:
                model.reset()
                expected.extend([expected[-1]] * 2)
            products = []
            for k, (a, b) in enumerate(OPERANDS):
                x, y = operand(a, rng), operand(b, rng)
                model.set(f"a{k}", x)
                model.set(f"b{k}", y)
                products.append(x * y)
            expected.append(products)
            for k in range(len(OPERANDS)):
                assert model.get(f"p{k}_2") == expected[-3][k]
                assert model.get(f"p{k}_3") == expected[-4][k]
            model.run(cycles=1)


def test_shape_is_that_of_the_product() -> None:
    for a, b in OPERANDS:
        multiplier = Multiplier(a, b)
        product: Value = multiplier.a * multiplier.b
        assert multiplier.product.shape() == product.shape()


def test_rejects() -> None:
    with pytest.raises(ValueError, match=r"a must have 1\.\.18 bits, not signed\(19\)"):
        Multiplier(signed(19), 1)
    with pytest.raises(ValueError, match=r"b must have 1\.\.18 bits, not unsigned\(0\)"):
        Multiplier(1, 0)
    with pytest.raises(ValueError, match=r"latency must be one of \(2, 3\), not 1"):
        Multiplier(1, 1, latency=1)
