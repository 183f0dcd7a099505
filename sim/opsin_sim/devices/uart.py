# SPDX-License-Identifier: MIT
"""What sits at the other end of a serial line."""

from collections.abc import Iterable

__all__ = ["UartReceiver"]


class UartReceiver:
    """Decode 8N1 from the line's level, given once per clock cycle.

    Samples each bit in its middle, as a receiver with its own clock does. A stop bit that is not
    high or a start bit that does not last is an error; nothing is guessed.

    Parameters
    ----------
    divisor : int
        Clock cycles per bit.

    Attributes
    ----------
    received : bytearray
        Bytes so far.
    """

    def __init__(self, *, divisor: int) -> None:
        if divisor < 2:
            raise ValueError(f"divisor must be at least 2, not {divisor!r}")
        self.divisor = divisor
        self.received = bytearray()
        self._bits: list[int] = []
        self._inside = False  # a byte
        self._wait = 0  # cycles to the next sample of it

    def sample(self, level: int) -> None:
        """Take the line's level in one clock cycle."""
        if not self._inside:
            if level:
                return
            self._inside, self._wait, self._bits = True, self.divisor // 2, []
        if self._wait:
            self._wait -= 1
        else:
            self._take(level)

    def feed(self, levels: Iterable[int]) -> None:
        """Take the levels of consecutive cycles."""
        for level in levels:
            self.sample(level)

    def _take(self, level: int) -> None:
        self._wait = self.divisor - 1
        self._bits.append(level)
        if len(self._bits) == 1 and level:
            raise ValueError("start bit must be 0 for half a bit, not 1")
        if len(self._bits) == 10:
            if not level:
                raise ValueError(f"stop bit must be 1, not 0 (after {bytes(self.received)!r})")
            self.received.append(sum(bit << k for k, bit in enumerate(self._bits[1:9])))
            self._inside = False

    def lines(self) -> list[str]:
        """Return the complete lines received, without their ends."""
        return [line.decode("ascii") for line in bytes(self.received).split(b"\r\n")[:-1]]
