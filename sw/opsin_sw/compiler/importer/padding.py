# SPDX-License-Identifier: MIT
"""Padding of convolutions."""

from ..graph import Geometry
from .node import Node

__all__ = ["pads"]


def pads(node: Node, geometry: Geometry, rank: int) -> tuple[int, int, int, int]:
    """Return top, left, bottom, right of a convolution over ``rank`` (1 or 2) dimensions."""
    automatic = node.want(
        "auto_pad", "NOTSET", among=["NOTSET", "VALID", "SAME_UPPER", "SAME_LOWER"]
    )
    if automatic == "NOTSET":
        values = [int(v) for v in node.attributes.get("pads", [0] * (2 * rank))]
        if len(values) != 2 * rank or min(values) < 0:
            raise node.refusal(f"attribute pads = {values}")
        return (0, values[0], 0, values[1]) if rank == 1 else tuple(values)  # type: ignore
    if any(node.attributes.get("pads", ())):
        raise node.refusal("attributes auto_pad and pads together")
    if automatic == "VALID":
        return 0, 0, 0, 0
    before, after = [], []
    for axis, size in enumerate((geometry.height, geometry.width)):
        outputs = -(-size // geometry.stride[axis])
        total = max(geometry.extent(axis, outputs, geometry.kernel[axis]) - size, 0)
        more = total - total // 2
        before.append(more if automatic == "SAME_LOWER" else total - more)
        after.append(total - more if automatic == "SAME_LOWER" else more)
    return before[0], before[1], after[0], after[1]
