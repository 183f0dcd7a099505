# SPDX-License-Identifier: MIT
"""Driver of the neural processor's registers (docs/npu_registers.md), over any bus."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from opsin.npu.counters import COUNTERS
from opsin.npu.isa import Error

from . import npu_registers as chip

if TYPE_CHECKING:
    from .isp import Bus

__all__ = ["NpuDriver", "NpuResult"]

_MODULO = 1 << 32


@dataclass(frozen=True)
class NpuResult:
    """How a job ended, at which descriptor, and what memory refused, else that one's address."""

    error: Error
    index: int
    address: int


class NpuDriver:
    """Jobs of a neural processor.

    Parameters
    ----------
    bus : opsin_sw.driver.isp.Bus
        Where its registers are.

    Raises
    ------
    OSError
        If there is no neural processor, or one of another generation.
    """

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        if (found := self._read("id")) != chip.ID:
            raise OSError(f"the neural processor's ID must be {chip.ID:#010x}, not {found:#010x}")
        major = self._read("version", "major")
        if major != chip.MAP_VERSION[0]:
            raise OSError(f"the register map's version must be {chip.MAP_VERSION[0]}, not {major}")
        self.size = self._read("config", "size")
        self.lanes = self._read("config", "lanes")
        self.banks = self._read("config", "banks")
        self.scratchpad_words = self._read("scratchpad_words")
        self.accumulator_rows = self._read("accumulator_rows")

    def start(
        self, entry: int, *, begin: int = 0, end: int = _MODULO, watchdog: int | None = None
    ) -> None:
        """Start the job at address ``entry``, which may use bytes ``begin`` to before ``end``.

        ``watchdog``: cycles without any activity that end it; 0: none do; None: as set before.

        Raises
        ------
        OSError
            If a job is running.
        ValueError
            If an address is out of range.
        """
        if not 0 <= begin < end <= _MODULO:
            raise ValueError(f"memory must lie in 0..2^32, not {begin!r}..{end!r}")
        if not 0 <= entry < _MODULO:
            raise ValueError(f"entry must be in 0..2^32-1, not {entry!r}")
        values = {"entry": entry, "memory_begin": begin, "memory_end": end % _MODULO}
        if watchdog is not None:
            values["watchdog"] = watchdog
        for name, value in values.items():
            self._write(name, value)
        self._write("events", 0b11)
        self._write("start", 1)

    def stop(self) -> None:
        """End the job that is running, if one is."""
        self._write("stop", 1)

    @property
    def running(self) -> bool:
        """A job is running."""
        return bool(self._read("status", "running"))

    def result(self) -> NpuResult:
        """Return how the last job ended."""
        return NpuResult(
            Error(self._read("error")), self._read("error_index"), self._read("error_address")
        )

    def wait(self, timeout: float = 10.0) -> NpuResult:
        """Wait for the job's end.

        Raises
        ------
        TimeoutError
            If it has not ended after ``timeout`` seconds.
        """
        end = time.monotonic() + timeout
        while self.running:
            if time.monotonic() > end:
                raise TimeoutError(f"the job has not ended after {timeout:g} s")
        return self.result()

    def enable_interrupt(self, *, done: bool = False, failed: bool = False) -> None:
        """Let the ends of jobs, or those with errors, raise the interrupt."""
        self._write("interrupt_enable", done | failed << 1)

    def clear_events(self) -> None:
        """Take the interrupt back."""
        self._write("events", 0b11)

    def counters(self) -> dict[str, int]:
        """Read all counters; whole 70 cycles after a job's end."""
        values = {}
        for number, name in enumerate(COUNTERS):
            self._write("counter", number)
            values[name] = self._read("count")
        return values

    def _read(self, register: str, field: str = "value") -> int:
        lsb, width, _ = chip.FIELDS[register, field]
        return self._bus.read(chip.REGISTERS[register][0]) >> lsb & ((1 << width) - 1)

    def _write(self, register: str, value: int) -> None:
        self._bus.write(chip.REGISTERS[register][0], value)
