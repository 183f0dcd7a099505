# SPDX-License-Identifier: MIT
"""A program under construction: operations, constants, and the memory that tensors take."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import product
from math import prod

from opsin.npu import isa

from .descriptor import encode
from .operation import LOCAL, Address, Operation, Span
from .tokens import order

__all__ = ["COUNT_LIMIT", "Address", "Code", "Loop", "Work", "copies"]

COUNT_LIMIT = (1 << 16) - 1
"""Of a descriptor's loops, and of the bytes of a row."""

_BURST_WORDS = 16


@dataclass(frozen=True)
class Loop:
    """``count`` repetitions, ``memory`` words apart there and ``local`` words apart here."""

    count: int
    memory: int
    local: int


def copies(loops: list[Loop], limit: int) -> Iterator[tuple[int, int, Loop, Loop, int]]:
    """Cut nested loops over words, outermost first, into copies of planes of rows.

    Loops that continue one another become one, but no row is longer than ``limit``. Yields (memory
    offset, local offset, planes, rows, words of a row), in words.
    """
    loops = [loop for loop in loops if loop.count > 1] or [Loop(1, 1, 1)]
    if (loops[-1].memory, loops[-1].local) != (1, 1):
        loops.append(Loop(1, 1, 1))
    if loops[-1].count > limit:
        whole, rest = divmod(loops.pop().count, limit)
        if rest:
            behind = [*loops, Loop(rest, 1, 1)]
            for memory, local, *shape in copies(behind, limit):
                yield memory + whole * limit, local + whole * limit, *shape  # type: ignore[misc]
        loops += [Loop(whole, limit, limit), Loop(limit, 1, 1)]
    merged = [loops[-1]]
    for loop in reversed(loops[:-1]):
        inner = merged[0]
        joined = loop.count * inner.count
        continues = (
            loop.memory == inner.count * inner.memory and loop.local == inner.count * inner.local
        )
        if continues and joined <= (limit if len(merged) == 1 else COUNT_LIMIT):
            merged[0] = Loop(joined, inner.memory, inner.local)
        else:
            merged.insert(0, loop)
    run = merged.pop()
    rows = merged.pop() if merged else Loop(1, run.count, run.count)
    planes = merged.pop() if merged else Loop(1, 0, 0)
    for index in product(*(range(loop.count) for loop in merged)):
        memory = sum(i * loop.memory for i, loop in zip(index, merged, strict=True))
        local = sum(i * loop.local for i, loop in zip(index, merged, strict=True))
        yield memory, local, planes, rows, run.count


@dataclass
class Work:
    """What a layer's descriptors do: activation words through the mesh, words moved or written."""

    descriptors: int = 0
    streamed: int = 0
    words: int = 0


@dataclass
class Code:
    """Operations in order and the constants they load.

    ``word_bytes`` is the memory word; ``layer`` the index that new operations are counted for in
    ``work``.
    """

    word_bytes: int
    layer: int = 0
    constants: bytearray = field(default_factory=bytearray)
    tensor_bytes: int = 0
    work: dict[int, Work] = field(default_factory=dict)
    operations: list[Operation] = field(default_factory=list)
    layers: dict[int, list[Operation]] = field(default_factory=dict)

    def constant(self, data: bytes) -> Address:
        """Add constants; their address."""
        address = Address("constants", len(self.constants))
        self.constants += data.ljust(-(-len(data) // self.word_bytes) * self.word_bytes, b"\0")
        return address

    def reserve(self, size: int) -> Address:
        """Memory for a tensor of ``size`` bytes."""
        address = Address("tensors", self.tensor_bytes)
        self.tensor_bytes += -(-size // self._block) * self._block
        return address

    @property
    def _block(self) -> int:
        return max(_BURST_WORDS * self.word_bytes, isa.DESCRIPTOR_BYTES)

    def add(self, operation: Operation) -> None:
        """Append an operation."""
        self.operations.append(operation)
        self.layers.setdefault(self.layer, []).append(operation)
        fields = operation.fields
        work = self.work.setdefault(self.layer, Work())
        work.descriptors += 1
        if operation.opcode in (isa.Opcode.MATMUL, isa.Opcode.DEPTHWISE):
            work.streamed += prod(fields[name] for name in ("k0", "k1", "k2", "n0", "n1", "n2"))
        elif operation.opcode in (isa.Opcode.LOAD, isa.Opcode.STORE):
            rows = fields.get("top", 0) + fields.get("rows", 0) + fields.get("bottom", 0)
            size = fields.get("before", 0) + fields["row_bytes"] + fields.get("after", 0)
            work.words += fields["planes"] * rows * -(-size // self.word_bytes)
        elif operation.opcode in isa.UNITS:
            work.words += fields["n0"] * fields["n1"]

    def copy(
        self,
        opcode: isa.Opcode,
        memory: Address,
        local: int,
        loops: list[Loop],
        tensor: Span | None = None,
    ) -> None:
        """LOAD or STORE words through nested loops, with as many descriptors as it takes.

        ``tensor`` is what is touched in memory, if that is not constant.
        """
        limit = COUNT_LIMIT // self.word_bytes
        for there, here, planes, rows, run in copies(loops, limit):
            first = local + here
            last = first + (planes.count - 1) * planes.local + (rows.count - 1) * rows.local + run
            inside, outside = (Span(LOCAL, first, last),), (tensor,) if tensor else ()
            loading = opcode is isa.Opcode.LOAD
            self.add(
                Operation(
                    opcode,
                    {
                        "local": first,
                        "row_bytes": run * self.word_bytes,
                        "rows": rows.count,
                        "row_stride": rows.memory * self.word_bytes,
                        "local_row_stride": rows.local if rows.count > 1 else 0,
                        "planes": planes.count,
                        "plane_stride": planes.memory * self.word_bytes,
                        "local_plane_stride": planes.local,
                    },
                    memory + there * self.word_bytes,
                    reads=outside if loading else inside,
                    writes=inside if loading else outside,
                )
            )

    def link(self) -> tuple[bytes, dict[str, int]]:
        """Image of descriptors and constants, and where each segment begins."""
        order(self.operations)
        code = -(-len(self.operations) * isa.DESCRIPTOR_BYTES // self._block) * self._block
        image = code + -(-len(self.constants) // self._block) * self._block
        bases = {"code": 0, "constants": code, "tensors": image}
        image_bytes = bytearray()
        for operation in self.operations:
            fields = operation.fields
            if operation.memory is not None:
                memory = operation.memory
                fields = fields | {"memory": bases[memory.segment] + memory.offset}
            image_bytes += encode(operation.opcode, **fields)
        image_bytes = image_bytes.ljust(code, b"\0")
        image_bytes += self.constants
        return bytes(image_bytes.ljust(image, b"\0")), bases
