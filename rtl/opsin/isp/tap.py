# SPDX-License-Identifier: MIT
"""What blocks have in common that look at a stream and let it pass."""

from collections.abc import Mapping
from typing import Any

from amaranth import Module, Signal, Value, unsigned
from amaranth.hdl import ShapeLike
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Member

from ..common.flow import FlowBlock, delayed
from ..common.lone_register import lone_register
from .point import check_depth

__all__ = ["Tap", "Watched"]


class Watched:
    """The first stage of a tap: a beat that passed, and its place. Good where ``valid`` is set.

    ``begins``: it is a frame's first; ``starts``, ``ends``: a line's first, last. These say of
    themselves that a beat is there.
    """

    def __init__(self, depth: int, ppc: int) -> None:
        self.valid = Signal(name="watched_valid")
        self.pixel: Any = Signal(data.ArrayLayout(unsigned(depth), ppc), name="watched_pixel")
        self.begins = Signal(name="watched_begins")
        self.starts = Signal(name="watched_starts")
        self.ends = Signal(name="watched_ends")
        self.column = Signal(name="watched_column")  # first pixel's is odd
        self.line = Signal(16, name="watched_line")


class Tap(FlowBlock):
    """Wires from ``i`` to ``o``, and a register with what passes.

    Parameters
    ----------
    depth : int
        Bits per sample, 8..16.
    ppc : int
        Pixels per beat: 1, 2 or 4.
    settings : mapping of str to ShapeLike
        Ports that hold still for a frame.
    ports : mapping of str to Member
        Any other ports.

    Members
    -------
    i : In(FlowSignature(unsigned(depth), ppc=ppc))
        Raw samples.
    o : Out(FlowSignature(unsigned(depth), ppc=ppc))
        The same.

    Timing
    ------
    ``o`` is ``i``, without a register; what passes is seen inside two cycles later.

    Raises
    ------
    ValueError
        If ``depth`` is outside 8..16 or ``ppc`` not 1, 2 or 4.
    """

    def __init__(
        self,
        *,
        depth: int,
        ppc: int,
        settings: Mapping[str, ShapeLike],
        ports: Mapping[str, Member],
    ) -> None:
        check_depth(depth)
        self.depth = depth
        super().__init__(
            unsigned(depth),
            unsigned(depth),
            ppc=ppc,
            latency=0,
            ports={**{name: In(shape) for name, shape in settings.items()}, **ports},
        )

    def watch(self, m: Module, platform: object) -> tuple[Watched, Any]:
        """Add the wires; return the first stage, and where its settings are.

        Beats before the first ``sof`` are not valid there. Taps side by side see the same: each
        has a register of its own for what steers it, so that this has no long way.
        """
        wiring.connect(m, wiring.flipped(self.i), wiring.flipped(self.o))
        seen = Watched(self.depth, self.ppc)
        running, ended = Signal(), Signal()
        now = {"live": self.i.live, "sof": self.i.live & self.i.p.sof}
        now["eol"] = self.i.live & self.i.p.eol
        live, sof, eol = (lone_register(m, platform, now[name], name=name) for name in now)
        starts = sof | (live & running & ended)
        m.d.sync += [
            Value.cast(seen.pixel).eq(delayed(m, Value.cast(self.i.p.pixel), 1, "pixel")),
            seen.valid.eq(sof | (live & running)),
            seen.begins.eq(sof),
            seen.starts.eq(starts),
            seen.ends.eq(eol & (sof | running)),
        ]
        with m.If(live):
            m.d.sync += [running.eq(running | sof), ended.eq(eol)]
            if self.ppc == 1:
                m.d.sync += seen.column.eq(~(sof | ended) & ~seen.column)
        with m.If(sof):
            m.d.sync += seen.line.eq(0)
        with m.Elif(live & ended):
            m.d.sync += seen.line.eq(seen.line + 1)
        return seen, self
