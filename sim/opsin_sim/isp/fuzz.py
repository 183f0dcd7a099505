# SPDX-License-Identifier: MIT
"""Malformed video through the pipeline, with settings that change in mid-frame and resets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from amaranth.hdl import unsigned
from numpy.typing import NDArray

from opsin.common.video import Beat
from opsin.isp import FrameStatus

from ..golden import isp
from ..golden.isp import block_settings as of
from ..harness import pack
from ..malformed import malformed
from .draw import random_settings
from .model import IspModel
from .pictures import outputs, read_output

__all__ = ["fuzz", "fuzz_settings"]

_TIMEOUT = 200  # cycles; pauses of the source are shorter
_CHUNK = 300  # beats, at most, between changes of settings


def fuzz_settings(model: IspModel, sizes: Sequence[tuple[int, int]]) -> list[isp.IspSettings]:
    """Return settings for frames of these sizes that share all tables, those of the largest."""
    config = model.config
    drawn = [random_settings(*size, config=config, seed=k) for k, size in enumerate(sizes)]
    largest = max(drawn, key=lambda settings: settings.width * settings.height)
    tables = replace(largest.tables, defects=np.zeros((0, 3), dtype=np.int64))
    return [
        replace(
            settings,
            timeout=_TIMEOUT,
            crop=of.CropSettings(),
            curve=largest.curve,
            tables=tables,
            output=of.OutputSettings(format=k % 3),
            second=of.OutputSettings(enable=0),
        )
        for k, settings in enumerate(drawn)
    ]


def fuzz(
    model: IspModel,
    settings: Sequence[isp.IspSettings],
    count: int,
    *,
    seed: int,
    idle: float = 0.0,
    stall: float = 0.0,
) -> int:
    """Send ``count`` malformed beats, at most 65535, compare all that comes, and count the frames.

    Frames must be so small that the pipeline holds a whole one. The beats come in pieces, each with
    some of the settings; after some pieces the source stops until the pipeline gives it up. In the
    end the pipeline is reset, wherever it is.

    Raises
    ------
    AssertionError
        If a picture or a flag is another than the golden models'.
    SimulationTimeout
        If the pipeline hangs.
    """
    ppc, depth = model.config.ppc, model.config.depth
    rng = np.random.default_rng(seed)
    first = settings[0]
    model.develop(np.zeros((first.height, first.width), np.uint16), first)  # all tables are loaded
    stream = malformed(count, first.width // ppc, first.height, depth=16, seed=seed)
    numbers = np.arange(1, count + 1).astype(np.uint16)  # beats, in place of pixels; 0: filled
    stream = isp.Beats(numbers, stream.sof, stream.eol)
    pixels = rng.integers(0, 1 << depth, (count + 1, ppc)).astype(np.uint16)
    pixels[0] = 0
    packed = pack(
        Beat(unsigned(depth), ppc=ppc),
        {"pixel": pixels[1:], "sof": stream.sof, "eol": stream.eol},
    )
    cuts = np.unique([*np.cumsum(rng.integers(1, _CHUNK, count // (_CHUNK // 2))), count])
    cuts = cuts[cuts <= count]
    chosen = rng.integers(0, len(settings), len(cuts))
    stops = {int(cut): "stopped" for cut in cuts if rng.random() < 0.1}

    # Of which settings a frame is, decides the piece its first beat is in.
    starts = np.flatnonzero(stream.sof)
    used = [settings[chosen[k]] for k in np.searchsorted(cuts, starts, side="right")]
    sizes = [(one.width // ppc, one.height) for one in used]
    wanted = isp.frame_guard(stream, sizes, breaks=stops)
    words = [outputs(one, model.config)["o"].total for one in used]

    pace: Any = {"idle": idle, "stall": stall, "seed": seed}
    pieces: list[NDArray[Any]] = []
    begin = begun = 0
    for cut, index in zip(cuts, chosen, strict=True):
        model.configure(settings[index])
        # When a frame begins, all of those before it have left.
        last = int(np.searchsorted(starts, cut)) - 1
        count_out = sum(words[begun : max(last, begun)])
        begun = max(last, begun)
        run = model.model.run({"i": packed[begin:cut]}, {"o": count_out}, timeout=200_000, **pace)
        pieces.append(run.outputs["o"])
        begin = int(cut)
        if begin in stops:
            model.model.run(cycles=_TIMEOUT + 500)
    rest = sum(words[begun : len(wanted.frames)])
    if rest:
        pieces.append(model.model.run(sinks={"o": rest}, timeout=100_000, **pace).outputs["o"])
    flags = model.model.get("status")
    model.reset()
    assert flags == FrameStatus().const(vars(wanted.flags)).as_bits(), "flags"
    frames = [pixels[frame] for frame in wanted.frames]
    _compare(np.concatenate(pieces), frames, used, model)
    return len(wanted.frames)


def _compare(
    words: NDArray[Any],
    frames: Sequence[NDArray[np.uint16]],
    used: Sequence[isp.IspSettings],
    model: IspModel,
) -> None:
    place = 0
    for k, (frame, one) in enumerate(zip(frames, used, strict=False)):
        output = outputs(one, model.config)["o"]
        seen = read_output(words[place : place + output.total], output, ppc=model.config.ppc)
        place += output.total
        golden = isp.develop_all(frame.reshape(one.height, one.width), one)
        assert np.array_equal(seen, golden.bytes), f"frame {k}"
    assert place == len(words), "words"
