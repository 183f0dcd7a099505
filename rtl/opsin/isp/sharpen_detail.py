# SPDX-License-Identifier: MIT
"""What a pixel's luma is beside that of its neighbours."""

from collections.abc import Callable, Sequence

from amaranth import C, Cat, Mux, Value

__all__ = ["DETAIL_STAGES", "EXTREME_STAGES", "Register", "detail_of", "extreme_of"]

DETAIL_STAGES, EXTREME_STAGES = 10, 4
"""Stages that :func:`detail_of` and :func:`extreme_of` take."""

Register = Callable[..., Value]
"""Carry a value, under a name, for one stage or for so many."""

Luma = Sequence[Sequence[Value]]


def detail_of(y: Luma, wide: Value, register: Register) -> Value:
    """Return 5 × 5 pixels' middle less its blurred copy, in 1/16: ``detail`` of ``Sharpen``."""
    fine, coarse = _details(y, register)

    # stages 7 to 10: between the two; a stage only for the way
    difference = register(coarse - fine, "difference")
    start = Cat(C(2, 2), register(fine, "fine_late")).as_signed()
    low = Mux(wide[0], difference, 0) + (Mux(wide[1], difference, 0) << 1)
    high = (Mux(wide[2], difference, 0) << 2) + start
    detail = (register(low, "part_low", 2) + register(high, "part_high", 2)) >> 2
    return register(detail[: len(y[2][2]) + 5].as_signed(), "detail")


def _details(y: Luma, register: Register) -> tuple[Value, Value]:
    """Return ``fine`` and ``coarse``, of stage 6, from sums of two in each stage."""

    def pair(name: str, *places: tuple[int, int]) -> Value:
        (first, second) = places
        return register(y[first[0]][first[1]] + y[second[0]][second[1]], name)

    # stages 1 and 2: pixels of the same weight; of the middle 3 parts, and 220 and a half
    middle = y[2][2]
    luma, own_9 = register(middle, "luma"), register(middle + (middle << 3), "own_9")
    own_3 = register(luma + (luma << 1), "own_3")
    own = register(Cat(C(2, 6), luma) - own_9, "own") << 2
    near_h, near_v = pair("near_h", (2, 1), (2, 3)), pair("near_v", (1, 2), (3, 2))
    upper, lower = pair("upper", (1, 1), (1, 3)), pair("lower", (3, 1), (3, 3))
    far_h, far_v = pair("far_h", (2, 0), (2, 4)), pair("far_v", (0, 2), (4, 2))
    top, bottom = pair("top", (0, 0), (0, 4)), pair("bottom", (4, 0), (4, 4))
    knights_t, knights_b = pair("knights_t", (0, 1), (0, 3)), pair("knights_b", (4, 1), (4, 3))
    knights_l, knights_r = pair("knights_l", (1, 0), (3, 0)), pair("knights_r", (1, 4), (3, 4))
    near = register(near_h + near_v, "near")
    diagonal = register(upper + lower, "diagonal")
    far = register(far_h + far_v, "far")
    corners = register(top + bottom, "corners")
    flat = register(knights_t + knights_b, "knights_flat")
    steep = register(knights_l + knights_r, "knights_steep")

    # stages 3 and 4: 12 own - 2 near - diagonal
    narrow = register((near << 1) + diagonal, "narrow")
    fine = register((register(own_3, "own_3_late") << 2) - narrow, "fine", 3)

    # stages 3 to 6: own - 24 near - 16 diagonal - 6 far - 4 knights - corners
    knights = register(flat + steep, "knights")
    outer = register((far << 1) + corners, "outer")
    inner = register((diagonal << 2) + far, "inner")
    near_2 = register(near << 1, "near_late")
    rest = register(own - (near << 3), "rest")
    outer = register((knights << 2) + outer, "outer_sum")
    inner = register(((near_2 << 1) + inner) << 2, "inner_sum")
    rest = register(rest, "rest_late")
    outer, rest = register(outer + inner, "broad"), register(rest, "rest_last")
    return fine, register((rest - outer) >> 4, "coarse")


def extreme_of(y: Luma, name: str, register: Register) -> Value:
    """Return the least (``name`` is ``low``) or greatest of the 3 × 3 pixels in the middle."""

    def better(a: Value, b: Value) -> Value:
        return Mux((a < b) if name == "low" else (a > b), a, b)

    rows = []
    for k in range(1, 4):
        two = register(better(y[k][1], y[k][2]), f"{name}_two_{k}")
        rows.append(register(better(two, register(y[k][3], f"{name}_3_{k}")), f"{name}_{k}"))
    two = register(better(rows[0], rows[1]), f"{name}_rows")
    return register(better(two, register(rows[2], f"{name}_row")), name)
