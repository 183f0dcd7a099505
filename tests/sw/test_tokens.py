# SPDX-License-Identifier: MIT
"""Tokens: compiled programs leave nothing to chance, and wait for no more than they must."""

from dataclasses import replace

import numpy as np
import pytest

from opsin.config import NPU, NpuConfig
from opsin.npu.isa import Opcode
from opsin_sim.golden import npu
from opsin_sw.bench_npu.workloads import conv, gemm, graph
from opsin_sw.compiler import tokens as ordering
from opsin_sw.compiler.compile import compile_graph
from opsin_sw.compiler.graph import Geometry
from opsin_sw.compiler.operation import LOCAL, Operation, Span
from opsin_sw.compiler.tokens import TOKENS, order

CRAMPED = NpuConfig(
    name="cramped", rows=4, cols=4, scratchpad_words=128, accumulator_rows=32, lanes=2
)


def at(start: int, stop: int) -> tuple[Span, ...]:
    return (Span(LOCAL, start, stop),)


def tokens(operations: list[Operation]) -> list[tuple[int, int]]:
    order(operations)
    return [(o.fields.get("wait", 0), o.fields.get("signal", 0)) for o in operations]


def test_reader_waits_for_writer() -> None:
    load, store = Operation(Opcode.LOAD, writes=at(0, 8)), Operation(Opcode.STORE, reads=at(7, 9))
    assert tokens([load, store]) == [(0, 8), (1, 0)]


def test_what_does_not_meet_does_not_wait() -> None:
    load, store = Operation(Opcode.LOAD, writes=at(0, 8)), Operation(Opcode.STORE, reads=at(8, 9))
    assert tokens([load, store]) == [(0, 0), (0, 0)]


def test_writer_waits_for_reader_and_for_writer() -> None:
    store, load = Operation(Opcode.STORE, reads=at(0, 1)), Operation(Opcode.LOAD, writes=at(0, 1))
    vector = Operation(Opcode.MAXIMUM, writes=at(0, 1))
    assert tokens([store, load, vector]) == [(0, 1), (8, 4), (1, 0)]


def test_only_the_latest_of_a_unit() -> None:
    loads = [Operation(Opcode.LOAD, writes=at(n, n + 1)) for n in range(3)]
    matmul = Operation(Opcode.MATMUL, reads=at(0, 3))
    assert tokens([*loads, matmul]) == [(0, 0), (0, 0), (0, 2), (1, 0)]


def test_who_has_waited_need_not_again() -> None:
    load = Operation(Opcode.LOAD, writes=at(0, 4))
    matmul = Operation(Opcode.MATMUL, reads=at(0, 4), writes=at(8, 9))
    vector = Operation(Opcode.MAXIMUM, reads=(*at(0, 1), *at(8, 9)))
    again = Operation(Opcode.MAXIMUM, reads=at(8, 9))
    found = tokens([load, matmul, vector, again])
    assert found == [(0, 2), (1, 4), (2, 0), (0, 0)]


def test_vector_unit_waits_for_itself() -> None:
    first = Operation(Opcode.MAXIMUM, writes=at(0, 4))
    second = Operation(Opcode.ADD, reads=at(0, 4), writes=at(4, 8))
    assert tokens([first, second]) == [(0, 4), (4, 0)]


def test_too_many_tokens() -> None:
    loads = [Operation(Opcode.LOAD, writes=at(n, n + 1)) for n in range(TOKENS + 1)]
    behind = [Operation(Opcode.STORE, reads=at(n, n + 1)) for n in range(TOKENS + 1)]
    found = tokens([*loads, *behind])
    assert found == [(0, 0)] * TOKENS + [(0, 8), (1, 0)] + [(0, 0)] * TOKENS


def test_as_many_tokens_as_are_counted() -> None:
    loads = [Operation(Opcode.LOAD, writes=at(n, n + 1)) for n in range(TOKENS)]
    behind = [Operation(Opcode.STORE, reads=at(n, n + 1)) for n in range(TOKENS)]
    assert tokens([*loads, *behind]) == [(0, 8)] * TOKENS + [(1, 0)] * TOKENS


def test_coarse_order_does_not_race(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ordering, "TOKENS", 0)
    test_programs_do_not_race("uneven", NPU["small"])


GEOMETRIES = {
    "conv": conv(11, 20, 24, 3),
    "stride": conv(13, 40, 24, 1, 2),
    "few channels": conv(15, 3, 20, 5, 2),
    "depthwise": conv(9, 24, 24, 3, groups=24),
    "groups": conv(9, 24, 16, 3, groups=4),
    "uneven": Geometry(14, 9, 17, 33, (4, 2), (3, 1), (1, 2), (2, 0, 1, 3)),
    "matrices": gemm(70, 100, 40),
    "vector": gemm(1, 500, 60),
}


CASES = [(name, config) for name in GEOMETRIES for config in NPU.values()]
CASES += [(name, CRAMPED) for name in ("stride", "few channels", "depthwise", "groups")]


@pytest.mark.parametrize(("name", "config"), CASES, ids=[f"{n} {c.name}" for n, c in CASES])
def test_programs_do_not_race(name: str, config: NpuConfig) -> None:
    geometry = GEOMETRIES[name]
    layer_graph = graph(geometry)
    if name == "vector":  # with weights of four bits
        (layer,) = layer_graph.layers
        layer_graph = replace(layer_graph, layers=[replace(layer, weights=layer.weights >> 4)])  # type: ignore[union-attr]
    program = compile_graph(layer_graph, config)
    memories = []
    for seed in (None, 1, 2):
        memory = np.random.default_rng(3).integers(0, 256, program.memory_bytes, np.uint8)
        memory[: len(program.image)] = np.frombuffer(program.image, np.uint8)
        result = npu.execute(
            memory,
            program.entry,
            rows=config.rows,
            scratchpad_words=config.scratchpad_words,
            accumulator_rows=config.accumulator_rows,
            order=seed,
            races=seed is None,
        )
        assert not result.error
        assert not result.races
        memories.append(memory)
    assert np.array_equal(memories[0], memories[1])
    assert np.array_equal(memories[0], memories[2])
