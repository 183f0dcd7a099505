# SPDX-License-Identifier: MIT
"""Layers side by side: the same results as one after the other, in less time, without races."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import chain

import numpy as np
import pytest

from opsin.config import NPU, NpuConfig
from opsin.npu import isa
from opsin_sim.golden import npu
from opsin_sim.golden.npu.cycles import Hardware, predict
from opsin_sw.bench_npu.workloads import conv, gemm, graph
from opsin_sw.compiler import compile as compiling
from opsin_sw.compiler.areas import Turns
from opsin_sw.compiler.compile import compile_graph
from opsin_sw.compiler.graph import (
    Addition,
    Convolution,
    Geometry,
    Graph,
    GraphOutput,
    Layer,
    Tensor,
)
from opsin_sw.compiler.operation import LOCAL, Address, Operation, Span
from opsin_sw.compiler.overlap import overlapped
from opsin_sw.compiler.program import Program

CHAINS = {
    "depthwise": [
        conv(12, 3, 24, 3),
        conv(12, 24, 24, 3, groups=24),
        conv(12, 24, 40, 1),
        conv(12, 40, 40, 3, 2, groups=40),
    ],
    "residual": [conv(9, 8, 20, 3), conv(9, 20, 20, 3), conv(9, 20, 20, 3)],
    "vectors": [gemm(1, 300, 40), gemm(1, 40, 40), gemm(1, 40, 90)],
}


def network(geometries: Sequence[Geometry], *, residual: bool) -> Graph:
    """Layers one behind the other; ``residual``: the first one's result is added to the last's."""
    whole = graph(geometries[0])
    layers: list[Layer] = []
    results: list[Tensor] = []
    for number, geometry in enumerate(geometries):
        (layer,) = (graph(geometry) if number else whole).layers
        assert isinstance(layer, Convolution)
        source = results[-1] if results else layer.input
        target = replace(layer.output, name=f"t{number}")
        layers.append(replace(layer, name=f"l{number}", input=source, output=target))
        results.append(target)
    if residual:
        target = replace(results[-1], name="sum")
        both = results[-1], results[0]
        layers.append(Addition("sum", "Add", *both, target, (3, 4), (0.5, 0.25), -2))
        results.append(target)
    last = results[-1]
    shape = last.height, last.width, last.channels
    return replace(whole, layers=layers, outputs=[GraphOutput("y", "int8", shape, last, None)])


def memory_of(program: Program) -> np.ndarray:
    memory = np.random.default_rng(3).integers(0, 256, program.memory_bytes, np.uint8)
    memory[: len(program.image)] = np.frombuffer(program.image, np.uint8)
    return memory


def result(program: Program, config: NpuConfig, order: int | None = None) -> np.ndarray:
    memory = memory_of(program)
    done = npu.execute(
        memory,
        program.entry,
        rows=config.rows,
        scratchpad_words=config.scratchpad_words,
        accumulator_rows=config.accumulator_rows,
        order=order,
        races=order is None,
    )
    assert not done.error
    assert not done.races
    place = program.outputs[0].placement
    return memory[place.address : place.address + place.size(program.batch, config.rows)]


def one_by_one(layers: Sequence[Sequence[Operation]], config: NpuConfig) -> list[Operation]:
    return list(chain(*layers))


@pytest.mark.parametrize("config", NPU.values(), ids=NPU)
@pytest.mark.parametrize("name", CHAINS)
def test_same_results(name: str, config: NpuConfig, monkeypatch: pytest.MonkeyPatch) -> None:
    layers = network(CHAINS[name], residual=name == "residual")
    program = compile_graph(layers, config)
    found = result(program, config)
    assert np.array_equal(found, result(program, config, 1))
    monkeypatch.setattr(compiling, "overlapped", one_by_one)
    alone = compile_graph(layers, config)
    assert np.array_equal(found, result(alone, config))


def cycles(program: Program, config: NpuConfig) -> int:
    sizes = {name: getattr(config, name) for name in ("rows", "lanes", "banks")}
    sizes |= {"scratchpad_words": config.scratchpad_words}
    sizes |= {"accumulator_rows": config.accumulator_rows}
    return predict(memory_of(program), program.entry, Hardware(**sizes)).cycles


def test_takes_less_time(monkeypatch: pytest.MonkeyPatch) -> None:
    config = NPU["base"]
    layers = network([conv(32, 16, 16, 3)] * 3, residual=True)
    side_by_side = cycles(compile_graph(layers, config), config)
    monkeypatch.setattr(compiling, "overlapped", one_by_one)
    assert side_by_side < 0.95 * cycles(compile_graph(layers, config), config)


def copy(opcode: isa.Opcode, *, rows: int, **touches: tuple[Span, ...]) -> Operation:
    fields = {"rows": rows, "row_bytes": 16, "planes": 1}
    return Operation(opcode, fields, Address("tensors", 0), **touches)


def test_constants_come_before_what_has_to_wait() -> None:
    here, there = (Span(LOCAL, n, n + 50) for n in (0, 50))
    between = Span("tensor", 0, 50)
    store = copy(isa.Opcode.STORE, rows=50, writes=(between,))
    inputs = copy(isa.Opcode.LOAD, rows=50, reads=(between,), writes=(here,))
    weights = copy(isa.Opcode.LOAD, rows=50, writes=(there,))
    assert overlapped([[store], [inputs, weights]], NPU["base"]) == [store, weights, inputs]


def test_layers_take_turns_in_banks() -> None:
    config = NPU["base"]
    bank, turns = config.scratchpad_words // config.banks, Turns(config)
    assert [turns.start(3 * bank) for _ in range(3)] == [0, 3 * bank, 0]
    assert turns.start(config.scratchpad_words) == 0
    assert turns.start(5 * bank) == 3 * bank
    assert turns.start(3 * bank) == 0
    assert turns.start(6 * bank) == 2 * bank
