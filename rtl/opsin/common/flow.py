# SPDX-License-Identifier: MIT
"""Video on a conveyor: slots that never wait."""

from collections.abc import Mapping, Sequence
from typing import Any

from amaranth import Module, Signal
from amaranth.hdl import ShapeLike
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Member, Out

from .video import Beat

__all__ = ["FlowBlock", "FlowSignature", "delayed", "join"]


class FlowSignature(wiring.Signature):
    """Slots of a conveyor, from the producer's side.

    There is no ready: what comes is taken. So a block on a conveyor needs no enable on any of its
    registers, and paths are short. Who stops and drains the conveyor is told in
    :class:`~opsin.common.conveyor.Feed`.

    Parameters
    ----------
    pixel : ShapeLike
        Shape of a pixel.
    ppc : int
        Pixels per beat.

    Members
    -------
    step : Out(1)
        A slot passes in this cycle.
    live : Out(1)
        A slot passes and carries a beat. Else it is empty, and only pushes others on where beats
        wait for those behind them, in line windows.
    p : Out(Beat(pixel, ppc=ppc))
        The beat, if ``live``.
    """

    def __init__(self, pixel: ShapeLike, *, ppc: int = 1) -> None:
        super().__init__({"step": Out(1), "live": Out(1), "p": Out(Beat(pixel, ppc=ppc))})


class FlowBlock(wiring.Component):
    """What all blocks on a conveyor have: a way in, a way out, and a number of cycles between.

    Every slot that comes in goes out ``latency`` cycles later. The frames that come out are of the
    same size, but may be some slots behind: the beats of a line window leave in later slots than
    those in which they came, after empty ones.

    Settings are plain ports. They must not change from 3 cycles before a frame's first beat enters
    until its last beat has left.

    Parameters
    ----------
    pixel_in, pixel_out : ShapeLike
        Shapes of a pixel.
    ppc : int
        Pixels per beat: 1, 2 or 4.
    latency : int
        Cycles from ``i`` to ``o``.
    ports : mapping of str to Member
        Settings and other ports.

    Members
    -------
    i : In(FlowSignature(pixel_in, ppc=ppc))
    o : Out(FlowSignature(pixel_out, ppc=ppc))

    Raises
    ------
    ValueError
        If ``ppc`` is not 1, 2 or 4.
    """

    i: Any
    o: Any

    def __init__(
        self,
        pixel_in: ShapeLike,
        pixel_out: ShapeLike,
        *,
        ppc: int,
        latency: int,
        ports: Mapping[str, Member] | None = None,
    ) -> None:
        if ppc not in (1, 2, 4):
            raise ValueError(f"ppc must be 1, 2 or 4, not {ppc!r}")
        self.ppc, self.latency = ppc, latency
        self.pixel_in, self.pixel_out = pixel_in, pixel_out
        super().__init__(
            {
                "i": In(FlowSignature(pixel_in, ppc=ppc)),
                "o": Out(FlowSignature(pixel_out, ppc=ppc)),
                **(ports or {}),
            }
        )


def join(m: Module, first: Any, blocks: Sequence[FlowBlock], last: Any) -> None:
    """Connect ``first``, what comes out of it through all ``blocks``, to ``last``.

    Inside a component ``first`` and ``last`` are its own ports, flipped.
    """
    outs = [first, *(block.o for block in blocks)]
    ins = [*(block.i for block in blocks), last]
    for out, into in zip(outs, ins, strict=True):
        wiring.connect(m, out, into)


def delayed(m: Module, value: Any, stages: int, name: str = "register") -> Any:
    """Carry ``value`` along for so many cycles, in registers called ``name``."""
    for stage in range(1, stages + 1):
        after: Any = Signal(value.shape(), name=f"{name}_{stage}")
        m.d.sync += after.eq(value)
        value = after
    return value
