# SPDX-License-Identifier: MIT
"""Tables as the pipeline's ports take them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from amaranth.lib import wiring
from numpy.typing import NDArray

from ..golden.isp import IspSettings
from ..harness import pack
from .registers import BANKED, settings_bits

__all__ = ["Loading", "TableLoader"]


@dataclass(frozen=True)
class Loading:
    """What to do before a frame: set the port ``settings``, write tables, set ``settings``.

    ``at_rest``: one of them is used by every frame; the frame before must have left.
    """

    before: int
    writes: dict[str, NDArray[Any]]
    settings: int
    at_rest: bool


class TableLoader:
    """Keep track of what the pipeline's memories hold, so that only what changes is written.

    Tables that are there twice are written where no frame uses them.

    Parameters
    ----------
    top : wiring.Component
        The pipeline.
    """

    def __init__(self, top: wiring.Component) -> None:
        members = top.signature.members
        self._shapes = {
            name: members[name].signature.members["payload"].shape
            for name in (*BANKED, "defect", "overlay")
            if name in members
        }
        self.forget()

    def forget(self) -> None:
        """After a reset."""
        self._held: dict[tuple[str, int], bytes] = {}
        self._used = dict.fromkeys(BANKED, 0)
        self._next = dict(self._used)

    def began(self) -> None:
        """Note that a frame began with what was loaded last."""
        self._used = dict(self._next)

    def load(self, settings: IspSettings) -> Loading:
        """Return what is to be done before a frame with ``settings``."""
        fields, names = settings.writes(), needed(settings)
        wanted = {
            name: pack(shape, fields[name]) for name, shape in self._shapes.items() if name in names
        }
        writes = {}
        self._next = dict(self._used)
        for name, packed in wanted.items():
            text = packed.tobytes()
            used = self._used.get(name, 0)
            if self._held.get((name, used)) == text:
                continue
            place = 1 - used if name in BANKED else 0
            if name in BANKED:
                self._next[name] = place
            if self._held.get((name, place)) != text:
                writes[name] = packed
                self._held[name, place] = text
        return Loading(
            before=settings_bits(settings, banks=self._used),
            writes=writes,
            settings=settings_bits(settings, banks=self._next),
            at_rest=bool(writes.keys() - BANKED.keys()),
        )


def needed(settings: IspSettings) -> set[str]:
    """Return the ports of the tables that a frame with ``settings`` uses."""
    names = {name for name in ("decompand", "shading", "overlay") if settings.active(name)}
    if settings.active("defect") and len(settings.tables.defects):
        names.add("defect")
    for name in ("output", "second"):
        output = getattr(settings, name)
        if output.enable and not output.scale.bypass:
            names.add(f"{name}_scale")
    return {"curve", *names}
