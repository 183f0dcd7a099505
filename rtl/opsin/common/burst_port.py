# SPDX-License-Identifier: MIT
"""Ports through which a core reads and writes memory it does not own, many words at a time."""

from typing import Any

from amaranth.hdl import unsigned
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

__all__ = [
    "BURST_WORDS",
    "BurstRequest",
    "ReadInterface",
    "ReadPort",
    "ReadResponse",
    "WriteInterface",
    "WritePort",
    "WriteResponse",
    "WriteWord",
]

BURST_WORDS = 16
"""Words of a burst at most, and of the aligned block that it lies in."""


class BurstRequest(data.StructLayout):
    """``more + 1`` words from ``address`` on, all in one aligned block of 16 words.

    ``address`` counts bytes and is a multiple of the word's.
    """

    def __init__(self) -> None:
        super().__init__({"address": unsigned(32), "more": unsigned(4)})


class ReadResponse(data.StructLayout):
    """A word; byte ``address`` in its lowest eight bits. With ``error`` memory refused it."""

    def __init__(self, word_bytes: int) -> None:
        super().__init__({"data": unsigned(8 * word_bytes), "error": unsigned(1)})


class WriteWord(data.StructLayout):
    """A word to write: those bytes whose bit is set in ``strobe``; ``last`` of its burst."""

    def __init__(self, word_bytes: int) -> None:
        super().__init__(
            {
                "data": unsigned(8 * word_bytes),
                "strobe": unsigned(word_bytes),
                "last": unsigned(1),
            }
        )


class WriteResponse(data.StructLayout):
    """A burst is written; with ``error`` memory refused it, or a part of it."""

    def __init__(self) -> None:
        super().__init__({"error": unsigned(1)})


class ReadInterface(wiring.PureInterface):
    """What :class:`ReadPort` creates."""

    request: stream.Interface
    response: stream.Interface


class WriteInterface(wiring.PureInterface):
    """What :class:`WritePort` creates."""

    request: stream.Interface
    words: stream.Interface
    response: stream.Interface


def _check(word_bytes: int) -> None:
    if word_bytes < 1 or word_bytes & (word_bytes - 1):
        raise ValueError(f"word_bytes must be a power of two, not {word_bytes!r}")


class ReadPort(wiring.Signature):
    """Bursts of reads, seen by the initiator.

    Parameters
    ----------
    word_bytes : int
        Bytes per word, a power of two.

    Members
    -------
    request : Out(stream.Signature(BurstRequest()))
    response : In(stream.Signature(ReadResponse(word_bytes)))
        One for every word, in the order of the requests, after any number of cycles.

    Raises
    ------
    ValueError
        If ``word_bytes`` is not a power of two.
    """

    def __init__(self, word_bytes: int) -> None:
        _check(word_bytes)
        self.word_bytes = word_bytes
        super().__init__(
            {
                "request": Out(stream.Signature(BurstRequest())),
                "response": In(stream.Signature(ReadResponse(word_bytes))),
            }
        )

    def create(self, *, path: Any = None, src_loc_at: int = 0) -> ReadInterface:
        """Interface with the members' types."""
        return ReadInterface(self, path=path, src_loc_at=1 + src_loc_at)


class WritePort(wiring.Signature):
    """Bursts of writes, seen by the initiator.

    Parameters
    ----------
    word_bytes : int
        Bytes per word, a power of two.

    Members
    -------
    request : Out(stream.Signature(BurstRequest()))
    words : Out(stream.Signature(WriteWord(word_bytes)))
        Those of the bursts, in the order of the requests; before or after their request.
    response : In(stream.Signature(WriteResponse()))
        One for every burst, in the order of the requests; reads see what was written from then on.

    Raises
    ------
    ValueError
        If ``word_bytes`` is not a power of two.
    """

    def __init__(self, word_bytes: int) -> None:
        _check(word_bytes)
        self.word_bytes = word_bytes
        super().__init__(
            {
                "request": Out(stream.Signature(BurstRequest())),
                "words": Out(stream.Signature(WriteWord(word_bytes))),
                "response": In(stream.Signature(WriteResponse())),
            }
        )

    def create(self, *, path: Any = None, src_loc_at: int = 0) -> WriteInterface:
        """Interface with the members' types."""
        return WriteInterface(self, path=path, src_loc_at=1 + src_loc_at)
