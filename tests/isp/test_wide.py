# SPDX-License-Identifier: MIT
"""Every block of the complete chain on the longest lines that are allowed, and on tiny frames."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from opsin.config import IspConfig
from opsin.isp import Conveyor
from opsin.isp.chain import CHAINS, STATISTICS, TABLES, makers
from opsin_sim.blocks import Format, random_frames, run_on_model
from opsin_sim.golden import isp
from opsin_sim.golden.isp import block_settings as of
from opsin_sim.harness import Model, pack
from opsin_sim.isp import random_settings
from opsin_sim.joined import Joined
from opsin_sim.statistics import SETTLED, read_results

pytestmark = pytest.mark.slow  # compiles 60 models, each with lines of 8192 pixels

Frame = NDArray[Any]

BLOCKS = CHAINS["complete"]
TOGETHER = {"demosaic": "false_color", "chroma_nr": "sharpen"}
"""Blocks, of which the first hands lines to the second."""
STEPS = [
    (name, TOGETHER[name]) if name in TOGETHER else (name,)
    for name in BLOCKS
    if name not in TOGETHER.values()
]
SIZES = [(8, 8), (8192, 12)]
DEPTH, LATE = 12, 10  # bits per sample up to the tone curve, and behind it

GOLDEN: dict[str, Callable[[Frame, isp.IspSettings, dict[str, Any]], Frame]] = {
    "decompand": lambda x, s, _: isp.decompand(x, s.tables.decompand, depth=DEPTH, depth_out=DEPTH),
    "black": lambda x, s, _: isp.black_level(x, s.black, phase=s.phase),
    "defect": lambda x, s, v: isp.defect_correction(x, isp.DefectRegisters(**v), s.tables.defects),
    "green": lambda x, s, v: isp.green_equalization(x, **v, phase=s.phase, depth=DEPTH),
    "shading": lambda x, s, v: isp.lens_shading(
        x,
        s.tables.mesh,
        cell=(v["cell_width"], v["cell_height"]),
        step=(v["step_x"], v["step_y"]),
        phase=s.phase,
        depth=DEPTH,
    ),
    "raw_nr": lambda x, _, v: isp.raw_noise_reduction(x, v["constant"], v["slope"], depth=DEPTH),
    "gain": lambda x, s, _: isp.white_balance(x, s.gain, phase=s.phase, depth=DEPTH),
    "demosaic": lambda x, s, _: isp.demosaic(x, phase=s.phase, depth=DEPTH, method=s.demosaic),
    "false_color": lambda x, _, v: isp.false_color_suppression(x, **v, depth=DEPTH),
    "ccm": lambda x, s, _: isp.color_correction(x, s.ccm, s.offset, depth=DEPTH),
    "tone_map": lambda x, _, v: isp.local_tone_map(x, **v, depth=DEPTH),
    "curve": lambda x, s, _: isp.tone_curve(x, s.curve, depth=DEPTH, depth_out=LATE),
    "space": lambda x, _, v: isp.color_space(x, **v, depth=LATE, depth_out=LATE),
    "defringe": lambda x, _, v: isp.defringe(x, **v, depth=LATE),
    "chroma_nr": lambda x, _, v: isp.chroma_noise_reduction(x, **v, rows=3),
    "sharpen": lambda x, _, v: isp.sharpen(x, **v, depth=LATE),
    "adjust": lambda x, _, v: isp.color_adjust(x, **v, depth=LATE),
    "overlay": lambda x, s, v: isp.overlay(
        x, s.tables.bitmap, s.tables.palettes[v.pop("palette")], **v, depth=LATE
    ),
}
"""What a block makes of a frame, with the pipeline's settings and with its own."""

RESULTS = {
    "awb": ("zone", 32),
    "ae": ("count", 1024),
    "ae_zones": ("zone", 16),
    "af": ("zone", 8),
    "flicker": ("row", 1024),
}
"""Of statistics: the port of the results, and how many there are, or zones on a side."""


def form(step: Sequence[str], ppc: int) -> tuple[Format, int]:
    """Describe the streams of blocks, and count the colours that come in."""
    late, colours = BLOCKS.index("curve"), BLOCKS.index("demosaic")
    first, last = BLOCKS.index(step[0]), BLOCKS.index(step[-1])
    depths = (LATE if first > late else DEPTH), (LATE if last >= late else DEPTH)
    return Format(*depths, 3 if last >= colours else 1, ppc), 3 if first > colours else 1


