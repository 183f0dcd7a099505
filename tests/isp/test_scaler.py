# SPDX-License-Identifier: MIT
"""The scaler against its golden model, and the golden model against Pillow."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from skimage import data

from opsin.isp import CoefficientWrite, Scaler
from opsin.isp.scaler_filter import PHASES
from opsin_sim.blocks import PAUSES, random_frames
from opsin_sim.golden import isp
from opsin_sim.harness import (
    Model,
    SimulationTimeout,
    check_block,
    needs_cocotb,
    needs_icarus,
    pack,
)
from opsin_sim.video import from_beats, to_beats

SIMULATORS = ["verilator", pytest.param("icarus", marks=needs_icarus)]
Table = NDArray[np.int16]


class Form(NamedTuple):
    depth: int
    ppc: int
    lanes: int


FORMS = [Form(10, 1, 1), Form(8, 1, 3), Form(12, 2, 3), Form(16, 4, 1)]
LANCZOS = isp.scaler_coefficients()

SIZES = [  # in units of ppc across
    ((8, 8), (8, 8)),
    ((16, 16), (8, 8)),
    ((17, 13), (10, 9)),
    ((16, 12), (3, 5)),
    ((9, 9), (13, 4)),
    ((5, 6), (20, 24)),
    ((8, 8), (7, 31)),
    ((33, 21), (32, 20)),
    ((64, 33), (8, 4)),
    ((63, 47), (4, 3)),
    ((40, 9), (33, 1)),
    ((3, 40), (1, 6)),
    ((1, 1), (5, 4)),
    ((8, 8), (1, 1)),
    ((2, 2), (2, 2)),
]


@pytest.fixture(scope="module", params=FORMS, ids=str)
def model(request: pytest.FixtureRequest) -> Iterator[tuple[Model, Form]]:
    form = request.param
    with Model(
        Scaler(depth=form.depth, max_width=64 * form.ppc, ppc=form.ppc, lanes=form.lanes)
    ) as model:
        yield model, form


def tables(seed: int) -> tuple[Table, Table]:
    """Anything, with the greatest coefficients: results saturate."""
    rng = np.random.default_rng(seed)
    table = rng.integers(-512, 512, (2, PHASES, 3)).astype(np.int16)
    table[:, 3], table[:, 7] = 511, -512
    return table[0], table[1]


def writes(across: Table, down: Table) -> NDArray[Any]:
    return pack(CoefficientWrite(), isp.scaler_writes(across, down))


def fresh(dut: Model) -> None:
    """Reset, with the first tables: those of the test before have stayed."""
    dut.reset()
    for bank in (1, 0):
        dut.set("bank", bank)
        dut.run(cycles=3)
        dut.run(sources={"write": writes(LANCZOS, LANCZOS)}, timeout=1000)


def ports(size: tuple[int, int], registers: isp.ScalerRegisters, bank: int = 0) -> dict[str, int]:
    return {"width": size[0], "height": size[1], "bank": bank, **registers._asdict()}


class Job(NamedTuple):
    """A frame, its settings, and what is to come."""

    frame: NDArray[np.uint16]
    ports: dict[str, int]
    wanted: NDArray[np.uint16]


def job(
    size: tuple[int, int],
    size_out: tuple[int, int],
    form: Form,
    *,
    seed: int = 1,
    bank: int = 0,
    across: Table = LANCZOS,
    down: Table = LANCZOS,
    **changes: int,
) -> Job:
    size, size_out = (size[0] * form.ppc, size[1]), (size_out[0] * form.ppc, size_out[1])
    registers = isp.scaler_registers(size, size_out)._replace(**changes)
    (frame,) = random_frames(form.depth, channels=3, sizes=[size], seed=seed)
    wanted = isp.scaler(frame, registers, across, down, depth=form.depth)
    return Job(frame, ports(size, registers, bank), wanted)


def decoy(values: dict[str, int]) -> dict[str, int]:
    """Other settings, but for the bank, which lets writes pass."""
    turn = dict.fromkeys(("average_x", "average_y", "bypass"), 1) | {"bank": 0}
    return {name: value ^ turn.get(name, 5) for name, value in values.items()}


def run(dut: Model, jobs: Sequence[Job], form: Form, **pauses: Any) -> list[NDArray[Any]]:
    """Frames one behind the other; settings change as soon as the first beat is in.

    A frame's last beat is still in the block when the next comes.
    """
    pauses = {"seed": 1, "timeout": 1_000_000} | pauses
    pieces: list[NDArray[Any]] = []
    for frame, values, wanted in jobs:
        beats = to_beats(frame, form.depth, form.ppc)
        for name, value in values.items():
            dut.set(name, value)
        first = dut.run(sources={"i": beats[:1]}, sinks={"o": 1 if pieces else 0}, **pauses)
        for name, value in decoy(values).items():
            dut.set(name, value)
        count = wanted.shape[0] * wanted.shape[1] // form.ppc - 1
        rest = dut.run(sources={"i": beats[1:]}, sinks={"o": count}, **pauses)
        pieces += [first.outputs["o"], rest.outputs["o"]]
    pieces.append(dut.run(sinks={"o": 1}, **pauses).outputs["o"])
    packed = np.concatenate(pieces)
    got = []
    for item in jobs:
        height, width = item.wanted.shape[:2]
        piece, packed = np.split(packed, [width * height // form.ppc])
        got.append(from_beats(piece, width, height, depth=form.depth, ppc=form.ppc, channels=3))
    return got


def check(dut: Model, jobs: Sequence[Job], form: Form, **pauses: Any) -> None:
    for item, got in zip(jobs, run(dut, jobs, form, **pauses), strict=True):
        assert np.array_equal(got, item.wanted), item.ports


def test_golden_by_hand() -> None:
    line = np.array([10, 20, 30, 40, 50, 61], dtype=np.uint16).reshape(1, 6, 1)
    zeros = np.zeros((16, 3), dtype=np.int16)

    def across(table: Table, **values: int) -> list[int]:
        registers = isp.ScalerRegisters(4, 1, 1 << 16, 1 << 16, 0, 0)._replace(**values)
        return isp.scaler(line, registers, table, zeros, depth=8)[0, :, 0].tolist()

    assert across(zeros) == [10, 20, 30, 40]
    assert across(zeros, step_x=3 << 15) == [10, 20, 40, 50]  # 0, 1.5, 3, 4.5
    assert across(zeros, phase_x=-2 << 16) == [10, 10, 10, 20]
    assert across(zeros, phase_x=4 << 16) == [50, 61, 61, 61]
    assert across(zeros, average_x=1) == [15, 35, 56, 56]  # 55.5 up
    assert across(zeros, average_x=2) == [25] * 4  # two pixels are left over
    table = zeros.copy()
    table[8] = 64, 128, -64  # 64, 128, 128, -64 of 256
    # 20 + (-10 · 64 + 10 · 128 - 20 · 64) / 256 = 17.5, up
    assert across(table, phase_x=0x18000)[0] == 18
    table[8] = 0, 511, 0
    assert across(table, phase_x=0x18000)[0] == 40  # 39.96
    line *= 4  # 80 and 120, then 40 and 80
    assert across(table * 2, phase_x=0x18000)[:2] == [240, 255]  # 80 + 159.7, 120 + 159.7
    assert across(table * -2, phase_x=0x8000)[:2] == [0, 0]


def test_golden_tables() -> None:
    """Even areas stay, whatever the table; equal sizes change nothing, also without bypass."""
    flat = np.full((20, 20, 3), 77, dtype=np.uint16)
    registers = isp.scaler_registers((20, 20), (13, 31))
    assert (isp.scaler(flat, registers, *tables(1), depth=8) == 77).all()
    (frame,) = random_frames(10, channels=3, sizes=[(9, 7)])
    registers = isp.scaler_registers((9, 7), (9, 7))
    assert registers.bypass
    for bypass in (0, 1):
        same = isp.scaler(frame, registers._replace(bypass=bypass), LANCZOS, LANCZOS, depth=10)
        assert np.array_equal(same, frame)
    for ratio in (0.25, 1.0, 1.5, 1.99, 4.0):
        table = isp.scaler_coefficients(ratio).astype(int)
        assert np.array_equal(table[1:, 0], table[:0:-1, 2])
        assert np.abs(table[1:, 1] - (256 - table.sum(axis=1))[:0:-1]).max() <= 2


@pytest.mark.parametrize(
    ("size", "method", "least"),
    [
        ((300, 300), Image.Resampling.LANCZOS, 39.5),
        ((400, 380), Image.Resampling.LANCZOS, 41.0),
        ((256, 256), Image.Resampling.BICUBIC, 41.5),
        ((200, 150), Image.Resampling.BICUBIC, 38.5),
        ((100, 75), Image.Resampling.BICUBIC, 36.0),
        ((64, 64), Image.Resampling.BICUBIC, 37.0),
        ((800, 700), Image.Resampling.BICUBIC, 51.5),
        ((2048, 1024), Image.Resampling.BICUBIC, 53.5),
    ],
)
def test_golden_quality(size: tuple[int, int], method: Image.Resampling, least: float) -> None:
    """A photograph, against Pillow's resize with filters as long as they need to be, in dB."""
    picture = data.astronaut()
    registers = isp.scaler_registers((512, 512), size)
    across, down = (isp.scaler_coefficients(step / 65536) for step in registers[2:4])
    got = isp.scaler(picture.astype(np.uint16), registers, across, down, depth=8)
    wanted = np.asarray(Image.fromarray(picture).resize(size, method))
    error = np.mean((got.astype(float) - wanted) ** 2)
    assert 10 * np.log10(255**2 / error) > least


