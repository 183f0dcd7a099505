# SPDX-License-Identifier: MIT
"""Wide shift registers that step now and then."""

from typing import Any

from amaranth import Cat, ClockSignal, Const, Module, Signal, Value
from amaranth.hdl import Instance
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from .target import is_ecp5

__all__ = ["Shift"]

_FAN_OUT = 64  # registers of one enable


class Shift(wiring.Component):
    """The words of the last steps.

    An enable that many registers share is slow. So every 64 of them have their own, in registers
    that synthesis does not merge: on an ECP5 they are instances.

    Parameters
    ----------
    bits : int
        Bits of a word.
    count : int
        Number of words.

    Members
    -------
    step : In(1)
        Take the word that comes in the next cycle.
    word : In(bits)
        The word.
    words : Out(ArrayLayout(bits, count))
        The newest word first.

    Timing
    ------
    ``words`` come from registers without reset, 2 cycles behind ``step``, 1 behind ``word``.
    """

    step: Value
    word: Value
    words: Any

    def __init__(self, bits: int, count: int) -> None:
        self._bits, self._count = bits, count
        words = data.ArrayLayout(bits, count)
        super().__init__({"step": In(1), "word": In(bits), "words": Out(words)})

    def elaborate(self, platform: object) -> Module:
        m = Module()

        share = max(1, _FAN_OUT // self._count)  # bits of the words with one enable
        lanes = []
        for low in range(0, self._bits, share):
            word = self.word[low : low + share]
            enable = Signal(name=f"enable_{low}", reset_less=True)
            if is_ecp5(platform):
                m.submodules[f"enable_{low}"] = _register(self.step, enable)
            else:
                m.d.sync += enable.eq(self.step)
            lane = Signal(len(word) * self._count, name=f"lane_{low}", reset_less=True)
            with m.If(enable):
                m.d.sync += lane.eq(Cat(word, lane))
            lanes.append([lane.word_select(k, len(word)) for k in range(self._count)])
        words = Cat(Cat(lane[k] for lane in lanes) for k in range(self._count))
        m.d.comb += Value.cast(self.words).eq(words)

        return m


def _register(come: Value, go: Value) -> Instance:
    return Instance(
        "TRELLIS_FF",
        p_GSR="AUTO",
        p_CEMUX="1",
        p_CLKMUX="CLK",
        p_LSRMUX="LSR",
        p_SRMODE="LSR_OVER_CE",
        p_REGSET="RESET",
        i_CLK=ClockSignal(),
        i_CE=Const(1),
        i_LSR=Const(0),
        i_DI=come,
        o_Q=go,
    )