def settings(width: int, height: int, ppc: int) -> isp.IspSettings:
    """All blocks at work, on whole frames; statistics of zones across the whole line."""
    config = IspConfig(depth=DEPTH, max_width=8192, ppc=ppc)
    drawn = random_settings(width, height, config=config, seed=width + ppc)
    zones = {
        name: replace(
            getattr(drawn, name),
            left=0,
            top=0,
            zone_width=max(width // RESULTS[name][1], 8 * ppc),
            zone_height=4,
        )
        for name in ("awb", "ae_zones", "af")
    }
    return replace(drawn, crop=of.CropSettings(), **zones)


def ports(name: str, values: isp.IspSettings) -> dict[str, Any]:
    """Return the settings of a block, also those that stand elsewhere in the pipeline's."""
    own: dict[str, Any] = values.registers()
    mine = own.get(name, {})
    mine = dict(mine) if isinstance(mine, dict) else {name: mine}
    if name == "overlay":
        mine |= {"columns": mine["width"], "lines": mine["height"]}
    mine |= {key: own[key] for key in ("width", "height", "phase")} | {"bank": 1}
    return mine | {key: own[key] for key in ("ccm", "offset") if name == "ccm"}


def results_agree(model: Model, name: str, frame: Frame, values: isp.IspSettings) -> bool:
    """Whether everything that is measured of the frame is what the golden model says."""
    wanted = getattr(isp.statistics(frame, values), name)
    (port, count), there = RESULTS[name], np.arange(wanted.size if name == "flicker" else 1024)
    fields = {"samples": wanted} if isinstance(wanted, np.ndarray) else wanted._asdict()
    fields.pop("scale", None)  # a setting
    if name in ("awb", "ae_zones", "af"):
        own = getattr(values, name)
        rows, columns = values.height // own.zone_height, values.width // own.zone_width
        there = np.array([y * count + x for y in range(rows) for x in range(columns)], int)
        assert columns == (count if values.width > 8 else int(values.ppc == 1))
        assert not there.size or fields[next(iter(fields))].any()
    if name == "ae":  # more bits than a result
        got: Any = {"samples": []}
        for index in there:
            model.set("index", int(index))
            model.run(cycles=4)
            got["samples"].append(model.get(port))
    else:
        got = read_results(model, port, list(fields), there.tolist())
    return all(np.array_equal(got[key], fields[key].ravel()[there]) for key in fields)


@pytest.mark.parametrize("ppc", [1, 2, 4])
@pytest.mark.parametrize("step", STEPS, ids="+".join)
def test_block(step: Sequence[str], ppc: int) -> None:
    """Blocks that only watch let pass what comes, and measure it."""
    name = step[0]
    streams, channels = form(step, ppc)
    blocks = makers(IspConfig(depth=DEPTH, max_width=8192, ppc=ppc))
    block: Any = blocks[name]() if len(step) == 1 else Joined(**{n: blocks[n]() for n in step})
    live = ("hold", "index") if name in STATISTICS else ()
    top = Conveyor(block, max_width=8192, live=live)
    with Model(top) as model:
        for size in SIZES:
            model.reset()
            model.run(cycles=1100)  # the histogram is cleared
            (frame,) = random_frames(streams.depth, channels=channels, sizes=[size])
            values = settings(*size, ppc)
            if name in TABLES:
                if "bank" in model.boundary.inputs:
                    model.set("bank", 0)  # the other one is written
                shape: Any = top.signature.members["write"].signature.members["payload"].shape
                model.run({"write": pack(shape, values.writes()[name])}, timeout=20_000)
            wires: dict[str, Any] = {}
            for n in step:
                own = ports(n, values)
                wires |= own | {f"{n}_{key}": value for key, value in own.items()}
            wires = {key: value for key, value in wires.items() if key in model.boundary.inputs}
            (got,) = run_on_model(model, [frame], [wires], streams)
            wanted = frame
            for n in step:
                group = getattr(values, n, None)
                own = group.registers() if isinstance(group, of.BlockSettings) else {}
                watches = n in STATISTICS or own.pop("bypass", 0)
                wanted = wanted if watches else GOLDEN[n](wanted, values, own)
            assert np.array_equal(got, wanted)
            if name in STATISTICS:
                model.run(cycles=SETTLED)
                assert results_agree(model, name, frame, values)
