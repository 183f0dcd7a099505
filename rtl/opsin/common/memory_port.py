# SPDX-License-Identifier: MIT
"""Port through which a core reads and writes memory it does not own."""

from typing import Any

from amaranth.hdl import unsigned
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

__all__ = ["MemoryInterface", "MemoryPort", "MemoryRequest"]


class MemoryRequest(data.StructLayout):
    """One word to read or write.

    ``address`` counts bytes and is a multiple of ``word_bytes``; ``data`` is ignored by reads and
    carries byte ``address`` in its lowest eight bits (little-endian).
    """

    def __init__(self, word_bytes: int) -> None:
        super().__init__(
            {"address": unsigned(32), "write": unsigned(1), "data": unsigned(8 * word_bytes)}
        )


class MemoryInterface(wiring.PureInterface):
    """What :class:`MemoryPort` creates."""

    request: stream.Interface
    response: stream.Interface


class MemoryPort(wiring.Signature):
    """Request and response streams, seen by the initiator.

    Reads are answered once each, in order, after any number of cycles; writes are not answered
    and are visible to every read that follows them.

    Parameters
    ----------
    word_bytes : int
        Bytes per word, a power of two.

    Members
    -------
    request : Out(stream.Signature(MemoryRequest(word_bytes)))
    response : In(stream.Signature(unsigned(8 * word_bytes)))
        Words read.

    Raises
    ------
    ValueError
        If ``word_bytes`` is not a power of two.
    """

    def __init__(self, word_bytes: int) -> None:
        if word_bytes < 1 or word_bytes & (word_bytes - 1):
            raise ValueError(f"word_bytes must be a power of two, not {word_bytes!r}")
        self.word_bytes = word_bytes
        super().__init__(
            {
                "request": Out(stream.Signature(MemoryRequest(word_bytes))),
                "response": In(stream.Signature(unsigned(8 * word_bytes))),
            }
        )

    def create(self, *, path: Any = None, src_loc_at: int = 0) -> MemoryInterface:
        """Interface with the members' types."""
        return MemoryInterface(self, path=path, src_loc_at=1 + src_loc_at)
