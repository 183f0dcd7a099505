# SPDX-License-Identifier: MIT
"""What blocks have in common that look at a stream and let it pass."""

from collections.abc import Mapping
from typing import Any

from amaranth import Module, Mux, Signal, unsigned
from amaranth.hdl import ShapeLike
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Member, Out

from ..common.shadow import Shadow
from ..common.video import Beat, VideoSignature
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


class Tap(wiring.Component):
    """Wires from ``i`` to ``o``, and a register with what passes.

    Parameters
    ----------
    depth : int
        Bits per sample, 8..16.
    ppc : int
        Pixels per beat: 1, 2 or 4.
    settings : mapping of str to ShapeLike
        Ports that are sampled with ``sof``.
    ports : mapping of str to Member
        Any other ports.

    Members
    -------
    i : In(VideoSignature(unsigned(depth), ppc=ppc))
        Raw samples.
    o : Out(VideoSignature(unsigned(depth), ppc=ppc))
        The same.

    Timing
    ------
    ``o`` is ``i`` and ``i.ready`` is ``o.ready``, without a register; what passes is seen inside
    one cycle later.

    Raises
    ------
    ValueError
        If ``depth`` is outside 8..16 or ``ppc`` not 1, 2 or 4.
    """

    i: stream.Interface
    o: stream.Interface

    def __init__(
        self,
        *,
        depth: int,
        ppc: int,
        settings: Mapping[str, ShapeLike],
        ports: Mapping[str, Member],
    ) -> None:
        check_depth(depth)
        if ppc not in (1, 2, 4):
            raise ValueError(f"ppc must be 1, 2 or 4, not {ppc!r}")
        self.depth, self.ppc = depth, ppc
        self._settings = dict(settings)
        super().__init__(
            {
                "i": In(VideoSignature(unsigned(depth), ppc=ppc)),
                "o": Out(VideoSignature(unsigned(depth), ppc=ppc)),
                **{name: In(shape) for name, shape in settings.items()},
                **ports,
            }
        )

    def watch(self, m: Module) -> tuple[Watched, Any]:
        """Add the wires; return the first stage and the settings that belong to it.

        Beats before the first ``sof`` are not valid there.
        """
        passes = Signal()
        m.d.comb += [
            self.o.p.eq(self.i.p),
            self.o.valid.eq(self.i.valid),
            self.i.ready.eq(self.o.ready),
            passes.eq(self.i.valid & self.o.ready),
        ]
        m.submodules.settings = settings = Shadow(data.StructLayout(self._settings))
        m.d.comb += settings.take.eq(passes & self.i.p.sof)
        for name in self._settings:
            m.d.comb += settings.i[name].eq(getattr(self, name))

        seen = Watched(self.depth, self.ppc)
        running, ended = Signal(), Signal()
        starts = self.i.p.sof | ended
        m.d.sync += seen.valid.eq(passes & (self.i.p.sof | running))
        with m.If(passes):
            m.d.sync += [
                running.eq(running | self.i.p.sof),
                ended.eq(self.i.p.eol),
                seen.beat.eq(self.i.p),
                seen.starts.eq(starts),
                seen.column.eq(Mux(starts, 0, ~seen.column) if self.ppc == 1 else 0),
                seen.line.eq(Mux(self.i.p.sof, 0, seen.line + ended)),
            ]
        return seen, settings.o
