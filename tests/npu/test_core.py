# SPDX-License-Identifier: MIT
"""The whole core against its golden model, on the compiled model."""

import copy
from dataclasses import asdict, replace

import numpy as np
import pytest
from amaranth.back import rtlil

from opsin.config import NPU_SMALL, NPU_TINY
from opsin.npu import Core
from opsin_sim.golden.npu import Error, Opcode, encode
from opsin_sim.npu import Pair, image, random_job

PAUSES = {"latency": 30, "idle": 0.3, "stall": 0.3}


@pytest.fixture(scope="module", params=[NPU_TINY, NPU_SMALL], ids=lambda config: config.name)
def pair(request: pytest.FixtureRequest) -> Pair:
    return Pair(request.param)


@pytest.mark.parametrize("change", [{"cols": 4}, {"rows": 12, "cols": 12}, {"rows": 2, "cols": 2}])
def test_rejects_config(change: dict[str, int]) -> None:
    with pytest.raises(ValueError, match=r"(rows|cols) must"):
        Core(replace(NPU_SMALL, **change))


@pytest.mark.slow
def test_larger_array_elaborates() -> None:
    sizes = dict.fromkeys(["activation_words", "weight_words", "accumulator_rows"], 64)
    config = replace(NPU_SMALL, name="base", rows=16, cols=16, **sizes)
    assert "pe_15_15" in rtlil.convert(Core(config), emit_src=False)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(
    "run",
    [{}, {"latency": 20}, {"idle": 0.5, "stall": 0.5}, {"latency": 100, "idle": 0.2, "stall": 0.2}],
    ids=["full-rate", "latency", "pauses", "all"],
)
def test_random_jobs_back_to_back(pair: Pair, run: dict[str, float], seed: int) -> None:
    for n in range(seed * 25, seed * 25 + 25):
        job = random_job(pair.config, n)
        pair.job(job.memory, job.entry, seed=n, **run)
    pair.look()


@pytest.mark.parametrize("seed", range(4))
def test_damaged_jobs(pair: Pair, seed: int) -> None:
    """Whatever bits are wrong: the same fault at the same place, and no trace of what follows."""
    rng = np.random.default_rng(seed)
    found = set()
    for n in range(40):
        job = random_job(pair.config, int(rng.integers(1 << 30)), descriptors=4)
        program = job.memory[job.entry :][: 64 * 5].reshape(5, 64)
        for _ in range(rng.integers(1, 4)):
            program[rng.integers(5), rng.integers(56)] ^= 1 << rng.integers(8)
        dry = job.memory.copy()
        copy.deepcopy(pair.machine).run(dry, job.entry)
        if not np.array_equal(dry[job.entry :][: 64 * 5], program.ravel()):
            continue  # a STORE over the program has no defined effect
        pair.job(job.memory, job.entry, seed=n, **(PAUSES if n % 2 else {}))
        found.add(Error(pair.model.get("error")))
        pair.look()
    assert len(found) >= 3


ONE = {"rows": 1, "row_words": 1}
ONES = dict.fromkeys(["k0", "k1", "k2", "n0", "n1", "n2"], 1)
A, W, S = "activation_words", "weight_words", "accumulator_rows"


@pytest.mark.parametrize(
    ("opcode", "fields", "memory", "error"),
    [
        (Opcode.LOAD, ONE | {"memory": 1}, None, Error.ALIGNMENT),
        (Opcode.LOAD, ONE | {"memory_stride": 2}, None, Error.ALIGNMENT),
        (Opcode.STORE, ONE | {"memory": 2, "rows": 0}, None, Error.ALIGNMENT),
        (Opcode.STORE, ONE | {"memory_stride": -1}, None, Error.ALIGNMENT),
        (Opcode.LOAD, ONE | {"rows": 0, "space": 3}, None, Error.COUNT),
        (Opcode.STORE, ONE | {"row_words": 0, "local": -1 & 0xFFFFFFFF}, None, Error.COUNT),
        (Opcode.FILL, ONE | {"rows": 0}, None, Error.COUNT),
        (Opcode.MATMUL, ONES | {"n1": 0}, None, Error.COUNT),
        (Opcode.MATMUL, ONES | {"k2": 0}, None, Error.COUNT),
        (Opcode.REQUANTIZE, {}, None, Error.COUNT),
        (Opcode.LOAD, ONE | {"space": 3}, None, Error.RANGE),
        (Opcode.LOAD, ONE | {"space": 2, "local": 8}, None, Error.RANGE),
        (Opcode.LOAD, ONE | {"space": 1, "local": W}, None, Error.RANGE),
        (Opcode.LOAD, ONE | {"space": 0, "local": A, "memory": 1 << 20}, None, Error.RANGE),
        (Opcode.STORE, ONE | {"rows": 2, "local_stride": -1}, None, Error.RANGE),
        (Opcode.FILL, ONE | {"rows": 65535, "local_stride": -(2**31)}, None, Error.RANGE),
        (Opcode.FILL, ONE | {"rows": 2, "local": 1, "local_stride": A}, None, Error.RANGE),
        (Opcode.MATMUL, ONES | {"weights": W}, None, Error.RANGE),
        (Opcode.MATMUL, ONES | dict.fromkeys(["k0", "k1", "k2"], 65535), None, Error.RANGE),
        (Opcode.MATMUL, ONES | {"accumulator": S}, None, Error.RANGE),
        (Opcode.MATMUL, ONES | {"n2": 2, "n2_stride": -1}, None, Error.RANGE),
        (Opcode.MATMUL, ONES | {"k1": 2, "k1_stride": A}, None, Error.RANGE),
        (Opcode.REQUANTIZE, {"count": 2, "accumulator": S}, None, Error.RANGE),
        (Opcode.REQUANTIZE, {"count": 2, "local_stride": -1}, None, Error.RANGE),
        (Opcode.LOAD, ONE | {"memory": 4096}, 4096, Error.MEMORY),
        (Opcode.LOAD, ONE | {"row_words": 2, "memory": "last"}, 4096, Error.MEMORY),
        (Opcode.STORE, ONE | {"rows": 2, "memory_stride": -(2**31)}, None, Error.MEMORY),
        (Opcode.STORE, ONE | {"rows": 65535, "memory_stride": 2**31 - 64}, None, Error.MEMORY),
    ],
)
def test_faults(
    pair: Pair, opcode: Opcode, fields: dict[str, int | str], memory: int | None, error: Error
) -> None:
    """The fault is reported, its descriptor and those behind it leave nothing."""
    values = {"last": (memory or 0) - pair.config.rows, **asdict(pair.config)}
    numbers = {
        name: value if isinstance(value, int) else values[value] for name, value in fields.items()
    }
    before = encode(Opcode.FILL, local=3, value=seed_of(numbers), **ONE)
    program = before, encode(opcode, **numbers), encode(Opcode.FILL, local=0, value=99, **ONE)
    pair.job(image(*program, size=memory or 8192), **PAUSES)
    assert pair.model.get("error") == error
    assert pair.model.get("error_index") == 1
    pair.look()


