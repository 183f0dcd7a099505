# SPDX-License-Identifier: MIT
"""Rows of integers to words of activations."""

from typing import Any

from amaranth.hdl import Array, Cat, Module, Mux, Signal, Value, signed
from amaranth.lib import data, stream, wiring
from amaranth.lib.fifo import SyncFIFO
from amaranth.lib.wiring import In, Out, connect, flipped

from ...common.flow import delayed
from ...config import NpuConfig
from ..binary32 import register
from ..requantize import Clip, ToActivation
from .carry import carried
from .commands import Settings
from .lane import Lane
from .parameters import SETS, Parameters, Place, PlaceQuestion, Sight
from .reduce import Row

__all__ = ["Lanes"]


class Lanes(wiring.Component):
    """Lead each row through the lanes, in ``cols / lanes`` beats.

    Parameters
    ----------
    config : NpuConfig

    Members
    -------
    command : In(stream.Signature(Settings(config)))
    question, word, place, place_valid
        As of :class:`~opsin.npu.vector.parameters.Parameters`.
    i : In(stream.Signature(Row(cols)))
    o : Out(stream.Signature(8 * rows))
    starved : Out(1), full : Out(1)
        A row waits for its parameters, or for room behind the lanes.

    Timing
    ------
    A row per ``cols / lanes`` cycles, also across commands; its word ``Lane.latency`` + 2 cycles
    after its last beat.
    """

    command: stream.Interface
    question: stream.Interface
    word: Value
    place: data.View
    place_valid: Value
    i: stream.Interface
    o: stream.Interface
    starved: Value
    full: Value

    def __init__(self, config: NpuConfig) -> None:
        self.config = config
        super().__init__(
            {
                "command": In(stream.Signature(Settings(config))),
                "question": Out(stream.Signature(PlaceQuestion(config))),
                "word": In(8 * config.rows),
                "place": In(Place(config)),
                "place_valid": In(1),
                "i": In(stream.Signature(Row(config.cols))),
                "o": Out(stream.Signature(8 * config.rows)),
                **dict.fromkeys(["starved", "full"], Out(1)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()

        m.submodules.parameters = parameters = Parameters(self.config)
        connect(m, flipped(self.command), parameters.command)
        connect(m, parameters.question, flipped(self.question))
        lanes = self.config.lanes
        beats = self.config.cols // lanes
        depth = 1 << (Lane.latency // beats + 4).bit_length()

        # A beat begins when its parameters are there, and room for the word that it makes.
        now: Any = Signal(Sight())
        sets = Signal(signed(SETS.bit_length()), init=-1)  # less one; and room for words, too
        free = Signal(signed(depth.bit_length()), init=depth - 1)
        ready, room, go, word_end = Signal(), Signal(), Signal(), Signal()
        command_end = Signal()
        m.d.comb += [
            ready.eq(~sets[-1]),
            room.eq(~free[-1] | (now.beat != 0)),
            go.eq(self.i.valid & ready & room),
            word_end.eq(go & (now.beat == beats - 1)),
            command_end.eq(word_end & self.i.p.end),
            self.i.ready.eq(word_end),
            self.starved.eq(self.i.valid & ~ready),
            self.full.eq(self.i.valid & ready & ~room),
            *(port.eq(own) for port, own in self._shared(parameters)),
        ]
        m.d.sync += [
            sets.eq(sets + parameters.done - command_end),
            free.eq(free - (go & (now.beat == 0)) + (self.o.valid & self.o.ready)),
            now.beat.eq(Mux(word_end, 0, now.beat + go)),
            now.set.eq(now.set + command_end),
        ]

        # What belongs to a command is looked up when it is needed.
        sight: Any = Signal(Sight(), reset_less=True)
        m.d.sync += sight.eq(now)
        later = carried(m, sight, Lane.scale_delay - 1, "sight")
        last = carried(m, sight.set, Lane.clip_delay, "set")
        m.d.comb += [
            parameters.see_bias.eq(sight),
            parameters.see_scale.eq(later),
            parameters.see_operand.eq(later.set),
            parameters.see_clip.eq(last),
            parameters.free.eq(delayed(m, command_end, Lane.clip_delay + 2, "free")),
        ]
        scale = register(m, parameters.scale, "scale")
        operand_scale = register(m, parameters.operand_scale, "operand_scale")
        clip: Any = Signal(Clip())
        for name, delay in ToActivation.clip_delays.items():
            m.d.comb += clip[name].eq(carried(m, parameters.clip[name], delay, name))

        two = register(m, self.i.p.two, "two")
        made: list[Value] = []
        for n in range(lanes):
            m.submodules[f"lane_{n}"] = lane = Lane()
            columns = Array(self.i.p.value[beat * lanes + n] for beat in range(beats))
            value = register(m, columns[now.beat], f"value_{n}")
            m.d.comb += [
                lane.value.eq(Mux(two, value[:16].as_signed(), value.as_signed())),
                lane.operand.eq(Mux(two, value[16:25], 0)),
                lane.bias.eq(parameters.bias.word_select(n, 32)),
                Value.cast(lane.scale).eq(scale.word_select(n, 32)),
                Value.cast(lane.operand_scale).eq(operand_scale),
                lane.clip.eq(clip),
            ]
            made.append(lane.o)

        # Beats are gathered to words.
        m.submodules.words = words = SyncFIFO(width=8 * self.config.rows, depth=depth)
        word = Signal(8 * self.config.rows)
        gathered = Signal(8 * self.config.rows, reset_less=True)
        m.d.comb += [
            word.eq(Cat(gathered, *made)[8 * lanes :]),
            words.w_data.eq(word),
            words.w_en.eq(delayed(m, word_end, Lane.latency + 1, "word_end")),
            self.o.payload.eq(words.r_data),
            self.o.valid.eq(words.r_rdy),
            words.r_en.eq(self.o.ready),
        ]
        with m.If(delayed(m, go, Lane.latency + 1, "go")):
            m.d.sync += gathered.eq(word)
        return m

    def _shared(self, parameters: Parameters) -> list[tuple[Value, Value]]:
        return [
            (parameters.word, self.word),
            (Value.cast(parameters.place), Value.cast(self.place)),
            (parameters.place_valid, self.place_valid),
        ]
