# SPDX-License-Identifier: MIT
"""Every way in which a job can go wrong while it runs, and a clean job after each."""

from collections.abc import Iterator
from functools import cache
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from opsin.config import NPU_TINY
from opsin.npu.isa import Error, Opcode, Unit
from opsin_sim.dispatch import DispatchBench, begin, collect, encode, image
from opsin_sim.harness import Model

_SIZE = 4096
_COPY: dict[str, int] = {"row_bytes": 4, "rows": 1, "planes": 1}
_NEST = dict.fromkeys(["k0", "k1", "k2", "n0", "n1", "n2"], 1)


def load(**fields: int) -> bytes:
    return encode(Opcode.LOAD, **_COPY, **fields)


def store(**fields: int) -> bytes:
    return encode(Opcode.STORE, **_COPY, **fields)


def matmul(**fields: int) -> bytes:
    return encode(Opcode.MATMUL, **_NEST, **fields)


def requantize(**fields: int) -> bytes:
    return encode(Opcode.REQUANTIZE, n0=1, n1=1, **fields)


@cache
def bench() -> Model:
    return Model(DispatchBench(NPU_TINY))


@pytest.fixture
def model() -> Iterator[Model]:
    """Run a clean job after the test's."""
    yield bench()
    chain = [load(signal=2), matmul(wait=1, signal=4), requantize(wait=2, signal=8), store(wait=4)]
    ended(bench(), image(*chain, *chain), counts=(2, 2, 2, 2))
    assert verdict(bench()) == (Error.NONE, 8, 512)


def ended(
    model: Model,
    memory: NDArray[np.uint8],
    counts: tuple[int, ...] = (0, 0, 0, 0),
    *,
    entry: int = 0,
    **ports: int,
) -> int:
    """Run a job to its end, which took so many cycles."""
    begin(model, entry, **({"memory_end": _SIZE} | ports))
    run, _ = collect(model, memory, dict(zip(Unit, counts, strict=True)), timeout=20_000)
    return run.cycles


def verdict(model: Model) -> tuple[Error, int, int]:
    return Error(model.get("error")), model.get("error_index"), model.get("error_address")


@pytest.mark.parametrize("entry", [1, 32, 127, 4000])
def test_entry_not_aligned(model: Model, entry: int) -> None:
    ended(model, image(), entry=entry)
    assert verdict(model) == (Error.ALIGNMENT, 0, entry)


@pytest.mark.parametrize(
    ("entry", "window", "index"),
    [
        (0, (0, 256), 4),
        (0, (0, 319), 4),
        (0, (0, 320), None),
        (64, (65, 4096), 0),
        (64, (64, 256), 3),
        (1024, (0, 1024), 0),
        (4096 - 64, (0, 4096), 1),
    ],
)
def test_program_outside_of_memory(
    model: Model, entry: int, window: tuple[int, int], index: int | None
) -> None:
    memory = image(*[load(memory=128)] * 4)
    memory[-64:] = memory[:64]
    count = (4096 - entry) // 64 if index is None else index
    count = 4 if index is None else count
    ended(
        model, memory, (count, 0, 0, 0), entry=entry, memory_begin=window[0], memory_end=window[1]
    )
    if index is None:
        assert verdict(model) == (Error.NONE, 4, entry + 256)
    else:
        assert verdict(model) == (Error.MEMORY, index, entry + 64 * index)


@pytest.mark.parametrize("refused", [1, 4, 60, 64, 124, 252, 256, 316, 320])
def test_memory_refuses_a_descriptor(model: Model, refused: int) -> None:
    index = refused // 64
    good = min(index, 4)
    ended(model, image(*[load()] * 4), (good, 0, 0, 0), refused=refused)
    if index == 5:  # behind HALT
        assert verdict(model) == (Error.NONE, 4, 256)
    else:
        assert verdict(model) == (Error.READ, index, 64 * index)


@pytest.mark.parametrize("kind", ["read", "write"])
@pytest.mark.parametrize("after", range(100, 600, 61))
def test_memory_refuses_a_unit(model: Model, kind: str, after: int) -> None:
    memory = image(*[load(), store()] * 12)
    begin(model, 0, memory_end=_SIZE, load_longest=127, store_longest=63)
    sinks = {f"{unit.name.lower()}_{what}": None for unit in Unit for what in ("begins", "ends")}
    options: dict[str, Any] = {"sinks": sinks, "memory": {"memory": memory}}
    model.run(cycles=after, **options)
    model.set(kind, {"error": 1, "address": 0x1234})
    model.run(cycles=1, **options)
    model.set(kind, {"error": 0, "address": 0})
    model.run(until="done", timeout=1000, **options)
    error, index, address = verdict(model)
    assert (error, address) == (Error.READ if kind == "read" else Error.WRITE, 0x1234)
    assert index % 2 == (kind == "write")


