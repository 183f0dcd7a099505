# SPDX-License-Identifier: MIT
"""The pipeline on simulators that cocotb drives."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from opsin.config import ISP, IspConfig
from opsin.isp import Pipeline

from ..golden.isp import IspSettings, develop, develop_all
from ..harness import Case, Progress, ToolError, cocotb_run
from ..video import to_beats
from .model import check_settings, most_cycles
from .pictures import Developed, finished, outputs, to_words
from .tables import TableLoader

__all__ = ["BenchFrame", "develop_in_bench", "run_bench"]


@dataclass(frozen=True)
class BenchFrame:
    """A raw frame, its settings and whether it must be what the golden model makes of it."""

    raw: NDArray[np.uint16]
    settings: IspSettings
    checked: bool = True


def run_bench(
    frames: Sequence[BenchFrame],
    *,
    config: IspConfig = ISP,
    simulator: str,
    build_dir: Path,
    idle: float | None = None,
    stall: float | None = None,
    seed: int | None = None,
    wave: Path | None = None,
    timeout: float = 300.0,
) -> list[Case]:
    """Send frames back to back through :mod:`opsin_sim.cocotb_tb.isp_pipeline`.

    Without ``idle`` and ``stall`` each of the usual patterns is tried. What came, the cycles and
    the status are in ``build_dir/out.npz`` afterwards.
    """
    build_dir.mkdir(parents=True, exist_ok=True)
    top = Pipeline(config)
    loader = TableLoader(top)
    arrays: dict[str, NDArray[Any]] = {}
    steps: list[dict[str, Any]] = []
    for k, frame in enumerate(frames):
        check_settings(frame.settings, config)
        arrays[f"i{k}"] = to_beats(frame.raw, config.depth, config.ppc)
        loading = loader.load(frame.settings)
        loader.began()
        arrays |= {f"{name}{k}": packed for name, packed in loading.writes.items()}
        found = outputs(frame.settings, config)
        if frame.checked:
            arrays |= {f"{name}{k}": packed for name, packed in _golden(frame, config).items()}
        steps.append(
            {
                "before": loading.before,
                "tables": [*loading.writes],
                "at_rest": loading.at_rest,
                "settings": loading.settings,
                "outputs": {name: output.total for name, output in found.items()},
                "checked": frame.checked,
            }
        )
    np.savez(build_dir / "in.npz", **arrays)  # type: ignore[arg-type]
    cycles = sum(most_cycles(frame.settings, config) for frame in frames)
    parameters = {
        "data": str((build_dir / "in.npz").absolute()),
        "output": str((build_dir / "out.npz").absolute()),
        "progress": str((build_dir / "progress").absolute()),
        "frames": steps,
        "pauses": None if idle is None and stall is None else [idle or 0.0, stall or 0.0],
        "timeout": 20 * cycles + 50_000,
    }
    return cocotb_run(
        top,
        bench="opsin_sim.cocotb_tb.isp_pipeline",
        simulator=simulator,
        build_dir=build_dir,
        seed=seed,
        parameters=parameters,
        wave=wave,
        timeout=timeout,
    )


def develop_in_bench(
    raw: NDArray[np.uint16],
    settings: IspSettings,
    *,
    config: IspConfig = ISP,
    simulator: str,
    build_dir: Path,
    idle: float = 0.0,
    stall: float = 0.0,
    seed: int | None = None,
    wave: Path | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> Developed:
    """Develop a frame on ``simulator``, ``"icarus"`` or ``"verilator"``.

    Raises
    ------
    ToolError
        If the simulation fails.
    SimulationTimeout
        If it takes longer than a slow machine needs.
    """
    done = threading.Event()
    watch = threading.Thread(target=_watch, args=(build_dir / "progress", raw.size, progress, done))
    watch.start()
    try:
        cases = run_bench(
            [BenchFrame(raw, settings, checked=False)],
            config=config,
            simulator=simulator,
            build_dir=build_dir,
            idle=idle,
            stall=stall,
            seed=seed,
            wave=wave,
            timeout=600 + raw.size / 100,
        )
    finally:
        done.set()
        watch.join()
    for case in cases:
        if case.failure is not None:
            raise ToolError(f"{case.name} on {simulator}: {case.failure}")
    out = np.load(build_dir / "out.npz")
    received = {name: out[name] for name in outputs(settings, config)}
    made = finished(received, settings, config)
    return Developed(cycles=int(out["cycles"]), status=int(out["status"]), **made)


def _golden(frame: BenchFrame, config: IspConfig) -> dict[str, NDArray[Any]]:
    """Packed payloads of the outputs."""
    if config.chain != "complete":
        depth = frame.settings.picture_depth
        return {"o": to_beats(develop(frame.raw, frame.settings), depth, config.ppc)}
    done = develop_all(frame.raw, frame.settings)
    lines = {"o": done.bytes, "second": done.second_bytes}
    return {name: to_words(lines[name], ppc=config.ppc) for name in outputs(frame.settings, config)}


def _watch(
    file: Path, total: int, report: Callable[[Progress], None] | None, done: threading.Event
) -> None:
    """Report what the simulator's process writes into ``file`` now and then."""
    while report is not None and not done.wait(0.25):
        words = file.read_text().split() if file.exists() else []
        if len(words) == 2:
            report(Progress(int(words[0]), int(words[1]), total))
