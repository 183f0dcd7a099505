# SPDX-License-Identifier: MIT
"""Dividers of the PLLs, and the reset at the start."""

from math import ceil

import pytest
from amaranth import ClockDomain, Module, ResetSignal, Signal
from amaranth.lib import io
from amaranth.sim import Simulator

from opsin_fpga.clock import ClockGenerator
from opsin_fpga.families import ICE40
from opsin_fpga.pll import Ecp5Pll, Ice40Pll
from opsin_fpga.start import Ice40Start
from opsin_sim.stream import SimulatorContext


@pytest.mark.parametrize(
    ("frequency", "expected"),
    [
        (100.0, Ecp5Pll(1, 4, 6)),  # as Project Trellis' ecppll finds it
        (125.0, Ecp5Pll(1, 5, 5)),
        (37.5, Ecp5Pll(2, 3, 16)),
        (400.0, Ecp5Pll(1, 16, 2)),
    ],
)
def test_ecp5_dividers(frequency: float, expected: Ecp5Pll) -> None:
    pll = Ecp5Pll.solve(25.0, frequency)
    assert pll == expected
    assert 25.0 * pll.feedback / pll.i_div == frequency
    assert 400 <= frequency * pll.o_div <= 800


@pytest.mark.parametrize("frequency", [0.0, -25.0, 101.0, 412.5, 1e6])
def test_ecp5_refuses(frequency: float) -> None:
    words = rf"frequency must be a multiple of 12\.5 MHz up to 400 MHz, not {frequency:g} MHz"
    with pytest.raises(ValueError, match=words.replace("+", r"\+")):
        Ecp5Pll.solve(25.0, frequency)


@pytest.mark.parametrize(
    ("oscillator", "frequency", "expected"),
    [
        (12.0, 25.5, Ice40Pll(1, 68, 5)),  # as IceStorm's icepll finds them
        (12.0, 25.125, Ice40Pll(1, 67, 5)),
        (12.0, 48.0, Ice40Pll(1, 64, 4)),
        (100.0, 25.0, Ice40Pll(1, 8, 5)),
    ],
)
def test_ice40_dividers(oscillator: float, frequency: float, expected: Ice40Pll) -> None:
    pll = Ice40Pll.solve(oscillator, frequency)
    assert pll == expected
    assert oscillator * pll.feedback / pll.i_div / 2**pll.o_shift == frequency
    assert 533 <= frequency * 2**pll.o_shift <= 1066


@pytest.mark.parametrize(
    ("frequency", "near"),
    [(25.175, "25.125 or 25.5"), (0.0, "16.125 or 16.3125"), (1e3, "264 or 270")],
)
def test_ice40_refuses(frequency: float, near: str) -> None:
    words = f"of 12 MHz, such as {near} MHz, not {frequency:g} MHz"
    with pytest.raises(ValueError, match=words.replace(".", r"\.")):
        Ice40Pll.solve(12.0, frequency)


def test_reset_until_block_rams_can_be_read() -> None:
    """And again when the button is pressed, but not for as long."""
    restart, reset = Signal(), Signal()
    pin = io.SimulationPort("i", 1)
    m = Module()
    m.domains.sync = ClockDomain(reset_less=Ice40Start.RESET_LESS)
    m.submodules.clock = ClockGenerator(pin, restart, family=ICE40, oscillator=12.0, frequency=12.0)
    m.d.comb += reset.eq(ResetSignal())
    seen: list[int] = []

    async def bench(ctx: SimulatorContext) -> None:
        for cycle in range(300):
            ctx.set(restart, cycle == 250)
            for level in (1, 0):
                ctx.set(pin.i, level)
                await ctx.delay(1e-6 / 24)
            seen.append(ctx.get(reset))

    sim = Simulator(m)
    sim.add_testbench(bench)
    sim.run()
    first = seen.index(0)
    assert ceil(Ice40Start.SETTLE * 12.0) <= first <= ceil(Ice40Start.SETTLE * 12.0) + 5
    assert not any(seen[first:250])
    assert seen[250]
    assert not any(seen[255:])
