# SPDX-License-Identifier: MIT
"""Operations: descriptors that know what they read and write, before they have tokens."""

from dataclasses import dataclass, field

from opsin.npu import isa

__all__ = ["LOCAL", "SUMS", "Address", "Operation", "Span"]

LOCAL = "scratchpad"
SUMS = "accumulator"


@dataclass(frozen=True)
class Address:
    """Byte ``offset`` into the constants or into the tensors, which are placed at the end."""

    segment: str
    offset: int

    def __add__(self, offset: int) -> "Address":
        return Address(self.segment, self.offset + offset)


@dataclass(frozen=True)
class Span:
    """Places ``start`` to ``stop`` of a memory: :data:`LOCAL`, :data:`SUMS`, or a tensor."""

    space: str
    start: int
    stop: int


@dataclass
class Operation:
    """A descriptor to be.

    Attributes
    ----------
    opcode : isa.Opcode
    fields : dict of str to int
        Those that are not zero.
    memory : Address or None
        Of LOAD and STORE.
    reads, writes : tuple of Span
        All that it touches, or more.
    """

    opcode: isa.Opcode
    fields: dict[str, int] = field(default_factory=dict)
    memory: Address | None = None
    reads: tuple[Span, ...] = ()
    writes: tuple[Span, ...] = ()

    @property
    def unit(self) -> isa.Unit | None:
        """Who carries it out."""
        return isa.UNITS.get(self.opcode)
