# SPDX-License-Identifier: MIT
"""What the ports of the conveyor's blocks are connected to in the pipeline."""

from typing import Any

from amaranth import C, Module, Signal, Value
from amaranth.lib.wiring import Flow, Member

from ..common.flow import FlowBlock

__all__ = ["connect_block", "outside"]

# Where the settings of a block are not in a structure of its name, or have other names there.
_PLACES: dict[str, dict[str, tuple[str, ...]]] = {
    "black": {"black": ("black",)},
    "gain": {"gain": ("gain",)},
    "ccm": {"ccm": ("ccm",), "offset": ("offset",)},
    "curve": {"bank": ("curve_bank",)},
    "demosaic": {},
    "overlay": {"columns": ("overlay", "width"), "lines": ("overlay", "height")},
}
_OF_FRAME = ("width", "height", "phase")
_LIVE = ("hold", "index")  # inputs of statistics that are no settings


def outside(name: str, block: FlowBlock) -> dict[str, Member]:
    """Return the ports of a block's statistics that the pipeline has too."""
    return {
        f"{name}_{port}": member
        for port, member in _others(block).items()
        if member.flow is Flow.Out or port in _LIVE
    }


def connect_block(
    m: Module, top: Any, name: str, block: FlowBlock, *, frame: Any, entry: Any
) -> None:
    """Connect all ports of a block but the video.

    ``top`` is the pipeline, ``frame`` the settings of the frame under way, and ``entry`` knows its
    size and phase.
    """
    for port, member in _others(block).items():
        inner = getattr(block, port)
        if port in _OF_FRAME:
            m.d.comb += inner.eq(getattr(entry, f"frame_{port}"))
        elif port == "write":
            used, wanted = (_bank(name, block, settings) for settings in (frame, top.settings))
            _connect_table(m, getattr(top, name), inner, settled=used == wanted)
        elif member.flow is Flow.Out:
            m.d.comb += getattr(top, f"{name}_{port}").eq(inner)
        elif port in _LIVE:
            m.d.comb += inner.eq(getattr(top, f"{name}_{port}"))
        else:
            place = _PLACES.get(name, {}).get(port, (name, port))
            if place[0] in frame.shape().members:  # else it stays 0
                m.d.comb += inner.eq(_at(frame, place))


def _connect_table(m: Module, own: Any, inner: Any, *, settled: Value) -> None:
    """Let writes through when they go to a table that no frame uses."""
    may = Signal()
    m.d.comb += [
        may.eq(settled),
        inner.p.eq(own.p),
        inner.valid.eq(own.valid & may),
        own.ready.eq(inner.ready & may),
    ]


def _bank(name: str, block: FlowBlock, settings: Any) -> Value:
    """Return the table that these settings name; 0 if there is but one."""
    if not hasattr(block, "bank"):
        return C(0)
    found: Value = _at(settings, _PLACES.get(name, {}).get("bank", (name, "bank")))
    return found


def _at(settings: Any, place: tuple[str, ...]) -> Any:
    for step in place:
        settings = settings[step]
    return settings


def _others(block: FlowBlock) -> dict[str, Member]:
    """Ports of a block that are not video."""
    members = block.signature.members
    return {name: member for name, member in members.items() if name not in ("i", "o")}
