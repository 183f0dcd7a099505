# SPDX-License-Identifier: MIT
"""Places of a mesh's multipliers."""

import re
from itertools import pairwise, product

import pytest

from opsin_fpga.floorplan import mesh_bels


@pytest.mark.parametrize(("rows", "across"), [(4, 2), (8, 4), (16, 8), (3, 13), (12, 13), (17, 8)])
def test_places(rows: int, across: int) -> None:
    """Each once, all there; neighbours in a row near one another, rows from top to bottom."""
    bel = mesh_bels(rows=rows, across=across)
    places = {(r, e): bel(r, e) for r, e in product(range(rows), range(across))}
    assert len(set(places.values())) == rows * across
    where: dict[tuple[int, int], tuple[int, int]] = {}
    for element, place in places.items():
        match = re.fullmatch(r"X(\d+)/Y(\d+)/MULT18_([0145])", place)
        assert match
        x, y, name = map(int, match.groups())
        assert x - name in (4, 13, 22, 31, 40, 49, 58, 69, 78, 87, 96, 105, 114)
        assert y in (10, 34, 58)
        where[element] = x, y
    for e in range(across):
        lines = [where[r, e][1] for r in range(rows)]
        assert lines == sorted(lines)
    for r in range(rows):
        for left, right in pairwise(where[r, e] for e in range(across)):
            assert left[1] == right[1]
            assert left[0] < right[0] <= left[0] + 20 or rows > 12


@pytest.mark.parametrize(("rows", "across"), [(16, 9), (40, 4), (3, 27)])
def test_refuses_what_does_not_fit(rows: int, across: int) -> None:
    with pytest.raises(ValueError, match=f"fit the device, not {rows} and {across}"):
        mesh_bels(rows=rows, across=across)
