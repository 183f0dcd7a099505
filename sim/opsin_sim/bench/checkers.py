# SPDX-License-Identifier: MIT
"""Checks of the stream rules, cycle by cycle; they drive nothing."""

from typing import Any

import cocotb
from cocotb.triggers import RisingEdge

from .streams import StreamHandles

__all__ = ["ProtocolChecker", "VideoChecker"]


class ProtocolChecker:
    """Producer's side of a stream: ``valid`` is 0 or 1 and, once 1, stays with its payload.

    ``moved`` counts the payloads that crossed.
    """

    def __init__(self, dut: Any, name: str) -> None:
        self._stream = StreamHandles(dut, name)
        self.moved = 0
        cocotb.start_soon(self._run())

    def take(self, payload: int) -> None:
        """Note a payload that crosses."""
        self.moved += 1

    async def _run(self) -> None:
        stream = self._stream
        edge = RisingEdge(stream.clock)
        waiting: int | None = None
        while True:
            await edge
            valid = stream.valid.value
            self._require(valid.is_resolvable, f"valid must be 0 or 1, not {valid}")
            if not valid:
                self._require(waiting is None, "valid must stay until ready, but it fell")
                continue
            bits = stream.payload.value
            self._require(bits.is_resolvable, f"payload must be 0s and 1s while valid, not {bits}")
            payload = bits.to_unsigned()
            if waiting not in (None, payload):
                self._require(
                    False, f"payload must stay {waiting:#x} until ready, not {payload:#x}"
                )
            if stream.ready.value == 1:
                self.take(payload)
                waiting = None
            else:
                waiting = payload

    def _require(self, holds: bool, rule: str) -> None:
        if not holds:
            raise AssertionError(f"{self._stream.name}: {rule} (after {self.moved} payloads)")


class VideoChecker(ProtocolChecker):
    """Video stream: also ``sof`` and ``eol`` where a frame of ``line`` × ``height`` beats has them.

    ``line`` is in beats: width / ppc. The markers are the payload's two highest bits
    (:class:`opsin.common.video.Beat`). Frames may follow each other.
    """

    def __init__(self, dut: Any, name: str, *, line: int, height: int) -> None:
        self._line = line
        self._height = height
        super().__init__(dut, name)
        self._sof_bit = len(self._stream.payload) - 2

    @property
    def frames(self) -> int:
        """Whole frames that crossed."""
        return self.moved // (self._line * self._height)

    def take(self, payload: int) -> None:
        """Check the markers of a beat."""
        y, x = divmod(self.moved % (self._line * self._height), self._line)
        wanted = {"sof": x == y == 0, "eol": x == self._line - 1}
        for k, (name, value) in enumerate(wanted.items()):
            seen = payload >> (self._sof_bit + k) & 1
            self._require(
                seen == value, f"{name} must be {value:d} at beat {x} of line {y}, not {seen}"
            )
        super().take(payload)
