# SPDX-License-Identifier: MIT
"""The usual cocotb check of a component with one stream in and one out."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from amaranth.lib import wiring
from numpy.typing import NDArray

from .cocotb_runner import Case, cocotb_run
from .ports import boundary
from .values import encode

__all__ = ["check_block"]


def check_block(
    top: wiring.Component,
    stimulus: NDArray[Any],
    expected: NDArray[Any],
    *,
    ports: Mapping[str, Any] | None = None,
    source: str = "i",
    sink: str = "o",
    frame: tuple[int, int] | None = None,
    simulator: str = "verilator",
    build_dir: Path,
    seed: int | None = None,
    wave: Path | None = None,
    cycles: int | None = None,
    timeout: float = 300.0,
) -> list[Case]:
    """Send ``stimulus``, compare what comes with ``expected``, at full rate and with pauses.

    Parameters
    ----------
    top : wiring.Component
        Design.
    stimulus, expected : array
        Packed payloads (:func:`opsin_sim.harness.pack`) of ``source`` and ``sink``.
    ports : dict or None
        Values of static inputs, as :meth:`Model.set` takes them.
    source, sink : str
        Names of the streams.
    frame : (int, int) or None
        Beats per line and lines of the video that ``sink`` carries, if it is video: ``sof`` and
        ``eol`` are then checked.
    simulator, build_dir, seed, wave, timeout
        As for :func:`cocotb_run`.
    cycles : int or None
        Cycles after which each test fails; None: 20 for each payload, and 10 000.
    """
    build_dir = Path(build_dir)
    build_dir.mkdir(parents=True, exist_ok=True)
    data = build_dir / "data.npz"
    np.savez(data, i=stimulus, o=expected)
    inputs = boundary(top).inputs
    parameters = {
        "data": str(data.absolute()),
        "ports": {name: encode(name, inputs[name], v) for name, v in (ports or {}).items()},
        "source": source,
        "sink": sink,
        "frame": frame,
        "timeout": cycles or 20 * (len(stimulus) + len(expected)) + 10_000,
    }
    return cocotb_run(
        top,
        bench="opsin_sim.cocotb_tb.stream_block",
        simulator=simulator,
        build_dir=build_dir,
        seed=seed,
        parameters=parameters,
        wave=wave,
        timeout=timeout,
    )
