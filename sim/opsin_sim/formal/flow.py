# SPDX-License-Identifier: MIT
"""Rules of blocks on a conveyor, which never wait."""

from typing import Any

from amaranth import Module, Signal, Value

from .rules import free, implies, rule

__all__ = ["flow_rules", "slots"]


def slots(m: Module, flow: Any, name: str = "i") -> None:
    """Drive a block's way in with any slots; only a slot that passes carries a beat."""
    pixel = Value.cast(flow.p)
    m.d.comb += [
        flow.step.eq(free(m, 1, f"{name}_step")),
        flow.live.eq(flow.step & free(m, 1, f"{name}_live")),
        pixel.eq(free(m, pixel.shape(), f"{name}_beat")),
    ]


def flow_rules(m: Module, block: Any, *, windows: bool = False) -> None:
    """Every slot leaves ``block.latency`` cycles after it came in, with what it carries.

    With ``windows``, slots only: their beats leave in later ones.
    """
    names = ["step"] if windows else ["step", "live", "sof", "eol"]
    for name in names:
        ends = [Value.cast(getattr(f if name in ("step", "live") else f.p, name))
                for f in (block.i, block.o)]  # fmt: skip
        late: Value = ends[0]
        for stage in range(1, block.latency + 1):
            after = Signal(name=f"{name}_after_{stage}")
            m.d.sync += after.eq(late)
            late = after
        carried = block.o.live if name in ("sof", "eol") else 1
        rule(m, implies(carried, ends[1] == late), f"{name}_on_time")
