# SPDX-License-Identifier: MIT
"""Local memories and the ports to them."""

from typing import Any

from amaranth.hdl import Module, ShapeLike, Signal, Value, unsigned
from amaranth.lib import data, memory, wiring
from amaranth.lib.wiring import In, Out
from amaranth.utils import ceil_log2

__all__ = ["LocalRead", "LocalReadInterface", "LocalWrite", "Scratchpad"]


class LocalWrite(data.StructLayout):
    """One word to write while ``enable`` is set."""

    def __init__(self, depth: int, shape: ShapeLike) -> None:
        super().__init__({"address": unsigned(ceil_log2(depth)), "data": shape, "enable": 1})


class LocalReadInterface(wiring.PureInterface):
    """What :class:`LocalRead` creates."""

    address: Value
    enable: Value
    data: Any


class LocalRead(wiring.Signature):
    """Read port, seen by the reader: ``data`` follows ``address`` after two enabled cycles."""

    def __init__(self, depth: int, shape: ShapeLike) -> None:
        super().__init__(
            {"address": Out(unsigned(ceil_log2(depth))), "enable": Out(1), "data": In(shape)}
        )

    def create(self, *, path: Any = None, src_loc_at: int = 0) -> LocalReadInterface:
        """Interface with the members' types."""
        return LocalReadInterface(self, path=path, src_loc_at=1 + src_loc_at)


class Scratchpad(wiring.Component):
    """Memory of ``depth`` words with one port to write and one to read.

    Parameters
    ----------
    depth : int
        Words.
    shape : Shape
        Shape of a word.

    Members
    -------
    write : In(LocalWrite(depth, shape))
    read : In(LocalRead(depth, shape))

    Timing
    ------
    A word written in one cycle is seen by addresses given from the next cycle on. Reads take two
    cycles, one for the memory and one for a register behind it (block RAM is slow to answer), and
    stand still, both, while ``read.enable`` is 0. No combinational path.
    """

    write: data.View
    read: LocalReadInterface

    def __init__(self, *, depth: int, shape: ShapeLike) -> None:
        self.depth = depth
        self.shape = shape
        super().__init__(
            {"write": In(LocalWrite(depth, shape)), "read": In(LocalRead(depth, shape))}
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()

        m.submodules.memory = words = memory.Memory(shape=self.shape, depth=self.depth, init=[])
        write, read = words.write_port(), words.read_port()
        behind = Signal(self.shape, reset_less=True)
        m.d.comb += [
            write.en.eq(self.write.enable),
            write.addr.eq(self.write.address),
            write.data.eq(self.write.data),
            read.en.eq(self.read.enable),
            read.addr.eq(self.read.address),
            self.read.data.eq(behind),
        ]
        with m.If(self.read.enable):
            m.d.sync += behind.eq(read.data)

        return m
