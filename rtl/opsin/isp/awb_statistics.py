# SPDX-License-Identifier: MIT
"""Statistics for white balance."""

from typing import Any

from amaranth import Module, Mux, Signal, Value, unsigned
from amaranth.lib import data
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out

from ..common.video import BayerPhase
from .quads import Quads, quads
from .tap import Tap

__all__ = ["AwbStatistics", "AwbZone"]


class AwbZone(data.StructLayout):
    """Sums of the accepted quads of a zone, and how many they are. ``green`` sums both greens."""

    def __init__(self) -> None:
        wide = unsigned(32)
        super().__init__({"red": wide, "green": wide, "blue": wide, "quads": unsigned(24)})


class AwbStatistics(Tap):
    """Sum the colours of up to 32 × 32 zones of the raw frame.

    Counted are 2 × 2 quads, from the frame's corner, of which all four samples lie in
    ``dark .. saturation``. Results of the frame before stand in one bank while the other fills.
    Sums are exact up to ``2**(31 - depth)`` quads in a zone and wrap beyond.

    Frames must be complete, as behind the frame guard. A frame with fewer than ``height`` lines is
    left out.

    Parameters
    ----------
    depth : int
        Bits per sample, 8..16.
    ppc : int
        Pixels per beat: 1, 2 or 4.
    max_width : int
        Longest line.

    Members
    -------
    i : In(VideoSignature(unsigned(depth), ppc=ppc))
        Raw samples; lines of at least ``4 * ppc`` pixels.
    o : Out(VideoSignature(unsigned(depth), ppc=ppc))
        The same, at once.
    height : In(unsigned(16))
        Lines of a frame: with the last the banks swap; sampled with ``sof``.
    phase : In(BayerPhase)
        Colour filter of the first pixel; sampled with ``sof``.
    zone_width, zone_height : In(unsigned(16))
        Pixels of a zone, cut down to whole quads and beats; 0: as large as the frame; sampled
        with ``sof``. Zones beyond 32 are not counted.
    dark, saturation : In(unsigned(depth))
        Lowest and highest sample that is accepted; sampled with ``sof``.
    hold : In(1)
        Keep the results: a frame that ends now is left out.
    index : In(unsigned(10))
        Zone to read, ``row * 32 + column``.
    zone : Out(AwbZone())
        Its sums; 0 if the frame had no such zone. Meaningless while ``frame`` is 0.
    frame : Out(unsigned(16))
        Frames whose results have come; wraps from 65535 to 1.

    Timing
    ------
    ``o`` and ``i.ready`` are wires. Results swap 8 cycles after the last beat. ``zone`` follows
    ``index`` after 2 cycles.

    Raises
    ------
    ValueError
        If ``depth`` is outside 8..16, ``ppc`` not 1, 2 or 4 or ``max_width`` not a multiple of it
        from ``4 * ppc``.

    References
    ----------
    Golden model: :func:`opsin_sim.golden.isp.awb_statistics`.
    """

    height: Value
    phase: Any
    zone_width: Value
    zone_height: Value
    dark: Value
    saturation: Value
    hold: Value
    index: Value
    zone: Any
    frame: Value

    def __init__(self, *, depth: int, max_width: int, ppc: int = 1) -> None:
        super().__init__(
            depth=depth,
            ppc=ppc,
            settings={
                "height": unsigned(16),
                "phase": BayerPhase,
                "zone_width": unsigned(16),
                "zone_height": unsigned(16),
                "dark": unsigned(depth),
                "saturation": unsigned(depth),
            },
            ports={
                "hold": In(1),
                "index": In(unsigned(10)),
                "zone": Out(AwbZone()),
                "frame": Out(unsigned(16)),
            },
        )
        if max_width < 4 * ppc or max_width % ppc:
            raise ValueError(
                f"max_width must be a multiple of ppc = {ppc} from {4 * ppc}, not {max_width!r}"
            )
        self.max_width = max_width

    def elaborate(self, platform: object) -> Module:
        m = Module()
        seen, use = self.watch(m)
        quad = quads(m, seen, use, depth=self.depth, max_width=self.max_width)
        self._accumulate(m, quad)
        return m

    def _accumulate(self, m: Module, quad: Quads) -> None:
        """Sum a line's part of a zone in registers, then add it to the zone's word."""
        bank = Signal()  # the one that fills
        reads, writes = [], []
        for k in range(2):
            m.submodules[f"bank_{k}"] = memory = Memory(shape=AwbZone(), depth=1024, init=[])
            reads.append(memory.read_port())
            writes.append(memory.write_port())

        # Stage 5: the part so far. Its zone's word is being read.
        part: Any = Signal(AwbZone())
        for name in ("red", "green", "blue", "quads"):
            so_far = Mux(quad.first, 0, part[name])
            with m.If(quad.valid):
                m.d.sync += part[name].eq(so_far + quad.sums[name])
        for k, port in enumerate(reads):
            m.d.comb += port.addr.eq(Mux(bank == k, quad.zone, self.index))

        # Stage 6: the word, or nothing in the zone's first line. Stage 7: the sum, written.
        flush, top, zone, end = [quad.flush], [quad.top], [quad.zone], [quad.end]
        for chain in (flush, top, zone, end):
            for stage in (5, 6, 7):
                chain.append(Signal.like(chain[0], name=f"{chain[0].name}_{stage}"))
                m.d.sync += chain[-1].eq(chain[-2])
        added: Any = Signal(AwbZone())
        before: Any = Signal(AwbZone())
        total: Any = Signal(AwbZone())
        word = Mux(bank, reads[1].data.as_value(), reads[0].data.as_value())
        m.d.sync += [
            added.eq(part),
            before.as_value().eq(Mux(top[1], 0, word)),
            *(total[name].eq(added[name] + before[name]) for name in total.shape().members),
        ]
        for k, port in enumerate(writes):
            m.d.comb += [
                port.addr.eq(zone[3]),
                port.data.eq(total),
                port.en.eq(flush[3] & (bank == k)),
            ]

        # The frame's end, and what of the other bank is of its frame.
        rows, columns = Signal(6), Signal(6)
        with m.If(end[3] & ~self.hold):
            m.d.sync += [
                bank.eq(~bank),
                self.frame.eq(Mux(self.frame.all(), 1, self.frame + 1)),
                rows.eq(quad.rows),
                columns.eq(quad.columns),
            ]
        known, other = Signal(), Signal()
        m.d.sync += [known.eq((self.index[5:] < rows) & (self.index[:5] < columns)), other.eq(bank)]
        result = Mux(other, reads[0].data.as_value(), reads[1].data.as_value())
        m.d.sync += self.zone.as_value().eq(Mux(known, result, 0))
