# SPDX-License-Identifier: MIT
"""What blocks have in common that look at a stream and let it pass."""

from collections.abc import Mapping
from typing import Any

from amaranth import Module, Mux, Signal, unsigned
from amaranth.hdl import ShapeLike
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Member

from ..common.flow import FlowBlock
from ..common.video import Beat
from .point import check_depth

__all__ = ["Tap", "Watched"]


class Watched:
    """The first stage of a tap: a beat that passed, and its place. Good where ``valid`` is set."""

    def __init__(self, depth: int, ppc: int) -> None:
        self.valid = Signal(name="watched_valid")
        self.beat: Any = Signal(Beat(unsigned(depth), ppc=ppc), name="watched_beat")
        self.starts = Signal(name="watched_starts")  # first beat of a line
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
    ``o`` is ``i``, without a register; what passes is seen inside one cycle later.

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

    def watch(self, m: Module) -> tuple[Watched, Any]:
        """Add the wires; return the first stage, and where its settings are.

        Beats before the first ``sof`` are not valid there.
        """
        wiring.connect(m, wiring.flipped(self.i), wiring.flipped(self.o))
        seen = Watched(self.depth, self.ppc)
        running, ended = Signal(), Signal()
        starts = self.i.p.sof | ended
        m.d.sync += [
            seen.valid.eq(self.i.live & (self.i.p.sof | running)),
            seen.beat.eq(self.i.p),
            seen.starts.eq(starts),
        ]
        with m.If(self.i.live):
            m.d.sync += [
                running.eq(running | self.i.p.sof),
                ended.eq(self.i.p.eol),
                seen.column.eq(Mux(starts, 0, ~seen.column) if self.ppc == 1 else 0),
                seen.line.eq(Mux(self.i.p.sof, 0, seen.line + ended)),
            ]
        return seen, self
