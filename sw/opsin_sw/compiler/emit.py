# SPDX-License-Identifier: MIT
"""A program under construction: descriptors, constants, and the memory that tensors take."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import product
from math import prod

from opsin.npu import isa

from .descriptor import encode
from .tiling import COUNT_LIMIT

__all__ = ["Address", "Code", "Loop", "Work", "copies"]


@dataclass(frozen=True)
class Address:
    """Byte ``offset`` into the constants or into the tensors, which are placed at the end."""

    segment: str
    offset: int

    def __add__(self, offset: int) -> "Address":
        return Address(self.segment, self.offset + offset)


@dataclass(frozen=True)
class Loop:
    """``count`` repetitions, ``memory`` words apart there and ``local`` words apart here."""

    count: int
    memory: int
    local: int


def copies(loops: list[Loop]) -> Iterator[tuple[int, int, Loop, int]]:
    """Cut nested loops over words, outermost first, into two-dimensional copies.

    Loops that continue one another become one. Yields (memory offset, local offset, outer loop,
    words of a row), in words.
    """
    loops = [loop for loop in loops if loop.count > 1] or [Loop(1, 1, 1)]
    if (loops[-1].memory, loops[-1].local) != (1, 1):
        loops.append(Loop(1, 1, 1))
    merged = [loops[-1]]
    for loop in reversed(loops[:-1]):
        inner = merged[0]
        joined = loop.count * inner.count
        continues = (
            loop.memory == inner.count * inner.memory and loop.local == inner.count * inner.local
        )
        if continues and joined <= COUNT_LIMIT:
            merged[0] = Loop(joined, inner.memory, inner.local)
        else:
            merged.insert(0, loop)
    run = merged.pop()
    rows = merged.pop() if merged else Loop(1, run.count, run.count)
    for index in product(*(range(loop.count) for loop in merged)):
        memory = sum(i * loop.memory for i, loop in zip(index, merged, strict=True))
        local = sum(i * loop.local for i, loop in zip(index, merged, strict=True))
        yield memory, local, rows, run.count


@dataclass
class Work:
    """What a layer's descriptors do: activation words through the mesh, words moved or written."""

    descriptors: int = 0
    streamed: int = 0
    words: int = 0


@dataclass
class Code:
    """Descriptors in order and the constants they load.

    ``word_bytes`` is the memory word; ``layer`` the index that new descriptors are counted for in
    ``work``.
    """

    word_bytes: int
    layer: int = 0
    constants: bytearray = field(default_factory=bytearray)
    tensor_bytes: int = 0
    work: dict[int, Work] = field(default_factory=dict)
    _descriptors: list[tuple[isa.Opcode, dict[str, int], Address | None]] = field(
        default_factory=list
    )

    def constant(self, data: bytes) -> Address:
        """Add constants; their address."""
        address = Address("constants", len(self.constants))
        self.constants += data
        return address

    def reserve(self, count: int) -> Address:
        """Memory for a tensor of ``count`` words."""
        address = Address("tensors", self.tensor_bytes)
        self.tensor_bytes += count * self.word_bytes
        return address

    def add(self, opcode: isa.Opcode, memory: Address | None = None, **values: int) -> None:
        """Append a descriptor."""
        self._descriptors.append((opcode, values, memory))
        work = self.work.setdefault(self.layer, Work())
        work.descriptors += 1
        if opcode is isa.Opcode.MATMUL:
            work.streamed += prod(values[name] for name in ("k0", "k1", "k2", "n0", "n1", "n2"))
        elif opcode is isa.Opcode.REQUANTIZE:
            work.words += values["count"]
        elif opcode is not isa.Opcode.HALT:
            work.words += values["rows"] * values["row_words"]

    def copy(
        self, opcode: isa.Opcode, memory: Address, local: int, loops: list[Loop], **values: int
    ) -> None:
        """LOAD or STORE words through nested loops, with as many descriptors as it takes."""
        for memory_offset, local_offset, rows, row_words in copies(loops):
            self.add(
                opcode,
                memory + memory_offset * self.word_bytes,
                memory_stride=rows.memory * self.word_bytes,
                local=local + local_offset,
                local_stride=rows.local,
                rows=rows.count,
                row_words=row_words,
                **values,
            )

    def fill(self, local: int, *loops: tuple[int, int], value: int) -> None:
        """FILL words through nested loops of (count, stride); nothing if one is empty."""
        if all(count for count, _ in loops):
            for _, offset, rows, row_words in copies([Loop(n, s, s) for n, s in loops]):
                self.add(
                    isa.Opcode.FILL,
                    value=value,
                    local=local + offset,
                    local_stride=rows.local,
                    rows=rows.count,
                    row_words=row_words,
                )

    def load(self, space: isa.Space, memory: Address, local: int, count: int) -> None:
        """LOAD consecutive words."""
        loops = [Loop(count, 1, 1)]
        self.copy(isa.Opcode.LOAD, memory, local, loops, space=space.value)

    def link(self) -> tuple[bytes, dict[str, int]]:
        """Image of descriptors and constants, and where each segment begins."""
        code = len(self._descriptors) * isa.DESCRIPTOR_BYTES
        image = len(self.constants) + -len(self.constants) % isa.DESCRIPTOR_BYTES + code
        bases = {"code": 0, "constants": code, "tensors": image}
        image_bytes = bytearray()
        for opcode, values, memory in self._descriptors:
            if memory is not None:
                values = values | {"memory": bases[memory.segment] + memory.offset}
            image_bytes += encode(opcode, **values)
        image_bytes += self.constants
        return bytes(image_bytes.ljust(image, b"\0")), bases
