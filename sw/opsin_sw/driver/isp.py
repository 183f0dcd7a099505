# SPDX-License-Identifier: MIT
"""Driver of the camera pipeline's registers (docs/isp_registers.md), over any bus."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from . import isp_registers as chip

if TYPE_CHECKING:
    from opsin_sim.golden.isp import IspSettings

__all__ = ["Bus", "IspDriver"]


class Bus(Protocol):
    """Access to 32-bit words at byte offsets; raises OSError if one is refused."""

    def read(self, offset: int) -> int:
        """Read a word."""
        ...

    def write(self, offset: int, value: int) -> None:
        """Write a word, ``value`` in 0..2^32-1."""
        ...


class IspDriver:
    """Settings, tone curve, events of a camera pipeline.

    Parameters
    ----------
    bus : Bus
        Where its registers are.

    Raises
    ------
    OSError
        If there is no camera pipeline, or one of another generation.
    """

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        if (found := self.read("id")[0]) != chip.ID:
            raise OSError(f"the camera pipeline's ID must be {chip.ID:#010x}, not {found:#010x}")
        major = self.field("version", "major")
        if major != chip.MAP_VERSION[0]:
            raise OSError(f"the register map's version must be {chip.MAP_VERSION[0]}, not {major}")
        self.depth = self.field("config", "depth")
        self.ppc = self.field("config", "ppc")
        self.max_width = self.field("config", "max_width")
        self._curve: NDArray[np.uint16] | None = None

    def read(self, register: str) -> list[int]:
        """Return the words of a register; signed values come signed."""
        offset, count = chip.REGISTERS[register]
        words = [self._bus.read(offset + 4 * k) for k in range(count)]
        signed = chip.FIELDS.get((register, "value"), (0, 0, False))[2]
        return [word - (word >> 31 << 32) if signed else word for word in words]

    def write(self, register: str, values: int | Sequence[int]) -> None:
        """Write all words of a register.

        Raises
        ------
        ValueError
            If their number differs, or a value does not fit the register's only field.
        """
        offset, count = chip.REGISTERS[register]
        words = [values] if isinstance(values, int) else list(values)
        if len(words) != count:
            raise ValueError(f"{register} must be {count} numbers, not {len(words)}")
        fields = [place for (name, _), place in chip.FIELDS.items() if name == register]
        lsb, width, signed = fields[0] if len(fields) == 1 else (0, 32, False)
        low = -(1 << (width - 1)) if signed else 0
        for value in words:
            if not low <= value < low + (1 << width):
                limits = f"{low}..{low + (1 << width) - 1}"
                raise ValueError(f"{register} must be in {limits}, not {value!r}")
        for k, value in enumerate(words):
            self._bus.write(offset + 4 * k, (value << lsb) & 0xFFFF_FFFF)

    def field(self, register: str, field: str) -> int:
        """Return one field of a register of one word, unsigned."""
        lsb, width, _ = chip.FIELDS[register, field]
        return self._bus.read(chip.REGISTERS[register][0]) >> lsb & ((1 << width) - 1)

    def configure(self, settings: IspSettings, *, patience: int = 100_000) -> None:
        """Let the frames that begin from now on be developed with ``settings``.

        The tone curve is loaded only if it is another one than the driver loaded last.

        Parameters
        ----------
        settings : opsin_sim.golden.isp.IspSettings
            As :mod:`opsin_sw.tuning` makes them.
        patience : int
            How often to ask whether the tone curve may be loaded.

        Raises
        ------
        ValueError
            If they are made for another depth, or longer lines than the hardware has.
        TimeoutError
            If the tone curve's spare table did not become free: after a change of the curve, a
            frame must begin and reach the last block before the next change.
        """
        if settings.depth != self.depth:
            raise ValueError(f"depth must be {self.depth}, not {settings.depth!r}")
        if settings.width > self.max_width or settings.width % self.ppc:
            limits = f"a multiple of {self.ppc} up to {self.max_width}"
            raise ValueError(f"width must be {limits}, not {settings.width!r}")
        if self._curve is None or not np.array_equal(self._curve, settings.curve):
            self._load(settings.curve, patience)
            self.write("curve_bank", 1 - self.read("curve_bank")[0])
            self._curve = settings.curve.copy()
        for name, words in settings.words().items():
            self.write(name, words)
        self.write("commit", 1)

    def _load(self, points: NDArray[np.uint16], patience: int) -> None:
        while not self.field("status", "curve_ready"):
            patience -= 1
            if patience < 0:
                raise TimeoutError("the tone curve's spare table is in use: no frame has come")
        index, colors = (chip.FIELDS["curve_start", name][0] for name in ("index", "colors"))
        curves = {7: points} if points.ndim == 1 else {1 << k: points[k] for k in range(3)}
        for color, curve in curves.items():
            for k, (start, end) in enumerate(pairwise(curve.tolist())):
                self.write("curve_start", color << colors | k << index | start)
                self.write("curve_slope", end - start)

    @property
    def pending(self) -> bool:
        """Whether committed settings still wait for a frame."""
        return bool(self.field("status", "pending"))

    def events(self, *, clear: bool = True) -> set[str]:
        """Return what happened since it was last cleared, and clear that."""
        word = self.read("events")[0]
        if clear:
            self.write("events", word)
        return {name for name, bit in _events() if word & bit}

    def enable_interrupts(self, events: Iterable[str]) -> None:
        """Let these events, and no others, raise the interrupt."""
        bits = dict(_events())
        self.write("interrupt_enable", sum(bits[name] for name in set(events)))


def _events() -> list[tuple[str, int]]:
    return [(f, 1 << at[0]) for (register, f), at in chip.FIELDS.items() if register == "events"]
