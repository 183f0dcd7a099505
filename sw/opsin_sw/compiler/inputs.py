# SPDX-License-Identifier: MIT
"""What a tile needs of a tensor."""

from dataclasses import dataclass, replace

from .boxes import Box, Extent, Tile
from .graph import Geometry

__all__ = ["Input", "part_of"]


@dataclass(frozen=True)
class Input:
    """Input of ``images`` pictures: ``channels`` words of each pixel, line by line."""

    images: tuple[int, int]
    down: Extent
    across: Extent
    channels: tuple[int, int]

    @classmethod
    def of(cls, size: Geometry, tile: Tile, chunk: Box) -> "Input":
        """Return what a tile needs of a chunk."""
        down, across = (tile.input(size, chunk, axis) for axis in (0, 1))
        return cls(tile.batch, down, across, chunk.channels)

    @property
    def pixel(self) -> int:
        """Words of a pixel."""
        return self.channels[1] - self.channels[0]

    @property
    def line(self) -> int:
        """Words of a line."""
        return self.across.length * self.pixel

    @property
    def image(self) -> int:
        """Words of a picture."""
        return self.down.length * self.line

    @property
    def padding(self) -> tuple[int, ...]:
        """Where its padding above and below is: alike if equal."""
        images = self.images[1] - self.images[0]
        return images, self.image, self.line, self.down.before, self.down.after

    @property
    def words(self) -> int:
        """All words."""
        return (self.images[1] - self.images[0]) * self.image


def part_of(whole: Extent, first: int, count: int) -> Extent:
    """``count`` lines from the one numbered ``first`` on."""
    last = min(first + count, whole.length)
    before = max(min(whole.before, last) - first, 0)
    after = max(last - max(whole.length - whole.after, first), 0)
    start = whole.start + (first + before - whole.before) * whole.step
    return replace(whole, start=start, length=last - first, before=before, after=after)
