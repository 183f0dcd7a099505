# SPDX-License-Identifier: MIT
"""A tile's input: from memory to the scratchpad, padded."""

from collections.abc import Iterator
from dataclasses import replace
from math import ceil

from opsin.npu import isa

from .emit import COUNT_LIMIT
from .graph import Tensor
from .inputs import Input, part_of
from .layout import words
from .operation import LOCAL, Address, Operation, Span

__all__ = ["Source"]

_EDGE = 255
"""Lines of padding in a descriptor."""


class Source:
    """A tensor in memory.

    Parameters
    ----------
    tensor : Tensor
    address : Address
        Where it is.
    rows : int
        Bytes of a word.
    fill : int
        What it is padded with.
    """

    def __init__(self, tensor: Tensor, address: Address, rows: int, fill: int) -> None:
        self.tensor, self.address, self.rows, self.fill = tensor, address, rows, fill % 256
        self.space = f"tensor {address.offset}"
        self.words = words(tensor.channels, rows)
        self.pixel = self.words * rows
        self.line = tensor.width * self.pixel
        if tensor.windows:
            self.pixel, self.line = tensor.windows.step, tensor.windows.line
        self.image = tensor.height * self.line

    def by_lines(self, wanted: Input) -> bool:
        """Whether whole lines of pixels are rows of a LOAD, else each pixel is one."""
        across = wanted.across
        edges = max(across.before, across.after, across.inside) * wanted.pixel * self.rows
        return (
            not self.tensor.windows
            and wanted.pixel == self.words
            and across.step == 1
            and edges <= COUNT_LIMIT
        )

    def cycles(self, wanted: Input) -> int:
        """Cycles that LOADs take, about."""
        if not self.tensor.windows:
            return wanted.words
        touched = (self.tensor.channels - 2) / self.rows + 1
        count = wanted.words // max(wanted.pixel, 1)
        return ceil(count * max(touched, wanted.pixel))

    def loads(
        self, wanted: Input, local: int, parts: int, *, padded: bool = False
    ) -> Iterator[Operation]:
        """Load all that, in about ``parts`` parts if that is possible.

        With ``padded``, what is above and below is there already.
        """
        images = wanted.images[1] - wanted.images[0]
        by_lines = self.by_lines(wanted)
        long = max(wanted.down.before, wanted.down.after) > _EDGE
        if images > 1 and (parts > 1 or not by_lines or long):
            count = 1 if long or not by_lines else -(-images // parts)
            for first in range(*wanted.images, count):
                part = replace(wanted, images=(first, min(first + count, wanted.images[1])))
                start = local + (first - wanted.images[0]) * wanted.image
                yield from self.loads(part, start, 1, padded=padded)
            return
        count = max(1, min(-(-wanted.down.length // parts), _EDGE))
        for first in range(0, wanted.down.length, count):
            part = replace(wanted, down=part_of(wanted.down, first, count))
            start = local + first * wanted.line
            yield from (
                self._lines(part, start) if by_lines else self._pixels(part, start, padded=padded)
            )

    def _place(self, wanted: Input) -> Address:
        offset = wanted.images[0] * self.image + wanted.down.start * self.line
        offset += wanted.across.start * self.pixel + wanted.channels[0] * self.rows
        return self.address + offset

    def _span(self, wanted: Input) -> tuple[Span, ...]:
        if not (wanted.down.inside and wanted.across.inside):
            return ()
        first = wanted.images[0] * self.image + wanted.down.start * self.line
        last = (wanted.images[1] - 1) * self.image + wanted.down.stop * self.line
        return (Span(self.space, first, last),)

    def _lines(self, wanted: Input, local: int) -> Iterator[Operation]:
        images, unit = wanted.images[1] - wanted.images[0], wanted.pixel * self.rows
        across, down = wanted.across, wanted.down
        fields = {
            "local": local,
            "fill": self.fill,
            "top": down.before,
            "rows": down.inside,
            "bottom": down.after,
            "before": across.before * unit,
            "row_bytes": across.inside * unit,
            "after": across.after * unit,
            "row_stride": down.step * self.line,
            "local_row_stride": wanted.line,
            "planes": images,
            "plane_stride": self.image,
            "local_plane_stride": wanted.image,
        }
        if not across.inside:
            yield from self._filled(local, wanted.words)
            return
        yield Operation(
            isa.Opcode.LOAD,
            fields,
            self._place(wanted),
            reads=self._span(wanted),
            writes=(Span(LOCAL, local, local + wanted.words),),
        )

    def _pixels(self, wanted: Input, local: int, *, padded: bool) -> Iterator[Operation]:
        across, down = wanted.across, wanted.down
        if not padded:
            yield from self._filled(local, down.before * wanted.line)
        local += down.before * wanted.line
        inside = down.inside * wanted.line
        last = wanted.channels[1] * self.rows
        if self.tensor.windows:
            last = min(last, self.tensor.channels)
        size = last - wanted.channels[0] * self.rows
        if not across.inside:
            yield from self._filled(local, inside)
        elif max(across.before, across.after) > _EDGE:
            yield from self._edges(wanted, local)
        elif inside:
            yield Operation(
                isa.Opcode.LOAD,
                {
                    "local": local,
                    "fill": self.fill,
                    "top": across.before,
                    "rows": across.inside,
                    "bottom": across.after,
                    "row_bytes": size,
                    "row_stride": across.step * self.pixel,
                    "local_row_stride": wanted.pixel,
                    "planes": down.inside,
                    "plane_stride": down.step * self.line,
                    "local_plane_stride": wanted.line,
                },
                self._place(wanted),
                reads=self._span(wanted),
                writes=(Span(LOCAL, local, local + inside),),
            )
        if not padded:
            yield from self._filled(local + inside, down.after * wanted.line)

    def _edges(self, wanted: Input, local: int) -> Iterator[Operation]:
        """Lines between much padding, one by one."""
        across, unit = wanted.across, wanted.pixel
        narrow = replace(across, length=across.inside, before=0, after=0)
        for line in range(wanted.down.inside):
            start = wanted.down.start + line * wanted.down.step
            down = replace(wanted.down, start=start, length=1, before=0, after=0)
            begin = local + line * wanted.line
            yield from self._filled(begin, across.before * unit)
            yield from self._pixels(
                replace(wanted, down=down, across=narrow),
                begin + across.before * unit,
                padded=True,
            )
            yield from self._filled(begin + wanted.line - across.after * unit, across.after * unit)

    def _filled(self, local: int, count: int) -> Iterator[Operation]:
        """Nothing but padding."""
        limit = COUNT_LIMIT // self.rows
        for first in range(0, count, limit):
            size = min(limit, count - first)
            yield Operation(
                isa.Opcode.LOAD,
                {
                    "local": local + first,
                    "fill": self.fill,
                    "top": 1,
                    "row_bytes": size * self.rows,
                    "planes": 1,
                },
                self.address,
                writes=(Span(LOCAL, local + first, local + first + size),),
            )
