# SPDX-License-Identifier: MIT
"""Chroma subsampling."""

from typing import Any, NamedTuple

from amaranth import C, Cat, Module, Mux, Signal, Value, unsigned
from amaranth.lib import data, enum, stream, wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out

from ..common.shadow import Shadow
from ..common.video import VideoSignature, Ycbcr
from .elastic import ElasticBlock
from .point import check_depth

__all__ = ["ChromaFormat", "ChromaSubsample"]

delayed = ElasticBlock.delayed


class ChromaFormat(enum.Enum, shape=unsigned(2)):
    """For how many pixels there are colour differences: each, two in a line, two by two."""

    YUV444 = 0
    YUV422 = 1
    YUV420 = 2


class _Entry(NamedTuple):
    """The beat in the first stage: whether it moves on, first of a line, odd, in a lower line."""

    beat: Any
    fires: Value
    first: Value
    odd: Value
    lower: Value
    place: Value


class ChromaSubsample(wiring.Component):
    """Filter colour differences for 4:2:2 and 4:2:0; lines and pixels stay what they are.

    Columns ``2k`` and ``2k + 1`` make a pair with colour differences in quarters ``s``:
    ``c[2k-1] + 2 * c[2k] + c[2k+1]``, which lie at column ``2k``, or, ``centred``,
    ``2 * c[2k] + 2 * c[2k+1]``, which lie midway. Both pixels of a pair carry

    ======  ======================================================================================
    YUV422  ``(s + 2) >> 2``
    YUV420  in lines ``2k + 1``: ``(s[2k] + s[2k+1] + 4) >> 3``, for both lines; in lines ``2k``
            ``(s + 2) >> 2``, which counts only if the line is the frame's last
    YUV444  what came: bypass
    ======  ======================================================================================

    Columns beyond the border are mirrored; a last pixel without a partner is, ``centred``, its own.
    Sums of lines ``2k`` wait in a line memory of ``max_width / 2`` pairs.

    Parameters
    ----------
    depth : int
        Bits per sample, 8..16.
    max_width : int
        Pixels of the longest line, a multiple of ``ppc``.
    ppc : int
        Pixels per beat: 1, 2 or 4.

    Members
    -------
    i : In(VideoSignature(Ycbcr(depth), ppc=ppc))
        Well-formed frames with lines of at least 2 beats.
    o : Out(VideoSignature(Ycbcr(depth), ppc=ppc))
        Frames of the same size.
    format : In(ChromaFormat)
        Sampled with ``sof``.
    centred : In(1)
        Sampled with ``sof``.

    Timing
    ------
    Latency 6 cycles; with ``ppc`` 1 a pixel that is not its line's last leaves only when its right
    neighbour has come. Throughput 1 beat/cycle. ``i.ready`` depends combinationally on ``o.ready``;
    ``o`` comes from registers.

    Raises
    ------
    ValueError
        If ``depth`` is outside 8..16, ``ppc`` is not 1, 2 or 4, or ``max_width`` is less than 2
        beats or no multiple of ``ppc``.

    References
    ----------
    ITU-T H.273 section 8.7. Golden model: :func:`opsin_sim.golden.isp.chroma_subsample`.
    """

    i: stream.Interface
    o: stream.Interface
    format: Any
    centred: Value

    def __init__(self, *, depth: int, max_width: int, ppc: int = 1) -> None:
        check_depth(depth)
        if ppc not in (1, 2, 4):
            raise ValueError(f"ppc must be 1, 2 or 4, not {ppc!r}")
        if max_width < 2 * ppc or max_width % ppc:
            raise ValueError(
                f"max_width must be a multiple of ppc = {ppc} from {2 * ppc}, not {max_width!r}"
            )
        self.depth, self.ppc = depth, ppc
        self._words = -(-max_width // max(2, ppc))  # of the line memory: a pair, or a beat's
        super().__init__(
            {
                "i": In(VideoSignature(Ycbcr(depth), ppc=ppc)),
                "o": Out(VideoSignature(Ycbcr(depth), ppc=ppc)),
                "format": In(ChromaFormat),
                "centred": In(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        settings_shape = data.StructLayout({"format": ChromaFormat, "centred": 1})
        m.submodules.settings = settings = Shadow(settings_shape)
        advance = Signal()
        m.d.comb += [
            advance.eq(~self.o.valid | self.o.ready),
            self.i.ready.eq(advance),
            settings.i.format.eq(self.format),
            settings.i.centred.eq(self.centred),
            settings.take.eq(self.i.valid & advance & self.i.p.sof),
        ]

        entry = self._hold(m, advance)
        beat, place, lower = entry.beat, entry.place, entry.lower
        use: Any = settings.o
        quarters = self._quarters(m, entry, use.centred, advance)

        # Stage 5: beside them those of the line above.
        lines = Memory(shape=quarters.shape(), depth=self._words, init=[])
        m.submodules.lines = lines
        read, write = lines.read_port(), lines.write_port()
        place_3 = delayed(m, place, 2, advance, "place")
        markers = delayed(m, Cat(entry.fires, beat.sof, beat.eol), 3, advance, "markers")
        lower_4 = delayed(m, lower, 3, advance, "lower")
        m.d.comb += [
            read.addr.eq(place_3),
            read.en.eq(advance),
            write.addr.eq(delayed(m, place_3, 1, advance, "place_4")),
            write.data.eq(quarters),
            write.en.eq(markers[0] & ~lower_4),
        ]
        wanted = Value.cast(delayed(m, Value.cast(use.format), 3, advance, "format"))
        average = (wanted == ChromaFormat.YUV420.value) & lower_4
        here: Any = Signal(quarters.shape())
        above: Any = Signal(quarters.shape())
        full = delayed(m, wanted == ChromaFormat.YUV444.value, 1, advance, "full")
        pixels = data.View(
            self.i.p.pixel.shape(), delayed(m, Value.cast(beat.pixel), 4, advance, "pixels")
        )
        with m.If(advance):
            m.d.sync += [
                here.eq(quarters),
                above.eq(Mux(average, Value.cast(read.data), Value.cast(quarters))),
                Cat(self.o.valid, self.o.p.sof, self.o.p.eol).eq(
                    delayed(m, markers, 1, advance, "markers_5")
                ),
            ]
            for index in range(self.ppc):
                m.d.sync += self.o.p.pixel[index].y.eq(pixels[index].y)
                for k, name in enumerate(("cb", "cr")):
                    pair = 2 * (index // 2) + k
                    mean = (here[pair] + above[pair] + 4) >> 3
                    chroma = Mux(full, pixels[index][name], mean)
                    m.d.sync += self.o.p.pixel[index][name].eq(chroma)

        return m

    def _hold(self, m: Module, advance: Value) -> _Entry:
        """Stage 1: the beat and its place; a single pixel with a right neighbour waits for it."""
        beat: Any = Signal(self.i.p.shape())
        held, first, odd = Signal(), Signal(init=1), Signal()
        lower = Signal()
        place = Signal(range(self._words))
        fires = held & (beat.eol | self.i.valid) if self.ppc == 1 else held
        with m.If(advance):
            with m.If(self.i.valid):
                m.d.sync += [held.eq(1), beat.eq(self.i.p)]
                start = self.i.p.sof | beat.eol
                m.d.sync += [
                    first.eq(start),
                    lower.eq(~self.i.p.sof & (lower ^ beat.eol)),
                    odd.eq(~start & ~odd if self.ppc == 1 else 0),
                    place.eq(Mux(start, 0, place + (odd if self.ppc == 1 else 1))),
                ]
            with m.Elif(fires):
                m.d.sync += held.eq(0)
        return _Entry(beat, fires, first, odd, lower, place)

    def _quarters(self, m: Module, entry: _Entry, centred: Value, advance: Value) -> Any:
        """Stages 2 to 4: quarters of each pair; an odd single pixel keeps those of its pair."""
        beat, fires, first, odd = entry.beat, entry.fires, entry.first, entry.odd
        before: Any = Signal(data.ArrayLayout(unsigned(self.depth), 2))
        last = beat.pixel[self.ppc - 1]
        with m.If(advance & fires):
            m.d.sync += before.eq(Cat(last.cb, last.cr))
        follow = self.i.p.pixel[0]
        keep = delayed(m, fires & ~odd, 2, advance, "even") if self.ppc == 1 else C(1)
        quarters_shape = data.ArrayLayout(unsigned(self.depth + 2), max(2, self.ppc))
        quarters: Any = Signal(quarters_shape)
        for pair in range(max(1, self.ppc // 2)):
            for k, name in enumerate(("cb", "cr")):
                middle = beat.pixel[2 * pair][name]
                left = beat.pixel[2 * pair - 1][name] if pair else before[k]
                if self.ppc == 1:
                    right = Mux(beat.eol, Mux(centred, middle, left), follow[name])
                else:
                    right = beat.pixel[2 * pair + 1][name]
                if pair == 0:
                    left = Mux(first, right, left)
                chosen = delayed(m, Mux(centred, right, left), 1, advance, f"{name}_other")
                right = delayed(m, right, 1, advance, f"{name}_right")
                outer = delayed(m, chosen + right, 1, advance, f"{name}_outer")
                middle = delayed(m, middle, 2, advance, f"{name}_middle")
                with m.If(advance & keep):
                    m.d.sync += quarters[2 * pair + k].eq(outer + (middle << 1))
        return quarters
