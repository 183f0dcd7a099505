# SPDX-License-Identifier: MIT
"""Frames through a video block, for tests: on the compiled model and on Amaranth's simulator.

Both take frames with the values of the block's settings, which are set before a frame begins and
replaced by others as soon as its first beat is taken: a block that mixes settings is found out.
"""

import random
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from amaranth.hdl import Value
from amaranth.lib import wiring
from amaranth.sim import Simulator
from numpy.typing import NDArray

from .harness import Model
from .harness.packing import container
from .stream import SimulatorContext
from .video import from_beats, to_beats

__all__ = [
    "PAUSES",
    "SIZES",
    "Format",
    "conveyor_cycles",
    "equal",
    "random_frames",
    "run_on_model",
    "run_on_simulator",
]

PAUSES: dict[str, dict[str, Any]] = {
    "full rate": {"idle": 0.0, "stall": 0.0},
    "idle source": {"idle": 0.5, "stall": 0.0},
    "stalling sink": {"idle": 0.0, "stall": 0.5},
    "both": {"idle": 0.4, "stall": 0.4},
}
"""The four ways in which every block is tried."""

SIZES = ((4, 4), (5, 7), (17, 9), (64, 33))
"""Width and height of test frames."""

Ports = Mapping[str, Any]


class Format(NamedTuple):
    """Samples of a block's streams: bits in and out, colours out, pixels per beat."""

    depth: int
    depth_out: int
    channels_out: int = 1
    ppc: int = 1


def random_frames(
    depth: int, *, channels: int = 1, sizes: Sequence[tuple[int, int]] = SIZES, seed: int = 1
) -> list[NDArray[np.uint16]]:
    """Frames of noise, with black and white pixels among it."""
    rng = np.random.default_rng(seed)
    full = (1 << depth) - 1
    frames = []
    for width, height in sizes:
        shape = (height, width) if channels == 1 else (height, width, channels)
        noise = rng.integers(-full // 8, full + full // 8, shape)
        frames.append(np.clip(noise, 0, full).astype(np.uint16))
    return frames


def equal(got: Sequence[NDArray[Any]], wanted: Sequence[NDArray[Any]]) -> bool:
    """Whether all frames are the same, bit for bit."""
    return all(np.array_equal(a, b) for a, b in zip(got, wanted, strict=True))


def conveyor_cycles(slots: int, latency: int, *, frames: int = 1) -> int:
    """Return how long a ``Conveyor`` takes for frames, from the first beat to the last.

    ``slots``: beats of a frame, and those that its window blocks hold back; ``latency``: of the
    block. The conveyor's ends take 8 cycles a frame.
    """
    return frames * (slots + latency + 8) + 2


def run_on_model(
    model: Model,
    frames: Sequence[NDArray[Any]],
    ports: Sequence[Ports],
    form: Format,
    *,
    decoy: Ports | None = None,
    idle: float = 0.0,
    stall: float = 0.0,
    seed: int = 1,
    memory: Mapping[str, NDArray[np.uint8]] | None = None,
    latency: int = 0,
) -> list[NDArray[Any]]:
    """Send frames one after the other and return those that come.

    A frame's last beat is still in the block when the next frame and its settings come. ``decoy``
    are the settings while a frame is under way. ``memory`` and its ``latency`` are as of
    :meth:`opsin_sim.harness.Model.run`.
    """
    ports = _with_size(frames, ports)
    held = 1
    pauses: Any = {"idle": idle, "stall": stall, "seed": seed, "timeout": 1_000_000}
    pauses |= {"memory": memory, "latency": latency}
    pieces = []
    for k, (frame, values) in enumerate(zip(frames, ports, strict=True)):
        beats = to_beats(frame, form.depth, form.ppc)
        _set(model, values)
        first = model.run(sources={"i": beats[:1]}, sinks={"o": held if k else 0}, **pauses)
        _set(model, decoy or {})
        rest = model.run(sources={"i": beats[1:]}, sinks={"o": len(beats) - held}, **pauses)
        pieces += [first.outputs["o"], rest.outputs["o"]]
    pieces.append(model.run(sinks={"o": held}, **pauses).outputs["o"])
    return _split(np.concatenate(pieces), frames, form)


def run_on_simulator(
    dut: wiring.Component,
    frames: Sequence[NDArray[Any]],
    ports: Sequence[Ports],
    form: Format,
    *,
    decoy: Ports | None = None,
    idle: float = 0.0,
    stall: float = 0.0,
    seed: int = 1,
    timeout: int = 100_000,
) -> list[NDArray[Any]]:
    """Do the same on Amaranth's simulator, for small frames; ``timeout`` is in cycles."""
    streams: Any = dut
    ports = _with_size(frames, ports)
    rng = random.Random(seed)
    total = sum(frame.shape[0] * frame.shape[1] // form.ppc for frame in frames)
    received: list[bytes] = []
    dtype, words = container(Value.cast(streams.o.payload).shape().width)
    size = dtype.itemsize * words

    async def source(ctx: SimulatorContext) -> None:
        for frame, values in zip(frames, ports, strict=True):
            for k, beat in enumerate(to_beats(frame, form.depth, form.ppc)):
                while rng.random() < idle:
                    await ctx.tick()
                for name, value in values.items() if k == 0 else (decoy or {}).items():
                    ctx.set(getattr(dut, name), value)
                ctx.set(Value.cast(streams.i.payload), int.from_bytes(beat.tobytes(), "little"))
                ctx.set(streams.i.valid, 1)
                await ctx.tick().until(streams.i.ready)
                ctx.set(streams.i.valid, 0)

    async def sink(ctx: SimulatorContext) -> None:
        for _ in range(timeout):
            ready = rng.random() >= stall
            ctx.set(streams.o.ready, ready)
            sampled = ctx.tick().sample(streams.o.valid, Value.cast(streams.o.payload))
            _, _, valid, payload = await sampled
            if valid and ready:
                received.append(payload.to_bytes(size, "little"))
            if len(received) == total:
                return
        raise TimeoutError(f"{len(received)} of {total} beats came in {timeout} cycles")

    simulator = Simulator(dut)
    simulator.add_clock(1e-6)
    simulator.add_testbench(source, background=True)
    simulator.add_testbench(sink)
    simulator.run()
    packed = np.frombuffer(b"".join(received), dtype=dtype)
    return _split(packed.reshape(-1, words) if words > 1 else packed, frames, form)


def _with_size(frames: Sequence[NDArray[Any]], ports: Sequence[Ports]) -> list[Ports]:
    """Add what the frames themselves tell."""
    return [
        {"width": frame.shape[1], "height": frame.shape[0], **values}
        for frame, values in zip(frames, ports, strict=True)
    ]


def _set(model: Model, values: Ports) -> None:
    for name, value in values.items():
        model.set(name, value)


def _split(
    packed: NDArray[Any], frames: Sequence[NDArray[Any]], form: Format
) -> list[NDArray[Any]]:
    out = []
    for frame in frames:
        height, width = frame.shape[:2]
        count = height * width // form.ppc
        piece, packed = packed[:count], packed[count:]
        out.append(
            from_beats(
                piece, width, height, depth=form.depth_out, ppc=form.ppc, channels=form.channels_out
            )
        )
    return out
