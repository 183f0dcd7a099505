# SPDX-License-Identifier: MIT
"""The camera pipeline."""

from typing import Any

from amaranth import Module, Signal, Value, unsigned
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import Flow, In, Member, Out

from ..common.conveyor import Feed, Unload
from ..common.flow import FlowBlock, join
from ..common.shadow import Shadow
from ..common.stream import Fork
from ..common.video import VideoSignature
from ..config import IspConfig
from .chain import STATISTICS, TABLES, chain
from .demosaic import MIN_HEIGHT
from .frame_entry import FrameEntry
from .frame_guard import MIN_SIZE, FrameStatus
from .output_path import OutputPath
from .scaler_filter import CoefficientWrite
from .settings import IspSettings

__all__ = ["Pipeline"]

# Where the settings of a block are not in a structure of its name, or have other names there.
_PLACES: dict[str, dict[str, tuple[str, ...]]] = {
    "black": {"black": ("black",)},
    "gain": {"gain": ("gain",)},
    "ccm": {"ccm": ("ccm",), "offset": ("offset",)},
    "curve": {"bank": ("curve_bank",)},
    "demosaic": {},
    "overlay": {"columns": ("overlay", "width"), "lines": ("overlay", "height")},
}
_OF_FRAME = ("width", "height", "phase")
_LIVE = ("hold", "index")  # inputs of statistics that are no settings


