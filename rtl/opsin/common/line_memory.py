# SPDX-License-Identifier: MIT
"""Memory with an output register, which synthesis does not find by itself."""

from collections.abc import Iterable
from typing import Any

from amaranth import ClockSignal, Const, Module, Signal, Value
from amaranth.hdl import Instance, MemoryData, ShapeCastable, ShapeLike
from amaranth.lib import wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out

from .target import is_ecp5

__all__ = ["MAX_DEPTH", "LineMemory", "block_rams"]

# Words a block RAM holds, by their width. Widths below 9 leave every ninth bit unused.
_DEPTHS = {36: 512, 18: 1024, 9: 2048, 4: 4096, 2: 8192, 1: 16384}

MAX_DEPTH = max(_DEPTHS.values())
"""Words of the deepest memory: one block RAM deep, as several would need a multiplexer."""


def block_rams(bits: int, depth: int) -> int:
    """ECP5 block RAMs (DP16KD) of a :class:`LineMemory` of ``depth`` words of ``bits`` bits.

    Every block RAM holds all words, of each as many bits as fit: no mix of widths takes fewer.

    Raises
    ------
    ValueError
        If ``depth`` is not in 1..:data:`MAX_DEPTH`.
    """
    return -(-bits // _block_width(depth))


def _block_width(depth: int) -> int:
    if not 1 <= depth <= MAX_DEPTH:
        raise ValueError(f"depth must be in 1..{MAX_DEPTH}, not {depth!r}")
    return max(width for width, words in _DEPTHS.items() if depth <= words)


class LineMemory(wiring.Component):
    """A memory with one write and one read port, and a register behind the read port.

    On an ECP5 it consists of block RAMs (DP16KD) with their own output registers, from which data
    arrives 0.96 ns after the clock edge at speed grade 6, not 5.8 ns. Synthesis does not use these
    registers.

    Parameters
    ----------
    shape : ShapeLike
        Shape of a word.
    depth : int
        Number of words; how many block RAMs that takes: :func:`block_rams`.
    init : iterable
        The first words when the device is configured, others are 0. Reset restores nothing.
    luts : bool
        On an ECP5 make it of LUTs: it is so shallow that it would waste block RAMs.

    Members
    -------
    write_en : In(1)
        Write; constant 0 makes a table.
    write_addr : In(range(depth))
        Less than ``depth``.
    write_data : In(shape)
        The word to write.
    read_addr : In(range(depth))
        Less than ``depth``.
    read_data : Out(shape)
        The word at ``read_addr`` two cycles before; 0 in the first two cycles after configuration.

    Timing
    ------
    ``read_data`` comes from a register, 2 cycles behind ``read_addr``; a word can be read in the
    cycle after the one that writes it. Both ports take an address every cycle and have no enable.

    **The word read from the address that is written in the same cycle is undefined**: yosys takes
    it that the device guarantees nothing. Such a read is allowed, its word must not be used.
    Simulation, and any export without a platform, delivers the complement of the old word, so that
    tests see who does.

    Raises
    ------
    ValueError
        If ``depth`` is not in 1..:data:`MAX_DEPTH`, or ``init`` is longer.
    """

    write_en: Value
    write_addr: Value
    write_data: Any
    read_addr: Value
    read_data: Any

    def __init__(
        self, shape: ShapeLike, depth: int, *, init: Iterable[Any] = (), luts: bool = False
    ) -> None:
        self._luts = luts
        self._width = _block_width(depth)
        self._contents = MemoryData(shape=shape, depth=depth, init=[*init])
        super().__init__(
            {
                "write_en": In(1),
                "write_addr": In(range(depth)),
                "write_data": In(shape),
                "read_addr": In(range(depth)),
                "read_data": Out(shape),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()

        if is_ecp5(platform) and not self._luts:
            bits, width = len(Value.cast(self.read_data)), self._width
            written, read = Value.cast(self.write_data), Value.cast(self.read_data)
            for number, low in enumerate(range(0, bits, width)):
                part = slice(low, low + width)
                m.submodules[f"block_{number}"] = self._block(written[part], read[part], low)
            return m

        # Synthesis makes a block RAM of an asynchronous port and a register behind it. From a
        # synchronous port it would build, around the block RAM, what returns the old word when the
        # same address is written; only here the attribute tells it that nobody asks for that.
        attributes: dict[str, Any] = {"no_rw_check": 1}
        if self._luts and is_ecp5(platform):
            attributes["ram_style"] = "distributed"
        m.submodules.memory = memory = Memory(self._contents, attrs=attributes)
        write = memory.write_port()
        port = memory.read_port(domain="sync" if platform is None else "comb")
        word = Value.cast(port.data)
        if platform is None:
            collided = Signal(reset_less=True)
            m.d.sync += collided.eq(self.write_en & (self.read_addr == self.write_addr))
            word = word ^ collided.replicate(len(word))
            m.d.comb += port.en.eq(1)
        else:
            latch = Signal(len(word), reset_less=True)
            m.d.sync += latch.eq(word)
            word = latch
        register = Signal(len(word), reset_less=True)
        m.d.comb += [
            write.en.eq(self.write_en),
            write.addr.eq(self.write_addr),
            Value.cast(write.data).eq(Value.cast(self.write_data)),
            port.addr.eq(self.read_addr),
            Value.cast(self.read_data).eq(register),
        ]
        m.d.sync += register.eq(word)

        return m

    def _block(self, written: Value, read: Value, low: int) -> Instance:
        """Block RAM of the bits from ``low``; port A writes, port B reads."""
        width, enable = self._width, self.write_en
        pins: dict[str, Any] = {}
        for name, address in (("ADA", self.write_addr), ("ADB", self.read_addr)):
            places = [0] * (15 - _DEPTHS[width].bit_length()) + [
                *address
            ]  # 14 bits for 1-bit words
            pins |= {f"i_{name}{k}": places[k] if k < len(places) else 0 for k in range(14)}
        # Address bits that wide words do not need are the enables of their bytes. A word of 36
        # bits has no other write enable, and uses the pins of both ports.
        pins |= {f"i_ADA{k}": (enable if width == 36 else 1) for k in range(width // 9 & ~1)}
        for k in range(36):
            side = "AB"[k // 18]
            pins[f"i_DI{side}{k % 18}"] = written[k] if k < len(written) else 0
            side = side if width == 36 else "B"
            if k < len(read):
                pins[f"o_DO{side}{k % 18}"] = read[k]
        for side in "AB":
            pins |= {
                f"p_DATA_WIDTH_{side}": width,
                f"p_REGMODE_{side}": "OUTREG",
                f"p_WRITEMODE_{side}": "NORMAL",
                f"p_CSDECODE_{side}": "0b000",
                f"i_CLK{side}": ClockSignal(),
                f"i_CE{side}": 1,
                f"i_OCE{side}": 1,
                f"i_RST{side}": 0,
                **{f"i_CS{side}{k}": 0 for k in range(3)},
            }
        return Instance(
            "DP16KD",
            p_RESETMODE="SYNC",
            p_ASYNC_RESET_RELEASE="SYNC",
            p_GSR="AUTO",
            i_WEA=1 if width == 36 else enable,
            i_WEB=0,
            **pins,
            **self._initial(low),
        )

    def _initial(self, low: int) -> dict[str, Const]:
        """Return the initial content as parameters: 16 times 18 bits in 20 each."""
        width, shape = self._width, self._contents.shape
        content = 0
        for address, entry in enumerate(self._contents.init):
            bits = _bits(shape, entry) >> low & (1 << width) - 1
            place = (
                address * width if width >= 9 else address * width // 8 * 9 + address * width % 8
            )
            content |= bits << place
        rows = [content >> 18 * k & 0x3FFFF for k in range(1024)]
        return {
            f"p_INITVAL_{k:02X}": Const(sum(rows[16 * k + j] << 20 * j for j in range(16)), 320)
            for k in range(64)
        }


def _bits(shape: ShapeLike, entry: Any) -> int:
    constant = shape.const(entry) if isinstance(shape, ShapeCastable) else Const(entry, shape)
    value = Const.cast(Value.cast(constant))
    return value.value & (1 << len(value)) - 1
