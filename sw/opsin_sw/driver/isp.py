# SPDX-License-Identifier: MIT
"""Driver of the camera pipeline's registers (docs/isp_registers.md), over any bus."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Protocol

from . import isp_registers as chip
from .isp_statistics import STATISTICS, read_statistics
from .isp_tables import Tables

if TYPE_CHECKING:
    from opsin_sim.golden.isp import IspSettings, Statistics

__all__ = ["Bus", "IspDriver"]


_CHAINS = ("complete", "lite", "first_light", "mini")
_DEMOSAIC = ("directional", "malvar")


class Bus(Protocol):
    """Access to 32-bit words at byte offsets; raises OSError if one is refused."""

    def read(self, offset: int) -> int:
        """Read a word."""
        ...

    def write(self, offset: int, value: int) -> None:
        """Write a word, ``value`` in 0..2^32-1."""
        ...


class IspDriver:
    """Settings, tables, statistics and events of a camera pipeline.

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
        number = self.field("capabilities", "chain")
        if number >= len(_CHAINS):
            raise OSError(f"the chain's number must be in 0..{len(_CHAINS) - 1}, not {number}")
        self.chain = _CHAINS[number]
        self.demosaic = _DEMOSAIC[self.field("capabilities", "demosaic")]
        self.second_width = self.field("capabilities", "second_width")
        self.lean_scalers = bool(self.field("capabilities", "lean_scalers"))
        self.frame_buffer = bool(self.field("capabilities", "frame_buffer"))
        absent = {*chip.ABSENT[number]}
        if not self.frame_buffer:
            absent |= {*chip.ABSENT["frame_buffer"]}
        self.absent = frozenset(absent)
        self._tables = Tables(self)

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

    def raw(self, register: str, word: int) -> None:
        """Write a register of one word, all fields at once."""
        self._bus.write(chip.REGISTERS[register][0], word)

    def field(self, register: str, field: str) -> int:
        """Return one field of a register of one word, unsigned."""
        lsb, width, _ = chip.FIELDS[register, field]
        return self._bus.read(chip.REGISTERS[register][0]) >> lsb & ((1 << width) - 1)

    def configure(self, settings: IspSettings, *, patience: int = 100_000) -> None:
        """Let the frames that begin from now on be developed with ``settings``.

        Of the tables those are loaded that are used, and only what is not there yet.

        Parameters
        ----------
        settings : opsin_sim.golden.isp.IspSettings
            As :mod:`opsin_sw.tuning` makes them.
        patience : int
            How often to ask whether a table may be loaded.

        Raises
        ------
        ValueError
            If they are made for another pipeline, or for longer lines than it has.
        TimeoutError
            If a spare table did not become free: after a change of a table, a frame must begin
            before the next change.
        """
        for name in ("depth", "ppc", "chain", "demosaic", "frame_buffer"):
            given, built = getattr(settings, name), getattr(self, name)
            if given != built:
                raise ValueError(f"{name} must be {built}, not {given!r}")
        widths = {"width": (settings.frame[1], self.max_width)}
        if self.chain == "complete":
            for name, longest in (("output", self.max_width), ("second", self.second_width)):
                output = getattr(settings, name)
                scale = output.scale
                if output.enable and not scale.bypass:
                    kept = self.lean_scalers and (scale.average_y or scale.step_y < 1 << 16)
                    about = " where lines are averaged or added" if kept else ""
                    widths[f"{name}.scale.width_out{about}"] = (
                        scale.width_out,
                        longest // 2 if kept else longest,
                    )
        for name, (width, longest) in widths.items():
            if width > longest:
                raise ValueError(f"{name} must be at most {longest}, not {width!r}")
        self._tables.load(settings, patience=patience)
        for name, words in settings.words().items():
            if name not in self.absent:
                self.write(name, words)
        self.write("commit", 1)

    def statistics(self, settings: IspSettings, *, patience: int = 100_000) -> Statistics:
        """Read what the last frame's statistics are; it was developed with ``settings``.

        Raises
        ------
        OSError
            If the pipeline measures nothing.
        TimeoutError
            If the frame does not end.
        """
        if "statistics_index" in self.absent:
            raise OSError(f"the {self.chain} pipeline has no statistics")
        return read_statistics(self, settings, patience=patience)

    def measured(self) -> dict[str, int]:
        """Return how many frames each block of statistics has measured, modulo 256."""
        return dict(zip(STATISTICS, self.read("statistics_frames"), strict=True))

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
