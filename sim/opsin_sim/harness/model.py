# SPDX-License-Identifier: MIT
"""The design as a compiled model in this process."""

import ctypes
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Self

from amaranth.hdl import Shape, ShapeLike
from amaranth.lib import wiring
from numpy.typing import NDArray

from ._instance import Instance, size_of
from ._run import Progress, Run, RunSettings, execute
from .build import build_model
from .export import elaborate
from .names import begin_wave
from .ports import boundary
from .seed import default_seed
from .values import encode, signed

__all__ = ["Model"]


class Model:
    """A component, compiled by Verilator, with its streams and memories served from arrays.

    The first use of a design takes seconds to build; the result is cached by its content.

    Parameters
    ----------
    top : wiring.Component
        Design with at most one clock domain, ``sync``. Its ports are its signature's members; in
        nested names, ``__`` joins the parts.
    wave : Path or None
        Record every signal into this FST file, and the names of states and enumerations into
        ``FILE.fst.json`` (:mod:`opsin_sim.harness.names`). Complete after :meth:`close`, which
        leaving a ``with`` block calls. A separate, slower build.
    platform : object
        For which the design is elaborated, by default none: portable. With
        :data:`opsin_sim.devices.ecp5.PLATFORM` it consists of ECP5 cells where it would on one.

    Raises
    ------
    TypeError
        If ``top`` is not a component.
    ValueError
        If it has other clock domains.
    ToolError
        If the C++ compiler is missing, a tool fails or ``wave`` cannot be written.
    """

    def __init__(
        self, top: wiring.Component, *, wave: Path | None = None, platform: object = None
    ) -> None:
        design = elaborate(top, platform=platform)
        self.boundary = boundary(top)
        inputs = {name for name, direction in design.ports.items() if direction == "input"}
        clocks = inputs - {*self.boundary.input_ports(), "clk", "rst"}
        if clocks:
            raise ValueError(f"top must have no clock domain but sync, not also {sorted(clocks)}")
        library = build_model(design.rtlil, wave=wave is not None)
        wave = None if wave is None else begin_wave(wave, design.names)
        self._instance = Instance(library, self.boundary, wave)
        self.reset()

    def close(self) -> None:
        """Free the model and complete the waveform file. The model cannot be used any more."""
        self._instance.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def reset(self) -> None:
        """Hold reset for two clock cycles, streams idle, other inputs as they are."""
        self._poke("rst", 1, 1)
        self.run(cycles=2)
        self._poke("rst", 0, 1)
        self._instance.forget()
        self._instance.settle()

    def set(self, name: str, value: Any) -> None:
        """Drive an input from now on.

        ``value`` is an int (of a structure, its bits), or what the shape's ``const()`` takes: a
        dictionary for a structure, a list for an array, a member of an enumeration.
        """
        shape = _one_of(self.boundary.inputs, "inputs", name)
        self._poke(name, encode(name, shape, value), size_of(shape))
        self._instance.settle()

    def get(self, name: str) -> int:
        """Value of an output now; a structure's bits as one number."""
        shape = _one_of(self.boundary.outputs, "outputs", name)
        raw = ctypes.string_at(self._open().port(name), size_of(shape))
        return signed(Shape.cast(shape), int.from_bytes(raw, "little"))

    def run(
        self,
        sources: Mapping[str, NDArray[Any]] | None = None,
        sinks: Mapping[str, int | None] | None = None,
        memory: Mapping[str, NDArray[Any]] | None = None,
        *,
        until: str | None = None,
        cycles: int | None = None,
        idle: float = 0.0,
        stall: float = 0.0,
        latency: int = 0,
        bandwidth: float | None = None,
        refused: Mapping[str, range] | None = None,
        seed: int | None = None,
        timeout: int = 10_000_000,
        progress: Callable[[Progress], None] | None = None,
    ) -> Run:
        """Clock the design; its state carries over from run to run.

        It ends when every source is sent and every sink full; with ``until``, when that output is
        not zero after a clock edge; with ``cycles``, after that many. Streams that are not named
        are idle: sources not valid, sinks not ready. A payload that the design did not take
        before the end is withdrawn.

        Parameters
        ----------
        sources : dict of str to array
            What to send into each stream, packed (:func:`pack`).
        sinks : dict of str to int or None
            How many payloads to take from each stream; then it stalls. None: take all, keep none.
        memory : dict of str to array of uint8
            Memory behind each :class:`~opsin.common.memory_port.MemoryPort`, and each
            :mod:`~opsin.common.burst_port`, changed in place. Ports may share one.
        until : str or None
            Output port that ends the run.
        cycles : int or None
            Exact length of the run.
        idle, stall : float
            Probability in 0..1 (not 1) that a source, or memory's answer, pauses for a cycle, and
            that a sink, or memory's acceptance of requests, does.
        latency : int
            Cycles that memory takes to answer, beyond one.
        bandwidth : float or None
            Bytes that all burst ports together may move per cycle; None: a word each.
        refused : dict of str to range
            Addresses at which a burst port's memory answers with an error.
        seed : int or None
            Of the pauses; None: ``$OPSIN_SEED``, else 1.
        timeout : int
            Cycles after which to give up.
        progress : callable or None
            Called with a :class:`Progress` now and then.

        Raises
        ------
        SimulationTimeout
            If the run did not end in ``timeout`` cycles.
        MemoryFault
            If the design asked for a word outside its memory.
        ValueError
            If a name or an array does not suit the design.
        """
        settings = RunSettings(
            until=until, cycles=cycles, idle=idle, stall=stall, latency=latency,
            bandwidth=bandwidth, seed=default_seed() if seed is None else seed,
            timeout=timeout, progress=progress,
        )  # fmt: skip
        instance = self._open()
        return execute(
            instance,
            self.boundary,
            sources or {},
            sinks or {},
            memory or {},
            refused or {},
            settings,
        )

    def _open(self) -> Instance:
        if not self._instance.close.alive:
            raise ValueError("model must be open, not closed")
        return self._instance

    def _poke(self, name: str, bits: int, size: int) -> None:
        ctypes.memmove(self._open().port(name), bits.to_bytes(size, "little"), size)


def _one_of(ports: Mapping[str, ShapeLike], kind: str, name: str) -> ShapeLike:
    if name not in ports:
        raise ValueError(f"port must be of the {kind} {list(ports)}, not {name!r}")
    return ports[name]
