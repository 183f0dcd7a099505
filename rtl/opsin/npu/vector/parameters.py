# SPDX-License-Identifier: MIT
"""Biases, scales and limits of the commands to come."""

from typing import Any

from amaranth.hdl import Cat, Const, Module, Mux, Signal, Value, signed, unsigned
from amaranth.lib import data, stream, wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out
from amaranth.utils import ceil_log2

from ...config import NpuConfig
from ..requantize import Clip
from .commands import Settings

__all__ = ["SETS", "Parameters", "Place", "PlaceQuestion", "Sight"]

SETS = 8
"""Commands whose parameters are held."""

_WORDS = 8
_AWAITED = 16  # a power of two


class Place(data.StructLayout):
    """Word ``word`` of set ``set``."""

    def __init__(self, config: NpuConfig) -> None:
        self.config = config
        super().__init__({"word": unsigned(3), "set": unsigned(3)})


class PlaceQuestion(data.StructLayout):
    """Where it is in the scratchpad, and where it is to go."""

    def __init__(self, config: NpuConfig) -> None:
        super().__init__({"address": ceil_log2(config.scratchpad_words), "place": Place(config)})


class Sight(data.StructLayout):
    """What is wanted: beat ``beat`` of set ``set``."""

    def __init__(self) -> None:
        super().__init__({"beat": 2, "set": 3})


class Parameters(wiring.Component):
    """Read parameters ahead, in memories of LUTs, a set per command.

    Commands without parameters of their own get zeros as biases, and one scale.

    Parameters
    ----------
    config : NpuConfig

    Members
    -------
    command : In(stream.Signature(Settings(config)))
    question : Out(stream.Signature(PlaceQuestion(config)))
    word : In(8 * rows), place : In(Place(config)), place_valid : In(1)
        Answers.
    done : Out(1)
        The next set is complete.
    free : In(1)
        The oldest set is not needed any more.
    see_bias, see_scale : In(Sight()), see_operand, see_clip : In(3)
        What to show; combinational.
    bias, scale : Out(32 * lanes), operand_scale : Out(32), clip : Out(Clip())

    Timing
    ------
    One word per cycle, and one cycle between commands. A command without parameters takes ``cols /
    lanes`` cycles, once no answer is awaited.
    """

    command: stream.Interface
    question: stream.Interface
    word: Value
    place: data.View
    place_valid: Value
    done: Value
    free: Value
    see_bias: data.View
    see_scale: data.View
    see_operand: Value
    see_clip: Value
    bias: Value
    scale: Value
    operand_scale: Value
    clip: data.View

    def __init__(self, config: NpuConfig) -> None:
        self.config = config
        super().__init__(
            {
                "command": In(stream.Signature(Settings(config))),
                "question": Out(stream.Signature(PlaceQuestion(config))),
                "word": In(8 * config.rows),
                "place": In(Place(config)),
                **dict.fromkeys(["place_valid", "free"], In(1)),
                "done": Out(1),
                **dict.fromkeys(["see_bias", "see_scale"], In(Sight())),
                **dict.fromkeys(["see_operand", "see_clip"], In(3)),
                **dict.fromkeys(["bias", "scale"], Out(32 * config.lanes)),
                "operand_scale": Out(32),
                "clip": Out(Clip()),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()

        beats = self.config.cols // self.config.lanes
        command = self.command.p
        number, step = Signal(3), Signal(3)
        free = Signal(signed(SETS.bit_length()), init=SETS - 1)  # less one
        awaited = Signal(range(_AWAITED + 1))
        leaves = Signal()  # the command: hundreds of its bits listen
        may = self.command.valid & ~free[-1] & ~leaves
        asked, made, last = Signal(), Signal(), Signal()
        m.d.comb += [
            self.question.valid.eq(may & command.own & ~awaited[-1]),
            self.question.p.address.eq(command.parameters + step),
            self.question.p.place.word.eq(step),
            self.question.p.place.set.eq(number),
            asked.eq(self.question.valid & self.question.ready),
            made.eq(may & ~command.own & (awaited == 0)),
            last.eq((asked & (step == _WORDS - 1)) | (made & (step == beats - 1))),
            self.command.ready.eq(leaves),
            self.done.eq((made & last) | (self.place_valid & (self.place.word == _WORDS - 1))),
        ]
        m.d.sync += [
            leaves.eq(last),
            awaited.eq(awaited + asked - self.place_valid),
            free.eq(free - last + self.free),
        ]
        with m.If(asked | made):
            m.d.sync += step.eq(step + 1)
        with m.If(last):
            m.d.sync += [step.eq(0), number.eq(number + 1)]

        # Words of a beat lie side by side.
        banks, size = 4 // beats, 8 * self.config.rows
        column = self.place.word[:2]
        own = Cat(column[ceil_log2(banks) :], self.place.set)
        for kind, see, shown, constant in (
            (0, self.see_bias, self.bias, Const(0, 32)),
            (1, self.see_scale, self.scale, command.scale),
        ):
            for bank in range(banks):
                here = self.place_valid & (self.place.word[2] == kind)
                here = here & ((column & (banks - 1)) == bank)
                word: Any = constant.replicate(size // 32)
                m.d.comb += shown.word_select(bank, size).eq(
                    self._memory(
                        m,
                        size,
                        made | here,
                        Mux(made, Cat(step[: ceil_log2(beats)], number), own),
                        Mux(made, word, self.word),
                        Cat(see.beat[: ceil_log2(beats)], see.set),
                    )
                )
        for seen, value, shown in (
            (self.see_operand, command.operand_scale, self.operand_scale),
            (self.see_clip, Value.cast(command.clip), Value.cast(self.clip)),
        ):
            m.d.comb += shown.eq(self._memory(m, len(value), may, number, value, seen))
        return m

    def _memory(self, m: Module, *ports: Any) -> Value:
        """Memory of LUTs: width, write enable, address, word, address to read; the word there."""
        width, enable, address, word, seen = ports
        memory = Memory(shape=width, depth=1 << len(seen), init=[])
        m.submodules += memory
        write, read = memory.write_port(), memory.read_port(domain="comb")
        m.d.comb += [
            write.en.eq(enable),
            write.addr.eq(address),
            write.data.eq(word),
            read.addr.eq(seen),
        ]
        return read.data