STANDSTILLS = {
    "before HALT": ([load(wait=4)], 0, (0, 0, 0, 0)),
    "of itself": ([store(wait=8)], 0, (0, 0, 0, 0)),
    "before a fence": ([matmul(), matmul(wait=1), load(fence=1)], 1, (0, 1, 0, 0)),
    "with a fence": ([store(), load(fence=1, wait=1)], 1, (0, 0, 0, 1)),
    "before a fault": ([store(), requantize(wait=1), b"\xff" * 64], 1, (0, 0, 0, 1)),
    "in a circle": ([load(wait=2, signal=2), matmul(wait=1, signal=1)], 0, (0, 0, 0, 0)),
    "full queue": ([*[load(wait=2)] * 9, matmul(signal=1), store()], 0, (0, 0, 0, 0)),
    "one too few": ([load(signal=2), matmul(wait=1), matmul(wait=1)], 2, (1, 1, 0, 0)),
}


@pytest.mark.parametrize("name", STANDSTILLS)
def test_tokens_that_cannot_come(model: Model, name: str) -> None:
    program, index, counts = STANDSTILLS[name]
    cycles = ended(model, image(*program), counts)
    assert verdict(model) == (Error.TOKEN, index, 64 * index)
    assert cycles < 60 * (len(program) + 3)


def test_token_from_behind(model: Model) -> None:
    """As long as the queues reach so far, the one who gives may stand behind the one who waits."""
    ended(model, image(*[load(wait=2)] * 7, *[matmul(signal=1)] * 7), (7, 7, 0, 0))
    assert verdict(model) == (Error.NONE, 14, 64 * 14)


def test_token_from_behind_a_full_queue(model: Model) -> None:
    """A command that finishes makes room for the one that gives the token."""
    program = [*[load()] * 3, *[load(wait=2)] * 7, *[matmul(signal=1)] * 7]
    for _ in range(20):  # the unit is not as slow each time
        ended(model, image(*program), (10, 7, 0, 0), load_longest=127)
        assert verdict(model) == (Error.NONE, 17, 64 * 17)


@pytest.mark.parametrize("rounds", [255, 256])
def test_too_many_tokens(model: Model, rounds: int) -> None:
    loop = encode(Opcode.LOOP, count=rounds, length=1)
    ended(model, image(load(), loop, load(signal=2)), (rounds + 1, 0, 0, 0))
    if rounds == 255:
        assert verdict(model) == (Error.NONE, 3, 192)
    else:
        assert verdict(model) == (Error.TOKEN, 2, 128)


@pytest.mark.parametrize("stuck", list(Unit))
def test_watchdog_of_a_unit(model: Model, stuck: Unit) -> None:
    chain = [load(signal=2), matmul(wait=1, signal=4), requantize(wait=2, signal=8), store(wait=4)]
    ports = {f"{stuck.name.lower()}_longest": 255}
    begin(model, 0, memory_end=_SIZE, watchdog=300, **ports)
    sinks = {f"{unit.name.lower()}_{what}": None for unit in Unit for what in ("begins", "ends")}
    memory = {"memory": image(*chain)}
    run = model.run(sinks=sinks, memory=memory, until="done", timeout=3000)
    assert verdict(model) == (Error.WATCHDOG, stuck.value, 64 * stuck.value)
    assert 300 < run.cycles < 700


def test_watchdog_of_memory(model: Model) -> None:
    """Memory that takes no request: the next job is given up too, until it does again."""
    for _ in range(2):
        cycles = ended(model, image(load()), watchdog=200, deaf=1)
        assert verdict(model) == (Error.WATCHDOG, 0, 0)
        assert 200 <= cycles < 700


def test_watchdog_lets_work_be_done(model: Model) -> None:
    ended(model, image(*[load(), matmul()] * 6), (6, 6, 0, 0), watchdog=140, load_longest=127)
    assert verdict(model)[0] is Error.NONE


@pytest.mark.parametrize("after", range(1, 400, 37))
def test_reset_in_the_middle(model: Model, after: int) -> None:
    memory = image(encode(Opcode.LOOP, count=9, length=4), *[load(signal=1), store()] * 6)
    begin(model, 0, memory_end=_SIZE)
    sinks = {f"{unit.name.lower()}_{what}": None for unit in Unit for what in ("begins", "ends")}
    model.run(cycles=after, sinks=sinks, memory={"memory": memory})
    model.set("start", 0)
    model.reset()
    assert model.get("done") == 0
