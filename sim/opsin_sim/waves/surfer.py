# SPDX-License-Identifier: MIT
"""Command files for Surfer: groups as dividers, states by name.

Surfer has no save format meant to be written by others; it runs its own commands from a file. It
finds tables of names in ``.surfer/mappings`` under the directory it is started in.
"""

import re
from pathlib import Path

from .errors import WaveError
from .groups import Group
from .names import Names
from .reader import Wave
from .signals import Signal

__all__ = ["save_surfer"]

_FORMATS = {"hex": "Hexadecimal", "dec": "Unsigned", "signed": "Signed", "bin": "Binary"}


def save_surfer(wave: Wave, names: Names, groups: list[Group], path: Path) -> None:
    """Write commands that show ``groups`` into ``path``: ``surfer --command-file path wave``.

    The tables of names go to ``.surfer/mappings`` beside it: start Surfer in that directory.

    Raises
    ------
    WaveError
        If it cannot be written.
    """
    writer = _Writer(wave, names, path.parent / ".surfer" / "mappings")
    # Once an item has the focus, each new one is put behind it and takes the focus, and that is
    # what item_set_format acts on. The nameless divider is there to be focused first.
    lines = [f"# Written by opsin waves for {wave.path.name}", "divider_add", "item_focus a"]
    try:
        for group in groups:
            lines += writer.section(group.title, group.clocks)
            for stream in group.streams:
                lines += writer.section(stream.path, stream.rows)
            other = f"{group.title} other" if group.streams else ""
            lines += writer.section(other, group.signals)
        path.write_text("\n".join([*lines, "item_unfocus", "zoom_fit", ""]))
    except OSError as error:
        raise WaveError(f"{path}: {error.strerror}") from None


class _Writer:
    """Commands for signals, and the tables they refer to."""

    def __init__(self, wave: Wave, names: Names, mappings: Path) -> None:
        self._signals = {signal.path: signal for signal in wave.signals}
        self._names, self._mappings = names, mappings

    def section(self, title: str, signals: tuple[Signal, ...]) -> list[str]:
        """Divider with ``title``, which Surfer wants to be one word, and ``signals``."""
        wholes = dict.fromkeys(whole for s in signals if (whole := self._whole(s)) is not None)
        lines = ["divider_add " + re.sub(r"\W", "_", title)] if title and wholes else []
        for signal in wholes:
            lines.append(f"variable_add {'.'.join((*signal.viewer_scope, signal.viewer_name))}")
            if table := self._names.table(signal):
                lines.append(f"item_set_format {self._mapping(signal, table)}")
            elif signal.width > 1 and self._names.radix != "hex":
                lines.append(f"item_set_format {_FORMATS[self._names.radix]}")
        return lines

    def _whole(self, signal: Signal) -> Signal | None:
        """Structure that ``signal`` is a field of: Surfer takes a dot for a step into a module."""
        return self._signals.get(".".join((*signal.scope, signal.root)))

    def _mapping(self, signal: Signal, table: dict[int, str]) -> str:
        """Write ``table`` as a mapping and return its name."""
        for directory in (self._mappings.parent, self._mappings):
            directory.mkdir(exist_ok=True)
        name = "opsin_" + re.sub(r"\W", "_", signal.path)
        lines = [f"Name = {name}", f"Bits = {signal.width}"]
        lines += [f"0b{value:0{signal.width}b} {text}" for value, text in sorted(table.items())]
        (self._mappings / f"{name}.txt").write_text("\n".join([*lines, ""]))
        return name
