# SPDX-License-Identifier: MIT
"""How values are written: names of enumerations and states where they are known, else numbers.

``FILE.fst.json`` beside ``FILE.fst`` gives the names::

    {"format": 1, "top": "dut", "signals": {"dut.sub.state": {"0": "IDLE", "1": "RUN"}}}
"""

import json
import re
from pathlib import Path

from .errors import WaveError
from .signals import Signal, Value

__all__ = ["RADIXES", "Names"]

RADIXES = ("hex", "dec", "signed", "bin")


class Names:
    """Names of the values of signals; ``radix`` is how all other numbers are written."""

    def __init__(
        self,
        tables: dict[str, dict[int, str]] | None = None,
        *,
        top: str = "dut",
        radix: str = "hex",
    ) -> None:
        if radix not in RADIXES:
            raise WaveError(f"radix must be one of {', '.join(RADIXES)}, not {radix!r}")
        self.tables = tables or {}
        self.top = top
        self.radix = radix
        self._found: dict[tuple[tuple[str, ...], str], dict[int, str] | None] = {}

    @classmethod
    def beside(cls, wave: Path, radix: str = "hex") -> "Names":
        """Names from the JSON file beside ``wave``; none if there is no such file."""
        path = wave.with_name(wave.name + ".json")
        if not path.is_file():
            return cls(radix=radix)
        try:
            content = json.loads(path.read_text())
            if content["format"] != 1:
                raise ValueError
            top = str(content["top"])
            tables = {
                path.removeprefix(f"{top}."): {int(k): str(v) for k, v in table.items()}
                for path, table in content["signals"].items()
            }
        except (ValueError, KeyError, TypeError, AttributeError):
            raise WaveError(f"{path}: not a table of value names (format 1)") from None
        return cls(tables, top=top, radix=radix)

    def table(self, signal: Signal) -> dict[int, str] | None:
        """Names of the values of ``signal``, if it has any."""
        key = signal.scope, signal.name
        if key not in self._found:
            scope = signal.scope
            below = scope[scope.index(self.top) + 1 if self.top in scope else 1 :]
            self._found[key] = self.tables.get(".".join((*below, signal.name)))
        return self._found[key]

    def text(self, signal: Signal, value: Value) -> str:
        """``value`` as it is to be shown."""
        if isinstance(value, str):
            if signal.width:
                return _unknown(value, self.radix)
            return re.sub(r"/\d+$", "", value)  # Amaranth's simulator writes states as "RUN/1"
        if isinstance(value, float):
            return f"{value:g}"
        table = self.table(signal)
        if table is not None and value in table:
            return table[value]
        if self.radix == "bin":
            return f"{value:0{signal.width}b}"
        if self.radix == "hex" and signal.width > 1:
            digits = f"{value:0{-(-signal.width // 4)}x}"
            return digits if len(digits) <= 24 else f"{digits[:8]}…{digits[-8:]}"
        if self.radix == "signed" and value >> (signal.width - 1) and signal.width > 1:
            value -= 1 << signal.width
        return str(value)

    def short(self, signal: Signal, value: Value) -> str:
        """Return ``value`` without leading zeros, if it is a number."""
        text = self.text(signal, value)
        if not isinstance(value, int) or (self.table(signal) or {}).get(value) == text:
            return text
        return text.lstrip("0") or "0"


def _unknown(bits: str, radix: str) -> str:
    """Bits of which some are unknown: ``x`` or ``z`` if all are, else digit by digit."""
    if len(set(bits)) == 1:
        return bits[0].upper()
    if radix == "bin":
        return bits
    bits = bits.rjust(-(-len(bits) // 4) * 4, "0")
    digits = [bits[k : k + 4] for k in range(0, len(bits), 4)]
    return "".join(f"{int(d, 2):x}" if set(d) <= {"0", "1"} else "X" for d in digits)
