# SPDX-License-Identifier: MIT
"""Lens shading."""

from typing import Any

from amaranth import C, Cat, Module, Mux, Signal, Value, unsigned
from amaranth.lib import stream
from amaranth.lib.wiring import In

from ..common.carry_multiplier import carry_latency
from ..common.flow import delayed
from ..common.multiplier import multiply
from ..common.video import BayerPhase
from .bayer import channels
from .gain_mesh import GAIN, GainMesh, MeshPlace, MeshWrite
from .point import PointBlock, check_depth, unchanged

__all__ = ["LensShading", "MeshWrite"]

FRACTION = 16  # of a cell, for interpolation
STEP = 20  # of a cell, as it is added up
GAIN_FRACTION = GAIN - 2


class LensShading(PointBlock):
    """Multiply every pixel by a gain between those of the four nodes of a mesh around it.

    Node ``[row][column]`` lies at line ``row * cell_height`` and pixel ``column * cell_width`` and
    has a gain for each colour channel. With ``x``, ``y`` the pixel's place in its cell,
    ``fx = (x * step_x) >> 4``, ``fy = (y * step_y) >> 4`` and
    ``between(a, b, f) = a + (((b - a) * f + 2**15) >> 16)``, first the left and the right border
    are interpolated (``fy``), then the gain between them (``fx``)::

        o = min((i * gain + 2**13) >> 14, 2**depth - 1)

    There are two meshes. Frames take the one that ``bank`` names; writes go to the other. At first
    all gains are 1.

    Parameters
    ----------
    depth : int
        Bits per sample, 8..16.
    ppc : int
        Pixels per beat: 1, 2 or 4.

    Members
    -------
    i, o : FlowSignature(unsigned(depth), ppc=ppc)
        Raw samples, black at 0.
    phase : In(BayerPhase)
        Colour filter at the first pixel; a setting.
    cell_width : In(12)
        Pixels from node to node, a multiple of 4, such that 31 cells hold a line; a setting.
    cell_height : In(12)
        Lines from node to node, such that 15 cells hold a frame; a setting.
    step_x, step_y : In(20)
        Their reciprocals, unsigned Q0.20, rounded down; a setting.
    bank : In(1)
        Mesh to use; a setting.
    bypass : In(1)
        Let frames pass, in the same time; a setting.
    write : In(stream.Signature(MeshWrite()))
        Gains for the mesh that ``bank`` does not name; always taken.

    Timing
    ------
    Latency 18 cycles, 17 at 8 bits. A multiplier per pixel, and one of carry cells; two more
    (``ppc`` 1) or four; four block memories.

    Raises
    ------
    ValueError
        If ``depth`` is outside 8..16 or ``ppc`` not 1, 2 or 4.

    References
    ----------
    Golden model: :func:`opsin_sim.golden.isp.lens_shading`.
    """

    phase: Value
    cell_width: Value
    cell_height: Value
    step_x: Value
    step_y: Value
    bank: Value
    bypass: Value
    write: stream.Interface

    def __init__(self, *, depth: int, ppc: int = 1) -> None:
        check_depth(depth)
        self.depth = depth
        super().__init__(
            unsigned(depth),
            unsigned(depth),
            latency=13 + carry_latency(depth, GAIN),
            ppc=ppc,
            settings={
                "phase": BayerPhase,
                "cell_width": unsigned(12),
                "cell_height": unsigned(12),
                "step_x": unsigned(STEP),
                "step_y": unsigned(STEP),
                "bank": unsigned(1),
            },
            ports={"write": In(stream.Signature(MeshWrite()))},
            bypass=unchanged,
        )

    def compute(self, m: Module) -> None:
        channel = channels(m, self, Value.cast(self.phase))
        place = self._place(m)
        m.submodules.mesh = mesh = GainMesh()
        m.d.comb += [
            mesh.place.eq(place),
            mesh.line.eq(channel[0][1]),
            mesh.bank.eq(self.bank),
            mesh.write.valid.eq(self.write.valid),
            mesh.write.p.eq(self.write.p),
            self.write.ready.eq(mesh.write.ready),
        ]

        # stages 2 and 3 read the mesh; 4 sorts; 5..8 and 9..12 interpolate
        fraction_y = delayed(m, place.y[-FRACTION:], 3, "fraction_y")
        borders = []
        for lane in range(min(self.ppc, 2)):
            second = delayed(m, channel[lane][0], 2, f"second_{lane}")
            nodes = [
                delayed(m, Mux(second, node[1], node[0]), 1, f"node_{lane}_{k}")
                for k, node in enumerate(mesh.nodes)
            ]
            borders.append(
                [
                    delayed(m, self._between(m, top, bottom, fraction_y), 1, f"{name}_{lane}")
                    for name, top, bottom in (
                        ("left", nodes[0], nodes[2]),
                        ("right", nodes[1], nodes[3]),
                    )
                ]
            )
        for index in range(self.ppc):
            x = Signal(STEP, name=f"x_{index}")
            rounded = Signal(self.depth + 3, name=f"rounded_{index}")
            fraction_x = delayed(m, x[-FRACTION:], 6, f"fraction_x_{index}")
            left, right = borders[index % 2]
            sample = delayed(m, self.i.p.pixel[index], 11, f"sample_{index}")
            gain = self._between(m, left, right, fraction_x)
            product = multiply(m, sample, gain, cells="carry")
            m.d.sync += [
                x.eq(place.x + index * self.step_x),
                rounded.eq((product + (1 << (GAIN_FRACTION - 1))) >> GAIN_FRACTION),
                self.o.p.pixel[index].eq(Mux(rounded[self.depth :].any(), -1, rounded)),
            ]

    def _place(self, m: Module) -> Any:
        """Where the beat in the first stage lies in the mesh."""
        place: Any = Signal(MeshPlace(STEP))
        beats, lines = Signal(12), Signal(12)  # of the cell, this one included
        ended = Signal()  # the line, with this beat
        # what comes next: the last beat of a cell, a line in a new row of cells
        others = delayed(m, (self.cell_width // self.ppc - 1)[:12], 1, "others")  # beats of a cell
        alone = delayed(m, others == 0, 1, "alone")
        fills, filled = Signal(), Signal()
        step_x, step_y = delayed(m, self.step_x, 1, "dx"), delayed(m, self.step_y, 1, "dy")
        m.d.sync += filled.eq(lines == self.cell_height)
        with m.If(self.i.live):
            m.d.sync += [ended.eq(self.i.p.eol), fills.eq(beats == others)]
            with m.If(self.i.p.sof | ended):
                m.d.sync += [place.column.eq(0), place.x.eq(0)]
                m.d.sync += [beats.eq(1), fills.eq(alone)]
            with m.Elif(fills):
                m.d.sync += [place.column.eq(place.column + 1), place.x.eq(0)]
                m.d.sync += [beats.eq(1), fills.eq(alone)]
            with m.Else():
                m.d.sync += [place.x.eq(place.x + self.ppc * step_x), beats.eq(beats + 1)]
            with m.If(self.i.p.sof):
                m.d.sync += [place.row.eq(0), place.y.eq(0), lines.eq(1)]
            with m.Elif(ended & filled):
                m.d.sync += [place.row.eq(place.row + 1), place.y.eq(0), lines.eq(1)]
            with m.Elif(ended):
                m.d.sync += [place.y.eq(place.y + step_y), lines.eq(lines + 1)]
        return place

    def _between(self, m: Module, a: Value, b: Value, fraction: Value) -> Value:
        """Interpolate: 3 stages, and an adder without a register."""
        way = delayed(m, (b - a).as_signed(), 1, "way")
        product = multiply(m, way, delayed(m, fraction, 1, "fraction"))
        start = Cat(C(1, 1), delayed(m, a, 3, "start"))  # with the half that rounds
        return (product[FRACTION - 1 :].as_signed() + start)[1 : 1 + GAIN]
