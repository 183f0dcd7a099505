# SPDX-License-Identifier: MIT
"""What a component shows at its boundary: numbers, streams, memory ports."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import product

from amaranth.hdl import ShapeLike
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In

from opsin.common.burst_port import ReadPort, WritePort
from opsin.common.memory_port import MemoryPort

__all__ = ["Boundary", "boundary"]


@dataclass(frozen=True)
class Boundary:
    """Members of a component by name; ``__`` joins the parts of a nested name.

    ``inputs`` and ``outputs`` are the plain ports, ``sources`` the streams that go in, ``sinks``
    those that come out, all with their shapes; ``memories`` are the memory ports with the bytes of
    their words, ``reads`` and ``writes`` those for bursts.
    """

    inputs: dict[str, ShapeLike] = field(default_factory=dict)
    outputs: dict[str, ShapeLike] = field(default_factory=dict)
    sources: dict[str, ShapeLike] = field(default_factory=dict)
    sinks: dict[str, ShapeLike] = field(default_factory=dict)
    memories: dict[str, int] = field(default_factory=dict)
    reads: dict[str, int] = field(default_factory=dict)
    writes: dict[str, int] = field(default_factory=dict)

    @property
    def bursts(self) -> dict[str, int]:
        """Ports for bursts."""
        return self.reads | self.writes

    @property
    def served(self) -> list[str]:
        """Every port with memory behind it."""
        return [*self.memories, *self.bursts]

    def input_ports(self) -> list[str]:
        """Every port that the design reads, but clock and reset."""
        sources = [*self.sources, *(f"{name}__response" for name in self.served)]
        sinks = [*self.sinks, *(f"{name}__request" for name in self.served)]
        sinks += [f"{name}__words" for name in self.writes]
        return [
            *self.inputs,
            *(f"{name}__{part}" for name in sources for part in ("payload", "valid")),
            *(f"{name}__ready" for name in sinks),
        ]


def boundary(top: wiring.Component) -> Boundary:
    """Sort the members of ``top``'s signature."""
    found = Boundary()
    _collect(found, top.signature, "")
    return found


def _collect(found: Boundary, signature: wiring.Signature, prefix: str) -> None:
    for name, member in _members(signature, prefix):
        if member.is_port:
            side = found.inputs if member.flow == In else found.outputs
            side[name] = member.shape
            continue
        inner = member.signature
        flipped = isinstance(inner, wiring.FlippedSignature)
        plain = inner.flip() if flipped else inner
        if isinstance(plain, stream.Signature):
            (found.sources if flipped else found.sinks)[name] = plain.members["payload"].shape
        elif isinstance(plain, MemoryPort) and not flipped:
            found.memories[name] = plain.word_bytes
        elif isinstance(plain, ReadPort) and not flipped:
            found.reads[name] = plain.word_bytes
        elif isinstance(plain, WritePort) and not flipped:
            found.writes[name] = plain.word_bytes
        else:
            _collect(found, inner, f"{name}__")


def _members(signature: wiring.Signature, prefix: str) -> Iterator[tuple[str, wiring.Member]]:
    for name, member in signature.members.items():
        for index in product(*map(range, member.dimensions)):
            yield "__".join((prefix + name, *map(str, index))), member
