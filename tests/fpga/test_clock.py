# SPDX-License-Identifier: MIT
"""Dividers of the PLL."""

import pytest

from opsin_fpga.clock import Pll


@pytest.mark.parametrize(
    ("frequency", "expected"),
    [
        (100.0, Pll(1, 4, 6)),  # as Project Trellis' ecppll finds it
        (125.0, Pll(1, 5, 5)),
        (37.5, Pll(2, 3, 16)),
        (400.0, Pll(1, 16, 2)),
    ],
)
def test_dividers(frequency: float, expected: Pll) -> None:
    pll = Pll.solve(25.0, frequency)
    assert pll == expected
    assert 25.0 * pll.feedback / pll.i_div == frequency
    assert 400 <= frequency * pll.o_div <= 800


@pytest.mark.parametrize("frequency", [0.0, -25.0, 101.0, 412.5, 1e6])
def test_refuses(frequency: float) -> None:
    words = rf"frequency must be a multiple of 12\.5 MHz up to 400 MHz, not {frequency:g} MHz"
    with pytest.raises(ValueError, match=words.replace("+", r"\+")):
        Pll.solve(25.0, frequency)