@pytest.mark.parametrize("pauses", PAUSES.values(), ids=PAUSES)
def test_model(model: tuple[Model, Form], pauses: Any) -> None:
    dut, form = model
    fresh(dut)
    jobs = [job(a, b, form, seed=k) for k, (a, b) in enumerate(SIZES)]
    jobs.insert(4, job((20, 9), (20, 9), form, bypass=0))
    jobs.insert(7, job((200, 5), (200, 5), form))  # bypass, wider than the memories
    check(dut, jobs, form, **pauses)


@pytest.mark.parametrize("pauses", [PAUSES["full rate"], PAUSES["both"]], ids=["full rate", "both"])
def test_settings(model: tuple[Model, Form], pauses: Any) -> None:
    """Every average with every other, odd places and steps."""
    dut, form = model
    fresh(dut)
    rng = np.random.default_rng(3)
    jobs = []
    for k in range(16):
        changes: Any = {"average_x": k % 4, "average_y": k // 4, "bypass": 0}
        changes |= {f"step_{c}": int(rng.integers(0, 3 << 16)) for c in "xy"}
        changes |= {f"phase_{c}": int(rng.integers(-2 << 16, 8 << 16)) for c in "xy"}
        size = int(rng.integers(8, 25)), int(rng.integers(8, 25))
        jobs.append(job(size, (int(rng.integers(1, 17)), int(rng.integers(1, 9))), form, **changes))
    jobs.append(job((30, 30), (2, 2), form, step_x=0xFFFFF, step_y=0xFFFFF))  # 16 lines at a time
    jobs.append(job((30, 5), (2, 40), form, step_y=0, phase_x=-2 << 16, phase_y=-2 << 16))
    check(dut, jobs, form, **pauses)


def test_tables(model: tuple[Model, Form]) -> None:
    dut, form = model
    fresh(dut)
    for bank, seed in ((1, 1), (0, 2), (1, 3)):
        across, down = tables(seed)
        dut.set("bank", 1 - bank)
        dut.run(sources={"write": writes(across, down)}, timeout=1000)
        jobs = [
            job(a, b, form, bank=bank, across=across, down=down, seed=seed, bypass=0)
            for a, b in SIZES[1:6]
        ]
        check(dut, jobs, form, **PAUSES["both"])


def test_writes_wait(model: tuple[Model, Form]) -> None:
    """Tables in use cannot be written."""
    dut, form = model
    fresh(dut)
    item = job((16, 16), (8, 8), form)
    for name, value in item.ports.items():
        dut.set(name, value)
    beats = to_beats(item.frame, form.depth, form.ppc)
    dut.run(sources={"i": beats[:20]}, sinks={"o": 0})
    dut.set("bank", 1)
    with pytest.raises(SimulationTimeout):
        dut.run(sources={"write": writes(*tables(1))}, sinks={"o": 0}, timeout=1000)
    out = dut.run(sources={"i": beats[20:]}, sinks={"o": 64}).outputs["o"]
    got = from_beats(out, 8 * form.ppc, 8, depth=form.depth, ppc=form.ppc, channels=3)
    assert np.array_equal(got, item.wanted)
    dut.run(sources={"write": writes(*tables(1))}, timeout=1000)


def test_standstill(model: tuple[Model, Form]) -> None:
    """A sink that takes nothing for long loses nothing."""
    dut, form = model
    fresh(dut)
    item = job((5, 6), (20, 24), form)
    for name, value in item.ports.items():
        dut.set(name, value)
    beats = to_beats(item.frame, form.depth, form.ppc)
    dut.run(sources={"i": beats[:10]}, sinks={"o": 0}, timeout=1000)
    dut.run(cycles=300)
    out = dut.run(sources={"i": beats[10:]}, sinks={"o": 20 * 24}).outputs["o"]
    got = from_beats(out, 20 * form.ppc, 24, depth=form.depth, ppc=form.ppc, channels=3)
    assert np.array_equal(got, item.wanted)
    check(dut, [job((20, 9), (20, 9), form)], form, stall=0.95)


def test_strays(model: tuple[Model, Form]) -> None:
    """Beats outside a frame are dropped."""
    dut, form = model
    fresh(dut)
    item = job((8, 8), (4, 4), form)
    for name, value in item.ports.items():
        dut.set(name, value)
    beats = to_beats(item.frame, form.depth, form.ppc)
    dut.run(sources={"i": beats[5:]}, sinks={"o": 0}, timeout=1000)
    check(dut, [item], form)


@pytest.mark.parametrize(
    ("size", "size_out"),
    [
        ((60, 40), (30, 20)),
        ((60, 40), (19, 12)),
        ((60, 40), (40, 30)),
        ((15, 10), (60, 40)),
    ],
)
def test_cycles(model: tuple[Model, Form], size: Any, size_out: Any) -> None:
    """No more than is said."""
    dut, form = model
    fresh(dut)
    item = job(size, size_out, form)
    for name, value in item.ports.items():
        dut.set(name, value)
    beats = to_beats(item.frame, form.depth, form.ppc)
    height, width = item.wanted.shape[:2]
    cycles = dut.run(sources={"i": beats}, sinks={"o": width * height // form.ppc}).cycles
    coming = size[0] * form.ppc / min(form.ppc, 1 << item.ports["average_x"])
    line = max(coming, width * 3 // form.lanes) + 5
    repeated = max(0, height - size[1])
    assert cycles <= size[1] * line + (repeated + 3) * (width * 3 // form.lanes + 5) + 60


def test_bypass_cycles(model: tuple[Model, Form]) -> None:
    dut, form = model
    fresh(dut)
    item = job((50, 20), (50, 20), form)
    for name, value in item.ports.items():
        dut.set(name, value)
    beats = to_beats(item.frame, form.depth, form.ppc)
    run = dut.run(sources={"i": beats}, sinks={"o": len(beats)})
    assert run.cycles <= len(beats) + 15


@pytest.mark.parametrize("lanes", [1, 3])
def test_spare_width(lanes: int) -> None:
    """Frames that are only made smaller do without the newest line's memory.

    One lane keeps the newest line in the unused half of the others' memory.
    """
    form = Form(10, 1, lanes)
    with Model(Scaler(depth=10, max_width=48, spare_width=32, lanes=lanes)) as dut:
        sizes = [((60, 20), (48, 14)), ((60, 20), (16, 10)), ((60, 20), (16, 30)), SIZES[7]]
        sizes += [((60, 20), (33, 20)), ((90, 80), (32, 60)), *SIZES[:7], *SIZES[8:10]]
        sizes += [((64, 33), (32, 16)), ((7, 9), (32, 40)), *SIZES[11:]]
        for pauses in (PAUSES["full rate"], PAUSES["both"]):
            check(dut, [job(a, b, form) for a, b in sizes], form, **pauses)


@needs_cocotb
@pytest.mark.parametrize("simulator", SIMULATORS)
def test_cocotb(simulator: str, tmp_path: Path, subtests: pytest.Subtests) -> None:
    item = job((13, 9), (10, 7), FORMS[0])
    cases = check_block(
        Scaler(depth=10, max_width=16),
        to_beats(item.frame, 10),
        to_beats(item.wanted, 10),
        ports=item.ports,
        frame=(10, 7),
        simulator=simulator,
        build_dir=tmp_path,
    )
    for case in cases:
        with subtests.test(case.name):
            assert case.failure is None, case.failure


def test_rejects() -> None:
    with pytest.raises(ValueError, match=r"depth must be in 8\.\.16, not 7"):
        Scaler(depth=7, max_width=64)
    with pytest.raises(ValueError, match="ppc must be 1, 2 or 4, not 3"):
        Scaler(depth=8, max_width=64, ppc=3)
    with pytest.raises(ValueError, match="lanes must be 1 or 3, not 2"):
        Scaler(depth=8, max_width=64, lanes=2)
    with pytest.raises(ValueError, match=r"max_width must be in 1\.\.16384, not 0"):
        Scaler(depth=8, max_width=0)
    with pytest.raises(ValueError, match=r"size_in / size_out must be in 1/4096\.\.32, not 33"):
        isp.scaler_registers((33, 8), (1, 8))
    line = np.zeros((4, 4, 1), dtype=np.uint16)
    registers = isp.scaler_registers((4, 4), (2, 2))
    with pytest.raises(ValueError, match="phase must be from -131072, not -131073"):
        isp.scaler(line, registers._replace(phase_x=-131073), LANCZOS, LANCZOS, depth=8)
    with pytest.raises(ValueError, match="picture must have 8 samples or more, not 4"):
        isp.scaler(line, registers._replace(average_x=3), LANCZOS, LANCZOS, depth=8)
