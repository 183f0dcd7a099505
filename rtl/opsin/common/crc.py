# SPDX-License-Identifier: MIT
"""Checksum of the frames of a video stream."""

from amaranth import Module, Shape, ShapeLike, Signal, Value, unsigned
from amaranth.lib import stream, wiring
from amaranth.lib.crc import catalog
from amaranth.lib.wiring import In, Out

from .video import VideoSignature

__all__ = ["FrameCrc"]


class FrameCrc(wiring.Component):
    """CRC-32 (IEEE 802.3, as in Ethernet, PNG and zlib) of each frame's bytes in raster order.

    A pixel contributes its bytes from the lowest up: red, green, blue for ``Rgb(8)``. A frame
    begins at ``sof`` and ends with the ``height``-th ``eol``. A ``sof`` before that end drops what
    there was and begins anew; beats after the end and before a ``sof`` count for nothing.

    Parameters
    ----------
    pixel : ShapeLike
        Shape of a pixel, a whole number of bytes.
    ppc : int
        Pixels per beat.

    Members
    -------
    i : In(VideoSignature(pixel, ppc=ppc))
    o : Out(stream.Signature(unsigned(32)))
        Checksum of each complete frame.
    height : In(unsigned(16))
        Lines per frame, at least 1; may change only between frames.

    Timing
    ------
    ``o`` is valid in the cycle after a frame's last beat; ``i.ready`` is low until it is taken.
    Otherwise one beat per cycle. ``i.ready`` depends on a register only.

    Raises
    ------
    ValueError
        If a beat's pixels are not a whole number of bytes.

    References
    ----------
    Golden model: :func:`opsin_sim.golden.crc.frame_crc`.
    """

    i: stream.Interface
    o: stream.Interface
    height: Value

    def __init__(self, pixel: ShapeLike, *, ppc: int = 1) -> None:
        bits = Shape.cast(pixel).width * ppc
        if bits % 8:
            raise ValueError(f"a beat must be a multiple of 8 bits, not {bits!r}")
        self._bits = bits
        super().__init__(
            {
                "i": In(VideoSignature(pixel, ppc=ppc)),
                "o": Out(stream.Signature(unsigned(32))),
                "height": In(unsigned(16)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.crc = crc = catalog.CRC32_ETHERNET(self._bits).create()

        inside = Signal()  # between sof and the last eol
        lines = Signal(16)  # ended so far
        line = Signal(16)
        beat = self.i.p

        m.d.comb += [
            self.i.ready.eq(~self.o.valid),
            self.o.payload.eq(crc.crc),
            crc.data.eq(beat.pixel.as_value()),
            line.eq(lines),
        ]
        with m.If(self.i.valid & self.i.ready & (inside | beat.sof)):
            with m.If(beat.sof):
                m.d.comb += line.eq(0)
            m.d.comb += [crc.valid.eq(1), crc.start.eq(beat.sof)]
            m.d.sync += [inside.eq(1), lines.eq(line + beat.eol)]
            with m.If(beat.eol & (line + 1 == self.height)):
                m.d.sync += [inside.eq(0), self.o.valid.eq(1)]
        with m.If(self.o.valid & self.o.ready):
            m.d.sync += self.o.valid.eq(0)

        return m