def seed_of(numbers: dict[str, int]) -> int:
    return sum(numbers.values()) % 100


def test_unknown_opcodes(pair: Pair) -> None:
    for opcode in (0, 7, 128, 255):
        memory = image(encode(Opcode.FILL, value=1, **ONE), encode(Opcode.HALT))
        memory[64] = opcode
        pair.job(memory)
        assert pair.model.get("error") == Error.OPCODE
    pair.look()


@pytest.mark.parametrize("entry", [1, 32, 63])
def test_misaligned_entry(pair: Pair, entry: int) -> None:
    pair.job(image(), entry)
    assert pair.model.get("error") == Error.ALIGNMENT


@pytest.mark.parametrize("size", [0, 32, 64, 100, 128])
def test_program_runs_out_of_memory(pair: Pair, size: int) -> None:
    if size:
        memory = image(encode(Opcode.FILL, value=2, **ONE), size=192)[:size].copy()
        pair.job(memory, **PAUSES)
        assert pair.model.get("error") == (Error.NONE if size == 128 else Error.MEMORY)
    pair.job(np.zeros(4096, np.uint8), 4096)
    assert pair.model.get("error") == Error.MEMORY
    pair.job(np.zeros(4096, np.uint8), 0xFFFFFFC0)
    assert pair.model.get("error") == Error.MEMORY


def test_no_bound(pair: Pair) -> None:
    """``memory_bytes`` 0 is all of 32 bits."""
    memory = image(encode(Opcode.STORE, memory=512, row_words=4, rows=1))
    pair.model.set("entry", 0)
    pair.model.set("memory_bytes", 0)
    pair.model.set("start", 1)
    pair.model.run(memory={"memory": memory}, until="done", timeout=1000)
    pair.model.set("start", 0)
    assert pair.model.get("error") == Error.NONE
    assert np.array_equal(
        memory[512:][: 4 * pair.config.rows], pair.machine.activations[:4].view(np.uint8).ravel()
    )


def test_reset_in_mid_job(pair: Pair) -> None:
    for seed, cycles in enumerate([1, 7, 30, 61, 127, 200, 333, 500, 777]):
        job = random_job(pair.config, seed + 1000)
        pair.start(job.memory, job.entry)
        pair.model.run(memory={"memory": job.memory}, cycles=cycles, **PAUSES)
        pair.model.reset()
        pair.initialize(seed)
        pair.job(random_job(pair.config, seed).memory, random_job(pair.config, seed).entry)
        pair.look()


def test_start_while_running_or_held(pair: Pair) -> None:
    memory = image(encode(Opcode.FILL, value=3, row_words=100, rows=1))
    pair.start(memory)
    pair.model.set("start", 1)
    pair.model.set("entry", 4096 - 64)  # would be a fault
    pair.model.run(memory={"memory": memory}, cycles=60)
    pair.model.set("entry", 0)
    cycles = [
        pair.model.run(memory={"memory": memory}, until="done", timeout=1000).cycles
        for _ in range(3)
    ]
    pair.model.set("start", 0)
    assert pair.model.get("error") == Error.NONE
    assert cycles[0] + 60 + 1 == cycles[1] == cycles[2]
    pair.model.reset()
    pair.initialize(1)
