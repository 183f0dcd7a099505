# SPDX-License-Identifier: MIT
"""What the scaler does line by line."""

from typing import Any

from amaranth import Module, Mux, Signal, Value, signed, unsigned
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

__all__ = ["Pass", "PassPlanner"]


class Pass(data.StructLayout):
    """One line through the line memories.

    Members
    -------
    skip : the line that comes is dropped (nothing else counts)
    comes : a line comes; 0: only memories are read
    adds : the newest line is the one begun before, plus what comes
    again : the newest line, without the line that comes, is that of the frame's last
    closes : the newest line is complete
    emits : a line leaves
    shift : the oldest line is dropped
    top : there are no older lines; they are the newest
    phase : of the line that leaves
    """

    def __init__(self) -> None:
        flags = ("skip", "comes", "adds", "again", "closes", "emits", "shift", "top")
        super().__init__({**dict.fromkeys(flags, unsigned(1)), "phase": unsigned(4)})


class PassPlanner(wiring.Component):
    """Say what becomes of each line that comes, and which lines leave.

    Lines that leave are due when the second line below their place has come; at the frame's end
    that line repeats the last. Several that lie between the same lines leave one after the other.

    Members
    -------
    start : In(1)
        Begin a frame; the settings are constant from then on until ``busy`` falls.
    height, height_out : In(unsigned(16))
    average : In(2)
        Log2 of the lines to average.
    first : In(signed(20)), step : In(unsigned(20))
        Place of the first line that leaves, and the way to the next, Q4.16.
    busy : Out(1)
        Passes are to come.
    o : Out(stream.Signature(Pass()))

    Timing
    ------
    A pass every 5 cycles. No combinational paths.
    """

    start: Value
    height: Value
    height_out: Value
    average: Value
    first: Value
    step: Value
    busy: Value
    o: stream.Interface

    def __init__(self) -> None:
        super().__init__(
            {
                "start": In(1),
                "height": In(16),
                "height_out": In(16),
                "average": In(2),
                "first": In(signed(20)),
                "step": In(20),
                "busy": Out(1),
                "o": Out(stream.Signature(Pass())),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        plan: Any = self.o.payload
        lines, groups, leaving = Signal(16), Signal(16), Signal(16)
        part, whole = Signal(3), Signal(3)
        top, replay = Signal(), Signal()
        wait, due = Signal(5), Signal(5)  # lines still to come until one leaves
        none_left, one_left, no_lines, no_groups, last = (Signal() for _ in range(5))
        entry = ((self.first >> 16)[:4] + 2)[:4]
        moves, enters = Signal(), Signal(4)

        # Place of the next to leave, and of the one after. What enables all this is a register.
        fraction, ahead = Signal(16), Signal(21)
        fresh, turn = Signal(), Signal()
        with m.If(turn):
            m.d.sync += [
                leaving.eq(Mux(fresh, self.height_out, leaving - 1)),
                fraction.eq(Mux(fresh, self.first[:16], ahead[:16])),
                ahead.eq(Mux(fresh, self.first[:16], ahead[:16]) + self.step),
            ]
        m.d.sync += [fresh.eq(0), turn.eq(0), enters.eq(entry)]

        # What is left, counted from the plan, which is a register.
        planned = Signal()
        m.d.sync += planned.eq(0)
        with m.If(planned & plan.comes):
            m.d.sync += lines.eq(lines - 1)
        with m.If(planned & plan.comes & ~plan.skip):
            m.d.sync += [part.eq(Mux(last, 0, part + 1)), groups.eq(groups - last)]
        with m.If(planned & plan.closes & ~plan.skip):
            m.d.sync += [top.eq(top & ~plan.shift), wait.eq(Mux(plan.emits, ahead[16:], due))]
        with m.If(planned & plan.emits):
            m.d.sync += replay.eq(~moves & ~one_left)

        with m.FSM():
            with m.State("IDLE"):
                m.d.sync += [
                    fresh.eq(1),
                    turn.eq(1),
                    lines.eq(self.height),
                    groups.eq(self.height >> self.average),
                    whole.eq((1 << self.average) - 1),
                    part.eq(0),
                    top.eq(1),
                    replay.eq(0),
                    self.busy.eq(self.start),
                ]
                with m.If(self.start):
                    m.next = "LOOK"
            with m.State("LOOK"):
                m.d.sync += [
                    none_left.eq(leaving == 0),
                    one_left.eq(leaving == 1),
                    no_lines.eq(lines == 0),
                    no_groups.eq(groups == 0),
                    last.eq(part == whole),
                    moves.eq(ahead[16:] != 0),
                ]
                m.next = "CHOOSE"
            with m.State("CHOOSE"):
                real = ~replay & ~no_lines
                m.d.sync += [
                    plan.skip.eq(real & (none_left | no_groups)),
                    plan.comes.eq(real),
                    plan.adds.eq(replay | (part != 0)),
                    plan.again.eq(~replay & no_lines),
                    plan.closes.eq(~real | last),
                    plan.top.eq(top),
                    plan.phase.eq(fraction[12:]),
                    due.eq(Mux(replay, 0, Mux(top, enters, wait - 1))),
                ]
                m.next = "PLAN"
                with m.If(no_lines & none_left):
                    m.d.sync += self.busy.eq(0)
                    m.next = "IDLE"
            with m.State("PLAN"):
                emits = plan.closes & ~plan.skip & (due == 0)
                shift = plan.closes & ~plan.skip & (~emits | moves)
                m.d.sync += [
                    plan.emits.eq(emits),
                    plan.shift.eq(shift),
                    self.o.valid.eq(1),
                    turn.eq(emits),
                    planned.eq(1),
                ]
                m.next = "OFFER"
            with m.State("OFFER"):
                m.d.sync += self.o.valid.eq(self.o.valid & ~self.o.ready)
                with m.If(~self.o.valid):
                    m.next = "LOOK"

        return m