class Pipeline(wiring.Component):
    """Raw frames in, finished pictures out.

    Crop and frame guard → the conveyor with the blocks of :func:`~opsin.isp.chain.chain` → outputs.

    All settings are sampled together in the cycle in which a frame may begin, before its ``sof``
    beat enters, and hold until all of its picture has left; so ``settings`` may change at any time
    and no frame mixes two of them.

    Parameters
    ----------
    config : IspConfig
        Sample width, longest line, pixels per beat, blocks.

    Members
    -------
    i : In(VideoSignature(unsigned(depth), ppc=ppc))
        Raw samples, aligned to the top of ``depth`` bits. Malformed frames are repaired, see
        :class:`~opsin.isp.frame_guard.FrameGuard`.
    o : Out(VideoSignature(unsigned(32 * ppc)))
        The first output, in words of bytes (:class:`~opsin.isp.OutputFormat`). Chains other than
        ``complete`` have one output, of pixels of the last block's shape.
    second : Out(VideoSignature(unsigned(32 * ppc)))
        The second output, of ``complete``.
    settings : In(IspSettings(depth))
        Settings for the next frame.
    curve, decompand, defect, shading, overlay : In(stream)
        What is written into the memories of the blocks of these names. Where there are two tables,
        it goes to the one that ``settings`` does not name, and waits while a frame that uses that
        one is on its way.
    output_scale, second_scale : In(stream.Signature(CoefficientWrite()))
        Likewise, of the outputs' scalers.
    awb, ae, ae_zones, af, flicker : In and Out
        The statistics' other ports, named ``awb_index`` and so on.
    status : Out(FrameStatus)
        What was wrong with ``i``; sticky.
    status_clear : In(1)
        Reset ``status``.
    begin : Out(1)
        Settings are sampled.

    Timing
    ------
    Throughput ``ppc`` pixels/cycle. With ``line = width / ppc`` a frame takes ``line * height``
    cycles, then ``i`` waits: in the complete chain with directional demosaic for ``line * 18``
    cycles, as line windows hold 18 lines back, and ``latency`` + 94 cycles (fewer if ``ppc`` is
    more). ``i.ready`` depends combinationally on ``i``.

    Raises
    ------
    ValueError
        If a parameter of ``config`` is out of the range that the blocks allow.

    References
    ----------
    Golden model: :func:`opsin_sim.golden.isp.develop_all`.
    """

    i: stream.Interface
    o: stream.Interface
    settings: Any
    curve: stream.Interface
    status: Any
    status_clear: Value
    begin: Value
    second: stream.Interface

    def __init__(self, config: IspConfig) -> None:
        depth, ppc = config.depth, config.ppc
        self._blocks = blocks = chain(config)
        conveyor = [*blocks.values()]
        last = conveyor[-1].pixel_out
        self.latency = sum(block.latency for block in conveyor)
        self._entry = FrameEntry(
            depth=depth,
            max_width=config.max_width,
            min_height=max(MIN_SIZE, MIN_HEIGHT[config.demosaic]),
            ppc=ppc,
        )
        self._feed = Feed(unsigned(depth), max_width=config.max_width, ppc=ppc)
        self._unload = Unload(last, ppc=ppc, latency=self.latency)
        self._outputs = {}
        if config.chain == "complete":
            for name, width in (("output", config.max_width), ("second", config.second_width)):
                self._outputs[name] = OutputPath(
                    max_width=config.max_width,
                    scaled_width=width,
                    spare_width=width // 2 if config.lean_scalers else width,
                    ppc=ppc,
                )
        words = VideoSignature(unsigned(32 * ppc))
        coefficients = stream.Signature(CoefficientWrite())
        super().__init__(
            {
                "i": In(VideoSignature(unsigned(depth), ppc=ppc)),
                "o": Out(words if self._outputs else VideoSignature(last, ppc=ppc)),
                **({"second": Out(words)} if self._outputs else {}),
                **{f"{name}_scale": In(coefficients) for name in self._outputs},
                "settings": In(IspSettings(depth)),
                **{
                    name: block.signature.members["write"]
                    for name, block in blocks.items()
                    if name in TABLES
                },
                **{
                    port: member
                    for name, block in blocks.items()
                    if name in STATISTICS
                    for port, member in _outside(name, block).items()
                },
                "status": Out(FrameStatus()),
                "status_clear": In(1),
                "begin": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.entry = entry = self._entry
        m.submodules.feed = feed = self._feed
        for name, block in self._blocks.items():
            m.submodules[name] = block
        m.submodules.unload = unload = self._unload

        # the video
        wiring.connect(m, wiring.flipped(self.i), entry.i)
        wiring.connect(m, entry.o, feed.i)
        join(m, feed.o, [*self._blocks.values()], unload.i)

        # the settings
        m.submodules.settings = shadow = Shadow(self.settings.shape())
        frame: Any = shadow.o
        m.d.comb += [
            shadow.i.eq(self.settings),
            shadow.take.eq(entry.begin),
            self.begin.eq(entry.begin),
            entry.width.eq(frame.width),
            entry.height.eq(frame.height),
            entry.phase.eq(frame.phase),
            entry.crop.eq(frame.crop),
            entry.timeout.eq(frame.timeout),
            entry.clear.eq(self.status_clear),
            self.status.eq(entry.status),
            feed.width.eq(entry.frame_width),
            feed.height.eq(entry.frame_height),
            feed.room.eq(unload.room),
            feed.left.eq(unload.left),
            unload.height.eq(entry.frame_height),
        ]
        for name, block in self._blocks.items():
            self._connect(m, name, block, frame)

        self._leave(m, frame)

        return m

    def _connect(self, m: Module, name: str, block: FlowBlock, frame: Any) -> None:
        """Connect all ports of a block but the video."""
        places = _PLACES.get(name, {})
        for port, member in _others(block).items():
            inner, value = getattr(block, port), frame
            if port in _OF_FRAME:
                m.d.comb += inner.eq(getattr(self._entry, f"frame_{port}"))
            elif port == "write":
                self._write(m, name, inner, frame)
            elif member.flow is Flow.Out:
                m.d.comb += getattr(self, f"{name}_{port}").eq(inner)
            elif port in _LIVE:
                m.d.comb += inner.eq(getattr(self, f"{name}_{port}"))
            else:
                place = places.get(port, (name, port))
                if place[0] in frame.shape().members:  # else it stays 0
                    for step in place:
                        value = value[step]
                    m.d.comb += inner.eq(value)

    def _write(self, m: Module, name: str, inner: Any, frame: Any) -> None:
        """Let writes through when they go to a table that no frame uses."""
        own, settled = getattr(self, name), Signal()
        place = _PLACES.get(name, {}).get("bank", (name, "bank"))
        used, wanted = frame, self.settings
        if not hasattr(self._blocks[name], "bank"):
            m.d.comb += settled.eq(1)
        else:
            for step in place:
                used, wanted = used[step], wanted[step]
            m.d.comb += settled.eq(used == wanted)
        m.d.comb += [
            inner.p.eq(own.p),
            inner.valid.eq(own.valid & settled),
            own.ready.eq(inner.ready & settled),
        ]

    def _leave(self, m: Module, frame: Any) -> None:
        """From the end of the conveyor to the outputs."""
        entry, feed, unload = self._entry, self._feed, self._unload
        if not self._outputs:
            wiring.connect(m, unload.o, wiring.flipped(self.o))
            m.d.comb += entry.busy.eq(feed.busy)
            return

        m.submodules.fork = fork = Fork(unload.o.p.shape(), count=2)
        wiring.connect(m, unload.o, fork.i)
        on_way = Signal(len(self._outputs))
        for k, (name, path) in enumerate(self._outputs.items()):
            m.submodules[name] = path
            wiring.connect(m, fork.o[k], path.i)
            wiring.connect(m, wiring.flipped(getattr(self, f"{name}_scale")), path.scale)
            m.d.comb += [
                path.width.eq(entry.frame_width),
                path.height.eq(entry.frame_height),
                path.settings.eq(frame[name]),
                path.bank.eq(self.settings[name].scale.bank),
                fork.enable[k].eq(frame[name].enable),
            ]
            with m.If(feed.begin | path.left):
                m.d.sync += on_way[k].eq(feed.begin & frame[name].enable)
        first, second = self._outputs.values()
        wiring.connect(m, first.o, wiring.flipped(self.o))
        wiring.connect(m, second.o, wiring.flipped(self.second))
        m.d.comb += entry.busy.eq(feed.busy | on_way.any())


def _others(block: FlowBlock) -> dict[str, Member]:
    """Ports of a block that are not video."""
    members = block.signature.members
    return {name: member for name, member in members.items() if name not in ("i", "o")}


def _outside(name: str, block: FlowBlock) -> dict[str, Member]:
    """Ports of a block's statistics that the pipeline has too."""
    return {
        f"{name}_{port}": member
        for port, member in _others(block).items()
        if member.flow is Flow.Out or port in _LIVE
    }
