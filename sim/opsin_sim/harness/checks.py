# SPDX-License-Identifier: MIT
"""The usual cocotb checks: of a component between two streams, and of one that works on memory."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from amaranth.lib import wiring
from numpy.typing import NDArray

from .cocotb_runner import Case, cocotb_run
from .ports import boundary
from .values import encode

__all__ = ["check_block", "check_job"]


def check_block(
    top: wiring.Component,
    stimulus: NDArray[Any],
    expected: NDArray[Any],
    *,
    ports: Mapping[str, Any] | None = None,
    source: str = "i",
    sink: str = "o",
    frame: tuple[int, int] | None = None,
    memory: NDArray[np.uint8] | None = None,
    port: str = "memory",
    latency: int = 0,
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
        ``eol`` are then checked. Where ``top`` has inputs ``width`` and ``height``, they get these.
    memory : array of uint8 or None
        What lies at first behind the :class:`~opsin.common.memory_port.MemoryPort` ``port``, if
        there is one.
    latency : int
        Cycles that memory takes to answer, beyond one.
    simulator, build_dir, seed, wave, timeout
        As for :func:`cocotb_run`.
    cycles : int or None
        Cycles after which each test fails; None: 20 for each payload, and 10 000.
    """
    if frame is not None:
        size = {"width": frame[0], "height": frame[1]}
        inputs = {name: value for name, value in size.items() if name in top.signature.members}
        ports = {**inputs, **(ports or {})}
    parameters = {
        "data": _save(
            build_dir, i=stimulus, o=expected, **({} if memory is None else {"memory": memory})
        ),
        "ports": _ports(top, ports),
        "source": source,
        "sink": sink,
        "frame": frame,
        "port": None if memory is None else port,
        "latency": latency,
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


def check_job(
    top: wiring.Component,
    memory: NDArray[np.uint8],
    expected: NDArray[np.uint8],
    *,
    ports: Mapping[str, Any] | None = None,
    port: str = "memory",
    start: str = "start",
    done: str = "done",
    latency: int = 0,
    simulator: str = "verilator",
    build_dir: Path,
    seed: int | None = None,
    wave: Path | None = None,
    cycles: int = 100_000,
    timeout: float = 300.0,
) -> list[Case]:
    """Pulse ``start``, wait for ``done``, compare all of memory; at full rate and with pauses.

    Parameters
    ----------
    top : wiring.Component
        Design with one :class:`~opsin.common.memory_port.MemoryPort`.
    memory, expected : array of uint8
        What the memory holds before and after.
    ports : dict or None
        Values of static inputs, as :meth:`Model.set` takes them.
    port, start, done : str
        Names of the memory port, of the input that is 1 for one cycle, and of the output that
        becomes 1 at the end.
    latency : int
        Cycles that memory takes to answer, beyond one.
    cycles : int
        Cycles after which each test fails.
    simulator, build_dir, seed, wave, timeout
        As for :func:`cocotb_run`.
    """
    parameters = {
        "data": _save(build_dir, memory=memory, expected=expected),
        "ports": _ports(top, ports),
        "port": port,
        "start": start,
        "done": done,
        "latency": latency,
        "timeout": cycles,
    }
    return cocotb_run(
        top,
        bench="opsin_sim.cocotb_tb.memory_job",
        simulator=simulator,
        build_dir=build_dir,
        seed=seed,
        parameters=parameters,
        wave=wave,
        timeout=timeout,
    )


def _save(build_dir: Path, **arrays: NDArray[Any]) -> str:
    path = Path(build_dir).absolute() / "data.npz"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        np.savez(file, allow_pickle=False, **arrays)
    return str(path)


def _ports(top: wiring.Component, values: Mapping[str, Any] | None) -> dict[str, int]:
    inputs = boundary(top).inputs
    for name in values or {}:
        if name not in inputs:
            raise ValueError(f"port must be of the inputs {list(inputs)}, not {name!r}")
    return {name: encode(name, inputs[name], value) for name, value in (values or {}).items()}
