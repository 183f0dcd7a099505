# SPDX-License-Identifier: MIT
"""The checkers of benches see what they are there for."""

from pathlib import Path

import numpy as np
import pytest
from amaranth.hdl import Module, Mux, Signal, unsigned
from amaranth.lib import enum, wiring
from amaranth.lib.wiring import In, Out

from opsin.common.stream import Buffer
from opsin.common.video import Beat, VideoSignature
from opsin_sim.harness import Case, check_block, needs_cocotb
from opsin_sim.video import to_beats

pytestmark = needs_cocotb
FRAME = np.random.default_rng(1).integers(0, 256, (6, 8))
BEATS = to_beats(FRAME, 8)


class Fault(enum.Enum, shape=4):
    NONE = 0
    DROPS_VALID = 1
    CHANGES_PAYLOAD = 2
    LOSES_BEAT = 3
    REPEATS_BEAT = 4
    MISPLACES_SOF = 5
    MISPLACES_EOL = 6
    FLIPS_BITS = 7
    STICKS = 8


class Broken(wiring.Component):
    """A register of video beats that does one thing wrong."""

    i: In(VideoSignature(unsigned(8)))
    o: Out(VideoSignature(unsigned(8)))
    fault: In(Fault)

    def elaborate(self, platform: object) -> Module:
        m = Module()
        beat, full, index, tick = Signal(Beat(unsigned(8))), Signal(), Signal(8), Signal()
        take = self.i.valid & self.i.ready
        give = self.o.valid & self.o.ready
        repeat = (self.fault == Fault.REPEATS_BEAT) & (index == 20) & ~tick
        stick = (self.fault == Fault.STICKS) & (index == 40)
        m.d.comb += [
            self.i.ready.eq((~full | (give & ~repeat)) & ~stick),
            self.o.valid.eq(full & ~((self.fault == Fault.DROPS_VALID) & tick)),
            self.o.payload.eq(beat),
        ]
        with m.If(give):
            m.d.sync += [full.eq(repeat), tick.eq(repeat)]
        with m.Elif(full & (self.fault == Fault.DROPS_VALID)):
            m.d.sync += tick.eq(~tick)
        with m.Elif(full & (self.fault == Fault.CHANGES_PAYLOAD)):
            m.d.sync += beat.pixel[0].eq(beat.pixel[0] + 1)
        with m.If(take):
            m.d.sync += [beat.eq(self.i.payload), full.eq(1), index.eq(index + 1)]
            with m.Switch(self.fault):
                with m.Case(Fault.LOSES_BEAT):
                    m.d.sync += full.eq(index != 20)
                with m.Case(Fault.MISPLACES_SOF):
                    m.d.sync += beat.sof.eq(index == 1)
                with m.Case(Fault.MISPLACES_EOL):
                    m.d.sync += beat.eol.eq(self.i.p.eol & (index != 15))
                with m.Case(Fault.FLIPS_BITS):
                    m.d.sync += beat.pixel[0].eq(self.i.p.pixel[0] ^ Mux(index == 30, 255, 0))
        return m


def check(fault: Fault, tmp_path: Path, expected: np.ndarray = BEATS) -> dict[str, Case]:
    cases = check_block(
        Broken(), BEATS, expected, ports={"fault": fault}, frame=(8, 6), build_dir=tmp_path,
        cycles=1000,
    )  # fmt: skip
    return {case.name.rpartition("=")[2]: case for case in cases}


def test_good_part_passes(tmp_path: Path) -> None:
    cases = check(Fault.NONE, tmp_path)
    assert list(cases) == ["full_rate", "idle", "stall", "both"]
    assert [case.failure for case in cases.values()] == [None] * 4


@pytest.mark.parametrize(
    ("fault", "pattern", "message"),
    [
        (Fault.DROPS_VALID, "stall", "o: valid must stay until ready"),
        (Fault.CHANGES_PAYLOAD, "stall", "o: payload must stay"),
        (Fault.LOSES_BEAT, "full_rate", "eol must be"),
        (Fault.REPEATS_BEAT, "stall", "eol must be"),
        (Fault.MISPLACES_SOF, "full_rate", "o: sof must be 1 at beat 0 of line 0, not 0"),
        (Fault.MISPLACES_EOL, "idle", "o: eol must be 1 at beat 7 of line 1, not 0"),
        (Fault.FLIPS_BITS, "both", "o: payload 30 must be"),
        (Fault.STICKS, "full_rate", "the test did not end in 1000 cycles"),
    ],
)
def test_finds(fault: Fault, pattern: str, message: str, tmp_path: Path) -> None:
    case = check(fault, tmp_path)[pattern]
    assert case.failure is not None
    assert message in case.failure
    assert "(seed 1)" in case.failure


def test_names_missing_and_wrong_payloads(tmp_path: Path) -> None:
    wrong = BEATS.copy()
    wrong[[7, 9]] ^= 1
    failure = str(check(Fault.NONE, tmp_path, wrong)["both"].failure)
    assert f"payload 7 must be {wrong[7]:#x}, not {BEATS[7]:#x} (2 of 48 differ" in failure


def test_payloads_over_64_bits(tmp_path: Path) -> None:
    words = np.random.default_rng(1).integers(0, 1 << 32, (50, 4), np.uint32)
    for case in check_block(Buffer(128), words, words, build_dir=tmp_path):
        assert case.failure is None, case.failure
