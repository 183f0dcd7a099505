# SPDX-License-Identifier: MIT
"""What structures of register values have in common."""

from __future__ import annotations

from dataclasses import asdict, field, fields
from typing import Any

__all__ = ["PICTURE_DEPTH", "SAMPLE", "BlockSettings", "reg"]

PICTURE_DEPTH = 10
"""Bits per sample behind the tone curve."""

SAMPLE = 0
"""In place of a number of bits: those of a raw sample, and so many more."""


def reg(bits: int, default: Any = 0, *, signed: bool = False, more: int = 0) -> Any:
    """Return a field of so many bits, or, for :data:`SAMPLE`, of ``depth + more``."""
    return field(default=default, metadata={"bits": bits, "signed": signed, "more": more})


class BlockSettings:
    """What all structures can do."""

    def registers(self) -> dict[str, Any]:
        """Return the values by the names of the ports."""
        return asdict(self)  # type: ignore[call-overload]

    def check(self, name: str, depth: int) -> None:
        """Refuse values that do not fit their registers."""
        for about in fields(self):  # type: ignore[arg-type]
            value = getattr(self, about.name)
            if isinstance(value, BlockSettings):
                value.check(f"{name}.{about.name}", depth)
                continue
            bits = about.metadata["bits"] or depth + about.metadata["more"]
            low = -(1 << (bits - 1)) if about.metadata["signed"] else 0
            for number in _numbers(value):
                if not low <= number < low + (1 << bits):
                    limits = f"{low}..{low + (1 << bits) - 1}"
                    raise ValueError(f"{name}.{about.name} must be in {limits}, not {number!r}")


def _numbers(value: Any) -> list[int]:
    if isinstance(value, int):
        return [value]
    return [number for part in value for number in _numbers(part)]
