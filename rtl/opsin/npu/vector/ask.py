# SPDX-License-Identifier: MIT
"""Questions to the local memories, and their answers."""

from typing import Any

from amaranth.hdl import Module, Mux, Signal, Value, signed
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from ...config import NpuConfig
from ..scratchpad import READ_LATENCY, LocalRead, LocalReadInterface
from .carry import carried
from .parameters import Place, PlaceQuestion
from .walk import Question, Tag

__all__ = ["Answer", "Ask"]


class Answer(data.StructLayout):
    """A word of the scratchpad, or a row of the accumulator, and what becomes of it."""

    def __init__(self, config: NpuConfig) -> None:
        row = data.ArrayLayout(signed(32), config.cols)
        super().__init__({"word": 8 * config.rows, "row": row, "tag": Tag(), "valid": 1})


class Ask(wiring.Component):
    """Read parameters, and data in order from both memories.

    Parameters are read first. While a question for data is refused, there is no other for data, so
    that none of the other memory overtakes it.

    Parameters
    ----------
    config : NpuConfig

    Members
    -------
    i : In(stream.Signature(Question(config)))
    o : Out(Answer(config))
        It cannot wait.
    parameters : In(stream.Signature(PlaceQuestion(config)))
    place : Out(Place(config)), place_valid : Out(1)
        The parameters read are in ``o.word``, and are to be put there.
    words : Out(LocalRead(scratchpad_words, 8 * rows))
    sums : Out(LocalRead(accumulator_rows, ArrayLayout(signed(32), cols)))

    Timing
    ------
    Memories are asked a cycle later, one question for data per cycle. ``ready`` depends
    combinationally on the memories', ``i.ready`` also on ``parameters.valid``.
    """

    i: stream.Interface
    o: data.View
    parameters: stream.Interface
    place: data.View
    place_valid: Value
    words: LocalReadInterface
    sums: LocalReadInterface

    def __init__(self, config: NpuConfig) -> None:
        sums = data.ArrayLayout(signed(32), config.cols)
        super().__init__(
            {
                "i": In(stream.Signature(Question(config))),
                "o": Out(Answer(config)),
                "parameters": In(stream.Signature(PlaceQuestion(config))),
                "place": Out(Place(config)),
                "place_valid": Out(1),
                "words": Out(LocalRead(config.scratchpad_words, 8 * config.rows)),
                "sums": Out(LocalRead(config.accumulator_rows, sums)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()

        words, sums = self.words.request, self.sums.request
        parameter, place = Signal(), Signal(Place(self.place.shape().config), reset_less=True)
        word_tag, sums_tag = Signal(Tag(), reset_less=True), Signal(Tag(), reset_less=True)
        words_free, sums_free = ~words.valid | words.ready, ~sums.valid | sums.ready
        from_sums = self.i.p.tag.sums
        here = words_free & ~self.parameters.valid
        ordered = sums_free & (words_free | parameter)
        m.d.comb += [
            self.parameters.ready.eq(words_free),
            self.i.ready.eq(ordered & (from_sums | here)),
        ]
        taken = self.i.valid & self.i.ready
        with m.If(words_free):
            m.d.sync += [
                words.valid.eq(self.parameters.valid | (taken & ~from_sums)),
                words.payload.eq(
                    Mux(self.parameters.valid, self.parameters.p.address, self.i.p.address)
                ),
                parameter.eq(self.parameters.valid),
                place.eq(self.parameters.p.place),
                word_tag.eq(self.i.p.tag),
            ]
        with m.If(sums_free):
            m.d.sync += [
                sums.valid.eq(taken & from_sums),
                sums.payload.eq(self.i.p.address),
                sums_tag.eq(self.i.p.tag),
            ]

        # Answers come in step, whichever memory gives them.
        asked_sums = sums.valid & sums.ready
        tag = Signal(Tag())
        m.d.comb += tag.eq(Mux(asked_sums, sums_tag, word_tag))
        answers_parameter = carried(m, parameter, READ_LATENCY, "parameter")
        there: Any = self.words.response.valid
        m.d.comb += [
            self.o.word.eq(self.words.response.data),
            self.o.row.eq(self.sums.response.data),
            self.o.tag.eq(carried(m, tag, READ_LATENCY, "tag")),
            self.o.valid.eq(self.sums.response.valid | (there & ~answers_parameter)),
            self.place.eq(carried(m, place, READ_LATENCY, "place")),
            self.place_valid.eq(there & answers_parameter),
        ]
        return m
