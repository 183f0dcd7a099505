# SPDX-License-Identifier: MIT
"""Rules of blocks on a conveyor, which never wait."""

from types import SimpleNamespace
from typing import Any

from amaranth import Const, Module, Signal, Value

from .rules import free, implies, rule

__all__ = ["as_stream", "flow_rules", "opened", "slots"]


def slots(m: Module, flow: Any, name: str = "i") -> None:
    """Drive a block's way in with any slots; only a slot that passes carries a beat."""
    pixel = Value.cast(flow.p)
    m.d.comb += [
        flow.step.eq(free(m, 1, f"{name}_step")),
        flow.live.eq(flow.step & free(m, 1, f"{name}_live")),
        pixel.eq(free(m, pixel.shape(), f"{name}_beat")),
    ]


def flow_rules(m: Module, block: Any, name: str, *, windows: bool = False) -> None:
    """Every slot leaves ``block.latency`` cycles after it came in, with what it carries.

    With ``windows``, slots only: their beats leave in later ones.
    """
    ends = [(f.step, f.live, f.p.sof, f.p.eol) for f in (block.i, block.o)]
    for kind, came, leaves in zip(("step", "live", "sof", "eol"), *ends, strict=True):
        if windows and kind != "step":
            continue
        late = came
        for stage in range(1, block.latency + 1):
            after = Signal(name=f"{name}_{kind}_{stage}")
            m.d.sync += after.eq(late)
            late = after
        carried = block.o.live if kind in ("sof", "eol") else 1
        rule(m, implies(carried, leaves == late), f"{name}_{kind}_on_time")


def as_stream(flow: Any) -> Any:
    """View slots as a stream that is always ready, for rules of frames."""
    return SimpleNamespace(valid=flow.live, ready=Const(1), p=flow.p)


def opened(component: Any) -> Module:
    """Elaborate a component once and for all, so that a proof can look at what is inside."""
    inside: Module = component.elaborate(None)
    component.elaborate = lambda platform: inside
    return inside
