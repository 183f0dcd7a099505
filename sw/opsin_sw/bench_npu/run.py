# SPDX-License-Identifier: MIT
"""Rows, compiled, run and compared."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from opsin.config import NPU, NpuConfig

from ..compiler.compile import compile_graph
from ..compiler.program import Program
from ..errors import UserError
from .cases import Case
from .resident import resident
from .sliding import sliding
from .workloads import Shape

if TYPE_CHECKING:
    from ..driver.core_model import CoreModel

__all__ = ["Bench", "Result"]

_LATENCY = 60  # cycles
_PATIENCE, _SLOWER = 10_000, 4  # cycles, and times what was predicted


@dataclass
class Result:
    """What a row took, in all.

    ``ideal`` are the cycles in which every element multiplies; ``stored`` the bytes of weights.
    ``counters`` only from hardware.
    """

    case: Case
    cycles: int = 0
    predicted: int = 0
    ideal: float = 0
    bytes: int = 0
    stored: float = 0
    bandwidth: float = 0
    counters: Counter[str] = field(default_factory=Counter)
    value: float | None = None

    @property
    def utilisation(self) -> float:
        """Share of the cycles that would do."""
        return self.ideal / self.cycles


class Bench:
    """Runs rows on one backend.

    Parameters
    ----------
    config : str
        Configuration of rows that name none.
    backend : str
        ``rtl``, or ``golden``: then cycles are predicted.
    """

    def __init__(self, config: str, backend: str) -> None:
        if backend not in ("rtl", "golden"):
            raise UserError(f"backend must be rtl or golden, not '{backend}'")
        if config not in NPU:
            raise UserError(f"configuration must be {' or '.join(NPU)}, not '{config}'")
        self.config, self.backend = config, backend
        self.results: dict[str, Result] = {}
        self._hardware: dict[str, CoreModel] = {}

    def run(self, case: Case) -> Result:
        """Run all of a row.

        Raises
        ------
        UserError
            If memory is not what the golden model leaves.
        """
        config = NPU[case.config or self.config]
        result = Result(case, bandwidth=config.word_bytes)
        for shape in case.shapes:
            self._shape(result, shape, config)
        result.value = self._value(result)
        self.results[case.name] = result
        return result

    def _shape(self, result: Result, shape: Shape, config: NpuConfig) -> None:
        case = result.case
        if case.resident:
            made = sliding if shape.geometry.depthwise else resident
            programs = [made(shape.geometry, config, multiply=m) for m in (True, False)]
        else:
            programs = [compile_graph(case.graph(shape, config.rows), config)]
        figures = [self._job(f"{case.title} {shape.name}", p, config) for p in programs]
        cycles, predicted, moved, counters = figures[0]
        if case.resident:
            cycles, predicted = cycles - figures[1][0], predicted - figures[1][1]
        result.counters.update({k: v * shape.count for k, v in counters.items()})
        count = shape.count
        result.cycles += count * cycles
        result.predicted += count * predicted
        result.ideal += count * shape.geometry.macs / (config.rows * config.cols)
        result.bytes += count * moved * config.word_bytes
        size = shape.geometry
        weights = size.outputs * size.kernel[0] * size.kernel[1] * size.channels // size.groups
        result.stored += count * weights * result.case.bits / 8

    def _job(
        self, name: str, program: Program, config: NpuConfig
    ) -> tuple[int, int, int, dict[str, int]]:
        """Return cycles, those predicted, words of memory, counters."""
        before = np.random.default_rng(5).integers(0, 256, program.memory_bytes, np.uint8)
        before[: len(program.image)] = np.frombuffer(program.image, np.uint8)
        predicted, moved = _predict(before, program, config)
        after = _golden(before, program, config)
        if self.backend == "golden":
            return predicted, predicted, moved, {}
        timeout = _PATIENCE + _SLOWER * predicted
        measured = self._core(config).run(before, program.entry, timeout=timeout)
        if not np.array_equal(before, after):
            raise UserError(f"{name}: memory is not what the golden model leaves")
        counters = measured.counters
        moved = sum(counters[f"{unit}_words"] for unit in ("fetch", "load", "store"))
        return measured.cycles, predicted, moved, counters

    def _core(self, config: NpuConfig) -> CoreModel:
        from ..driver.core_model import CoreModel

        if config.name not in self._hardware:
            self._hardware[config.name] = CoreModel(config, latency=_LATENCY)
        return self._hardware[config.name]

    def _value(self, result: Result) -> float | None:
        """Return what the row has to reach, None if the row to compare with was not run."""
        case = result.case
        if case.measure == "cycles":
            return result.cycles
        if case.measure == "utilisation":
            return result.utilisation
        if case.measure == "diagonal":
            return result.ideal * NPU[case.config or self.config].rows / result.cycles
        if case.measure == "memory":
            return result.stored / result.bandwidth / result.cycles
        if case.measure == "speed-up":
            beside = f"{case.name}-dense"
        else:
            beside = {"base": "scaling-small", "large": "scaling-base"}[case.config or ""]
        other = self.results.get(beside)
        return other.cycles / result.cycles if other else None


def _predict(memory: np.ndarray, program: Program, config: NpuConfig) -> tuple[int, int]:
    """Cycles, and words that memory moves."""
    from opsin_sim.golden.npu.cycles import Hardware as Sizes
    from opsin_sim.golden.npu.cycles import predict

    found = predict(
        memory,
        program.entry,
        Sizes(
            rows=config.rows,
            lanes=config.lanes,
            scratchpad_words=config.scratchpad_words,
            accumulator_rows=config.accumulator_rows,
            banks=config.banks,
            bandwidth=config.word_bytes,
            latency=_LATENCY,
        ),
    )
    return found.cycles, sum(found.words.values())


def _golden(before: np.ndarray, program: Program, config: NpuConfig) -> np.ndarray:
    """Memory behind the job."""
    from opsin_sim.golden import npu

    memory = before.copy()
    result = npu.execute(
        memory,
        program.entry,
        rows=config.rows,
        scratchpad_words=config.scratchpad_words,
        accumulator_rows=config.accumulator_rows,
    )
    if result.error:
        raise UserError(f"the job stopped at descriptor {result.index}: {result.error.name}")
    return memory
