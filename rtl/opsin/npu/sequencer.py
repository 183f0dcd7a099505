# SPDX-License-Identifier: MIT
"""Descriptors to units, in order."""

from typing import Any

from amaranth.hdl import Module, Value
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out
from amaranth.utils import exact_log2

from .check import Checked
from .descriptor import Descriptor
from .isa import DESCRIPTOR_BYTES, Error, Opcode

__all__ = ["Sequencer"]

_UNITS = (Opcode.LOAD, Opcode.STORE, Opcode.FILL, Opcode.MATMUL, Opcode.REQUANTIZE)


class Sequencer(wiring.Component):
    """Start, stop and report jobs; give each checked descriptor to its unit.

    A descriptor is looked at when no unit is busy. So the first fault stops a job after all before
    it has taken effect, and before anything behind it has. A job is done when fetching has stopped
    and memory owes nothing.

    Members
    -------
    start : In(1), entry : In(32)
        Run the job at this address. Looked at only when no job is running.
    done : Out(1)
        The job has ended; until the next starts.
    error : Out(Error), error_index : Out(32)
        How, and at which descriptor; valid with ``done``.
    begin : Out(1), stop : Out(1)
        Start and stop fetching.
    ended : In(1)
        No descriptor is left within memory.
    quiet : In(1)
        Nothing is being fetched, memory owes nothing.
    i : In(stream.Signature(Checked()))
    load, store, fill, matmul, requantize : Out(stream.Signature(Descriptor(...)))
    busy : In(1)
        Of any unit. A unit that is not busy is ready.
    running : Out(1)
        From the cycle after ``start`` until ``done``.
    waiting : Out(1)
        No unit is busy, and no checked descriptor is there.
    issued : Out(1)
        A descriptor goes to its unit, or HALT ends the job.

    Timing
    ------
    A descriptor leaves in the cycle after the one in which it is there and no unit is busy: that
    decision reaches too far for one cycle. ``done`` follows HALT after two cycles or more. Only
    the commands' payload, ``begin``, ``waiting`` and ``issued`` have combinational inputs.
    """

    start: Value
    entry: Value
    done: Value
    error: Any
    error_index: Value
    begin: Value
    stop: Value
    ended: Value
    quiet: Value
    i: stream.Interface
    load: stream.Interface
    store: stream.Interface
    fill: stream.Interface
    matmul: stream.Interface
    requantize: stream.Interface
    busy: Value
    running: Value
    waiting: Value
    issued: Value

    def __init__(self) -> None:
        super().__init__(
            {
                "start": In(1),
                "entry": In(32),
                "done": Out(1),
                "error": Out(Error),
                "error_index": Out(32),
                "begin": Out(1),
                "stop": Out(1),
                "ended": In(1),
                "quiet": In(1),
                "i": In(stream.Signature(Checked())),
                **{unit.name.lower(): Out(stream.Signature(Descriptor(unit))) for unit in _UNITS},
                "busy": In(1),
                "running": Out(1),
                "waiting": Out(1),
                "issued": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()

        opcode = self.i.p.descriptor[:8]
        with m.FSM():
            with m.State("IDLE"), m.If(self.start):
                m.d.sync += [
                    self.done.eq(0),
                    self.error.eq(Error.NONE),
                    self.error_index.eq(0),
                ]
                with m.If(self.entry[: exact_log2(DESCRIPTOR_BYTES)].any()):
                    m.d.sync += self.error.eq(Error.ALIGNMENT)
                    m.next = "STOP"
                with m.Else():
                    m.d.comb += self.begin.eq(1)
                    m.next = "LOOK"
            with m.State("LOOK"):
                m.d.comb += [self.running.eq(1), self.waiting.eq(~self.busy & ~self.i.valid)]
                with m.If(~self.busy & self.i.valid):
                    m.d.sync += self.error.eq(self.i.p.error)
                    with m.If(self.i.p.error != Error.NONE):
                        m.next = "STOP"
                    with m.Elif(opcode == Opcode.HALT.value):
                        m.d.comb += self.issued.eq(1)
                        m.next = "STOP"
                    with m.Else():
                        for unit in _UNITS:
                            command = getattr(self, unit.name.lower())
                            m.d.sync += command.valid.eq(opcode == unit.value)
                        m.next = "ISSUE"
                with m.Elif(~self.busy & self.ended):
                    m.d.sync += self.error.eq(Error.MEMORY)
                    m.next = "STOP"
            with m.State("ISSUE"):
                m.d.comb += [self.running.eq(1), self.issued.eq(1), self.i.ready.eq(1)]
                m.d.sync += self.error_index.eq(self.error_index + 1)
                for unit in _UNITS:
                    m.d.sync += getattr(self, unit.name.lower()).valid.eq(0)
                m.next = "LOOK"
            with m.State("STOP"):
                m.d.comb += [self.running.eq(1), self.stop.eq(1)]
                with m.If(self.quiet):
                    m.d.sync += self.done.eq(1)
                    m.next = "IDLE"

        for unit in _UNITS:
            m.d.comb += getattr(self, unit.name.lower()).payload.eq(self.i.p.descriptor)

        return m
