# SPDX-License-Identifier: MIT
"""The vector unit beside its golden model, and without a pause."""

from collections.abc import Iterator

import numpy as np
import pytest

from opsin.config import NPU_SMALL, NPU_TINY
from opsin.npu.isa import FIELDS, Opcode
from opsin.npu.vector import VectorUnit
from opsin_sim.npu.vector_runs import OPCODES, Command, VectorRuns, draw_command, vector_config

SIZES = [(c.rows, c.lanes) for c in (NPU_TINY, NPU_SMALL)] + [(4, 4), (4, 1)]


@pytest.fixture(scope="module", params=SIZES, ids=lambda size: f"{size[0]}-{size[1]}")
def bench(request: pytest.FixtureRequest) -> Iterator[VectorRuns]:
    bench = VectorRuns(*request.param)
    with bench.model:
        yield bench


@pytest.mark.parametrize("seed", range(4))
def test_random_commands(bench: VectorRuns, seed: int) -> None:
    """Commands one behind the other, with a source that pauses, and memories that refuse."""
    rng = np.random.default_rng(seed)
    bench.fill(rng)
    bench.refuse((0, 0, 8, 12)[seed], (0, 0, 8, 12)[seed])
    commands = [draw_command(rng, part) for part in range(120)]
    bench.run(commands, idle=(seed % 2) * 0.9, seed=seed)
    bench.refuse(0, 0)
    assert (bench.look() == bench.words).all()


@pytest.mark.parametrize("inner", [0, 1])
@pytest.mark.parametrize("opcode", OPCODES, ids=lambda opcode: opcode.name)
def test_cycles(bench: VectorRuns, opcode: Opcode, inner: int) -> None:
    """A command alone, and commands in a row, take what the Timing section says."""
    bench.fill(np.random.default_rng(7))
    reads = 2 if opcode is Opcode.ADD else 1
    fields = {"n0": 12, "n1": 1, "local_n0_stride": 1, "local": 256, "maximum": 127}
    fields |= {"source": 40, "source_n0_stride": 1}
    if "k0" in FIELDS[opcode]:
        fields |= {"k0": 1 + inner, "k1": 1 + 2 * inner, "source_k0_stride": 64}
        reads = fields["k0"] * fields["k1"]
    latency = LATENCY + (4 if opcode is Opcode.REQUANTIZE else 0)
    each = max(bench.beats, reads)
    for words in 1, 2, 12:
        alone = bench.run([(opcode, fields | {"n0": words})])
        assert alone == latency + reads + bench.beats + (words - 1) * each
    assert bench.run([(opcode, fields)] * 9) - alone == 8 * 12 * each
    assert (bench.look() == bench.words).all()


LATENCY = 44


def test_parameters_do_not_pause(bench: VectorRuns) -> None:
    """The parameters of commands of eight beats and more are read meanwhile."""
    rng = np.random.default_rng(8)
    bench.fill(rng)
    words = max(10 // bench.beats, 1)
    fields = {"n0": words, "n1": 1, "local": 256, "minimum": -128, "maximum": 127}
    fields |= {"local_n0_stride": 1, "source_n0_stride": 1}
    commands: list[Command] = [
        (Opcode.REQUANTIZE, fields | {"parameters": 8 * (n % 8), "source": n, "local": 256 + n})
        for n in range(40)
    ]
    several = bench.run(commands[:7])
    assert bench.run(commands) - several <= 33 * max(words * bench.beats, 11)
    assert (bench.look() == bench.words).all()


def test_writes_that_wait(bench: VectorRuns) -> None:
    """Long commands whose words nobody takes for long."""
    bench.fill(np.random.default_rng(9))
    bench.refuse(0, 15)
    fields = {"n0": 64, "n1": 2, "local_n0_stride": 1, "local_n1_stride": 64}
    fields |= {"minimum": -128, "maximum": 127, "source_n0_stride": 1, "local": 256}
    bench.run([(Opcode.REQUANTIZE, fields), (Opcode.MAXIMUM, fields | {"k0": 1, "k1": 1})])
    bench.refuse(0, 0)
    bench.run([(Opcode.REQUANTIZE, fields | {"local": 384})])
    assert (bench.look() == bench.words).all()


def test_short_commands(bench: VectorRuns) -> None:
    """Many commands of one word, each with limits and zero points of its own."""
    rng = np.random.default_rng(10)
    bench.fill(rng)
    commands: list[Command] = []
    for n in range(200):
        opcode, fields = draw_command(rng, 0)
        fields |= {
            "n0": 1,
            "n1": 1,
            "local": 256 + n,
            "minimum": -n % 128 - 128,
            "maximum": n % 128,
        }
        commands.append((opcode, fields | ({"k0": 1, "k1": 1} if "k0" in fields else {})))
    bench.run([c for c in commands if c[0] is not Opcode.REQUANTIZE])
    bench.run(commands)
    assert (bench.look() == bench.words).all()


def test_stop(bench: VectorRuns) -> None:
    """Commands are given up at any time, and the next ones are right."""
    rng = np.random.default_rng(5)
    bench.fill(rng)
    for wait in range(1, 130, 7):
        commands = [draw_command(rng, part) for part in range(4)]
        bench.refuse(wait % 3 * 5, wait % 4 * 5)
        bench.model.run({"command": bench.packed(commands)}, cycles=wait)
        bench.model.set("stop", 1)
        bench.model.run(cycles=1)
        bench.model.set("stop", 0)
        given = bench.model.get("finished")
        bench.model.run(cycles=20)
        assert not bench.model.get("busy")
        assert bench.model.get("finished") == given
        # of the words a command has written some were not: write them all again
        bench.words[256:] = rng.integers(-128, 128, (256, bench.size))
        bench.write()
        bench.run([draw_command(rng, part) for part in range(3)])
    bench.refuse(0, 0)
    assert (bench.look() == bench.words).all()


def test_rejects_lanes() -> None:
    with pytest.raises(ValueError, match="lanes must be 16 or a half or a quarter of it, not 2"):
        VectorUnit(vector_config(16, 2))
