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

from ..golden.isp import LINEAR, IspSettings
from ..harness import Case, Progress, ToolError, cocotb_run
from ..video import from_beats, to_beats
from .model import Developed
from .registers import curve_writes, settings_bits

__all__ = ["BenchFrame", "develop_in_bench", "run_bench"]


@dataclass(frozen=True)
class BenchFrame:
    """A raw frame, its settings and the picture it must become, if that is known."""

    raw: NDArray[np.uint16]
    settings: IspSettings
    expected: NDArray[np.uint8] | None = None


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
    arrays: dict[str, NDArray[Any]] = {}
    steps: list[dict[str, Any]] = []
    bank, curve = 0, LINEAR
    for k, frame in enumerate(frames):
        arrays[f"i{k}"] = to_beats(frame.raw, config.depth)
        if frame.expected is not None:
            arrays[f"o{k}"] = to_beats(frame.expected, 8)
        if new_curve := not np.array_equal(frame.settings.curve, curve):
            arrays[f"curve{k}"] = curve_writes(frame.settings)
            bank, curve = 1 - bank, frame.settings.curve
        bits = settings_bits(frame.settings, curve_bank=bank)
        steps.append({"settings": bits, "curve": new_curve})
    np.savez(build_dir / "in.npz", **arrays)  # type: ignore[arg-type]
    pixels = sum(frame.raw.size for frame in frames)
    lines = sum(frame.raw.shape[1] for frame in frames)
    parameters = {
        "data": str((build_dir / "in.npz").absolute()),
        "output": str((build_dir / "out.npz").absolute()),
        "progress": str((build_dir / "progress").absolute()),
        "frames": steps,
        "pauses": None if idle is None and stall is None else [idle or 0.0, stall or 0.0],
        "timeout": 100 * (pixels + 4 * lines) + 10_000,
    }
    return cocotb_run(
        Pipeline(config),
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
            [BenchFrame(raw, settings)],
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
    height, width = raw.shape
    picture = from_beats(out["o"].astype(np.uint32), width, height, depth=8, channels=3)
    return Developed(picture.astype(np.uint8), int(out["cycles"]), int(out["status"]))


def _watch(
    file: Path, total: int, report: Callable[[Progress], None] | None, done: threading.Event
) -> None:
    """Report what the simulator's process writes into ``file`` now and then."""
    while report is not None and not done.wait(0.25):
        words = file.read_text().split() if file.exists() else []
        if len(words) == 2:
            report(Progress(int(words[0]), int(words[1]), total))
