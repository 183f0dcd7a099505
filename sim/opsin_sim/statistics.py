# SPDX-License-Identifier: MIT
"""Frames through a block that measures them, and its results, for tests."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from amaranth import Module, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import Flow, In, Out
from numpy.typing import NDArray

from opsin.common.flow import FlowBlock
from opsin.common.video import VideoSignature

from .harness import Model
from .video import to_beats

__all__ = ["Tapped", "measure", "read_results"]

SETTLED = 20
"""Cycles from a frame's last beat until its results are complete."""

RESULT = 18
"""Bits of a result."""


class Tapped(wiring.Component):
    """A tap on a stream: ``o`` is ``i``, and what passes goes through the tap as well.

    All other ports are the tap's own, settings included: they must hold still for a frame.
    """

    def __init__(self, tap: FlowBlock) -> None:
        self._tap = tap
        video = VideoSignature(tap.pixel_in, ppc=tap.ppc)
        members = tap.signature.members.items()
        self._ports = {name: member for name, member in members if name not in ("i", "o")}
        super().__init__({"i": In(video), "o": Out(video), **self._ports})

    def elaborate(self, platform: object) -> Module:
        """Elaborate."""
        m = Module()
        m.submodules.tap = tap = self._tap
        streams: Any = self
        wiring.connect(m, wiring.flipped(streams.i), wiring.flipped(streams.o))
        passes = streams.i.valid & streams.o.ready
        m.d.comb += [tap.i.step.eq(passes), tap.i.live.eq(passes), tap.i.p.eq(streams.i.p)]
        for name, member in self._ports.items():
            own, inner = (Value.cast(getattr(place, name)) for place in (self, tap))
            m.d.comb += inner.eq(own) if member.flow is Flow.In else own.eq(inner)
        return m


def measure(
    model: Model,
    frame: NDArray[Any],
    settings: Mapping[str, Any],
    *,
    depth: int,
    ppc: int,
    beats: int | None = None,
    **pauses: Any,
) -> bool:
    """Send a frame, or its first ``beats``; return whether it passed unchanged."""
    for name, value in {**settings, "height": frame.shape[0]}.items():
        model.set(name, value)
    model.run(cycles=3)  # settings hold still from 3 cycles before a frame, see FlowBlock
    sent = to_beats(frame, depth, ppc)[:beats]
    run = model.run(sources={"i": sent}, sinks={"o": len(sent)}, **pauses)
    model.run(cycles=SETTLED)
    return np.array_equal(run.outputs["o"], sent)


def read_results(
    model: Model, port: str, fields: Sequence[str], indices: Iterable[int]
) -> dict[str, NDArray[np.int64]]:
    """Return the fields of ``port``, of 18 bits each, at each index."""
    words = []
    for index in indices:
        model.set("index", index)
        model.run(cycles=3)
        words.append(model.get(port))
    return {
        name: np.array([word >> RESULT * k & (1 << RESULT) - 1 for word in words], dtype=np.int64)
        for k, name in enumerate(fields)
    }
