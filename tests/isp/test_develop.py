# SPDX-License-Identifier: MIT
"""The golden model of the complete pipeline."""

from dataclasses import asdict, replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from opsin_sim.blocks import random_frames
from opsin_sim.golden import isp
from opsin_sim.golden.isp import block_settings as of

DEPTH = 12


def raw_frame(width: int = 40, height: int = 26) -> NDArray[np.uint16]:
    return random_frames(DEPTH, sizes=[(width, height)])[0]


def plain(**more: Any) -> isp.IspSettings:
    size = {"width": 40, "height": 26}
    values: dict[str, Any] = {
        "depth": DEPTH,
        "phase": 2,
        "demosaic": "directional",
        "chain": "complete",
        "curve": isp.linear_curve(10),
    }
    return isp.IspSettings(**(size | values | more))


def all_blocks(seed: int = 1) -> isp.IspSettings:
    """Every block on."""
    rng = np.random.default_rng(seed)
    color = isp.color_space_registers("bt601", limited=True, depth=10, depth_out=10)
    back = isp.rgb_space_registers("bt601", limited=True, depth=10, depth_out=8)
    tables = isp.IspTables(
        decompand=isp.decompand_points([(0, 0), (1024, 8192), (4096, 65536)], depth=DEPTH),
        defects=isp.defect_entries([(3, 5), (20, 7)]),
        mesh=rng.integers(1 << 13, 1 << 15, (4, 5, 4)).astype(np.uint16),
        bitmap=isp.overlay_words(rng.integers(0, 16, (4, 16)).astype(np.uint8)).repeat(128),
        palettes=rng.integers(0, 256, (2, 16, 4)).astype(np.uint8),
    )
    return plain(
        black=(40, 41, 42, 43),
        gain=(6000, 4096, 4100, 7000),
        curve=np.sort(rng.integers(0, 65473, (3, 257)), axis=1).astype(np.uint16),
        crop=of.CropSettings(bypass=0, x=3, y=1, width=32, height=22),
        decompand=of.DecompandSettings(bypass=0),
        defect=of.DefectSettings(bypass=0, **asdict(isp.DefectRegisters.for_depth(DEPTH))),
        green=of.GreenSettings(bypass=0, threshold=50, slope=20, edge=4000),
        shading=of.ShadingSettings(
            bypass=0, cell_width=12, cell_height=10, step_x=(1 << 20) // 12, step_y=(1 << 20) // 10
        ),
        raw_nr=of.RawNrSettings(bypass=0, constant=4000, slope=900),
        awb=of.AwbSettings(
            left=4, top=2, zone_width=8, zone_height=8, dark=10, saturation=4000, scale=1
        ),
        ae=of.AeSettings(green_only=1, skip=1),
        ae_zones=of.AeZonesSettings(top=4, zone_width=8, zone_height=6, bright=3000, scale=1),
        af=of.AfSettings(left=2, zone_width=12, zone_height=4, coarse=1, threshold=30),
        flicker=of.FlickerSettings(lines=1, scale=1),
        false_color=of.FalseColorSettings(
            bypass=0, **isp.false_color_registers(depth=DEPTH)._asdict()
        ),
        tone_map=of.ToneMapSettings(bypass=0, **isp.tone_map_registers(depth=DEPTH)._asdict()),
        space=of.SpaceSettings(bypass=0, **color._asdict()),
        defringe=of.DefringeSettings(bypass=0, edge=20, core=1, limit=900),
        chroma_nr=of.ChromaNrSettings(bypass=0, luma=200, chroma=300),
        sharpen=of.SharpenSettings(bypass=0, **isp.sharpen_registers(depth=10)._asdict()),
        adjust=of.AdjustSettings(bypass=0, contrast=4500, brightness=-900, cosine=4000, sine=300),
        overlay=of.OverlaySettings(bypass=0, x=4, y=5, width=16, height=4, palette=1),
        output=of.OutputSettings(
            chroma=of.ChromaSettings(format=1), format=isp.PIXEL_FORMATS.index("YUYV")
        ),
        second=of.OutputSettings(
            scale=of.ScaleSettings(**isp.scaler_registers((32, 22), (20, 30))._asdict()),
            rgb=of.RgbSettings(bypass=0, **back._asdict()),
            format=3,
            dither=1,
        ),
        tables=tables,
    )


def test_bypassed_is_the_first_pipeline_with_ten_bits() -> None:
    raw, settings = raw_frame(), plain(black=(9, 8, 7, 6), gain=(5000, 4096, 4096, 6000))
    balanced = isp.white_balance(
        isp.black_level(raw, settings.black, phase=2), settings.gain, phase=2, depth=DEPTH
    )
    rgb = isp.demosaic(balanced, phase=2, depth=DEPTH)
    ten = isp.tone_curve(rgb, isp.linear_curve(10), depth=DEPTH, depth_out=10)
    done = isp.develop_all(raw, settings)
    assert np.array_equal(done.finished, ten)
    assert np.array_equal(done.picture, np.minimum((ten + 2) >> 2, 255))
    assert np.array_equal(isp.develop(raw, settings), done.picture)
    first = isp.develop(raw, replace(settings, chain="first_light", curve=isp.LINEAR))
    assert np.abs(first.astype(int) - done.picture).max() <= 1


def test_every_block_in_its_place() -> None:
    raw, s = raw_frame(), all_blocks()
    t, phase = s.tables, isp.crop_phase(2, x=3, y=1)
    out = isp.crop(raw, x=3, y=1, width=32, height=22)
    out = isp.decompand(out, t.decompand, depth=DEPTH, depth_out=DEPTH)
    out = isp.black_level(out, s.black, phase=phase)
    out = isp.defect_correction(out, isp.DefectRegisters.for_depth(DEPTH), t.defects)
    out = isp.green_equalization(out, threshold=50, slope=20, edge=4000, phase=phase, depth=DEPTH)
    out = isp.lens_shading(out, t.mesh, cell=(12, 10), phase=phase, depth=DEPTH)
    out = isp.raw_noise_reduction(out, 4000, 900, depth=DEPTH)
    zone = {"zone_width": 8, "zone_height": 8, "left": 4, "top": 2}
    zones = isp.awb_statistics(out, phase=phase, dark=10, saturation=4000, scale=1, **zone)
    counts = isp.ae_histogram(out, depth=DEPTH, phase=phase, green_only=True, skip=1)
    light = isp.ae_zones(out, zone_width=8, zone_height=6, top=4, bright=3000, scale=1)
    sharp = isp.af_statistics(out, zone_width=12, zone_height=4, left=2, coarse=True, threshold=30)
    rows = isp.flicker_statistics(out, lines=1, scale=1)
    out = isp.white_balance(out, s.gain, phase=phase, depth=DEPTH)
    out = isp.demosaic(out, phase=phase, depth=DEPTH)
    out = isp.false_color_suppression(out, *isp.false_color_registers(depth=DEPTH), depth=DEPTH)
    out = isp.color_correction(out, s.ccm, s.offset, depth=DEPTH)
    out = isp.local_tone_map(out, *isp.tone_map_registers(depth=DEPTH), depth=DEPTH)
    out = isp.tone_curve(out, s.curve, depth=DEPTH, depth_out=10)
    out = isp.color_space(out, s.space.matrix, s.space.offset, depth=10, depth_out=10)
    out = isp.defringe(out, 20, 1, 900, depth=10)
    out = isp.chroma_noise_reduction(out, 200, 300, rows=3)
    out = isp.sharpen(out, *isp.sharpen_registers(depth=10), depth=10)
    out = isp.color_adjust(out, 4500, -900, 4000, 300, depth=10)
    out = isp.overlay(out, t.bitmap, t.palettes[1], x=4, y=5, width=16, height=4, depth=10)

    done = isp.develop_all(raw, s)
    assert np.array_equal(done.finished, out)
    both: list[tuple[Any, Any]] = [(done.awb, zones), (done.ae_zones, light), (done.af, sharp)]
    for mine, wanted in both:
        assert all(np.array_equal(a, b) for a, b in zip(mine, wanted, strict=True))
        assert all(np.any(values) for values in wanted)
    assert np.array_equal(done.ae, counts)
    assert np.array_equal(done.flicker, rows)
    picture = isp.rounded(isp.chroma_subsample(out, 1), depth=10, depth_out=8)
    assert np.array_equal(done.picture, picture)
    assert np.array_equal(done.bytes, isp.output_format(done.picture, 4))
    small = isp.scaler(out, s.second.scale.values(), *2 * (isp.scaler_coefficients(),), depth=10)
    rgb = isp.rgb_space(small, *s.second.rgb.values(), depth=10, depth_out=8).astype(np.uint8)
    assert np.array_equal(done.second, rgb)
    assert np.array_equal(done.second_bytes, isp.output_format(rgb, 3, dither=True))


def test_every_block_does_something() -> None:
    raw, settings = raw_frame(), all_blocks()
    whole = isp.develop_all(raw, settings).finished
    for name, block in settings.blocks():
        if name not in ("crop", "awb", "ae", "ae_zones", "af", "flicker", "output", "second"):
            kind: Any = type(block)
            bypassed: dict[str, Any] = {name: kind(bypass=1)}
            without = replace(settings, **bypassed)
            assert not np.array_equal(isp.develop_all(raw, without).finished, whole), name


@pytest.mark.parametrize("standard", ["bt601", "bt709"])
@pytest.mark.parametrize("limited", [False, True])
def test_there_and_back(standard: str, limited: bool) -> None:
    """To YCbCr and back to RGB, nothing else: near the rounded picture."""
    color = isp.color_space_registers(standard, limited=limited, depth=10, depth_out=10)
    back = isp.rgb_space_registers(standard, limited=limited, depth=10, depth_out=8)
    settings = plain(
        space=of.SpaceSettings(bypass=0, **color._asdict()),
        output=of.OutputSettings(rgb=of.RgbSettings(bypass=0, **back._asdict())),
    )
    wanted = isp.develop(raw_frame(), plain()).astype(int)
    assert np.abs(isp.develop(raw_frame(), settings) - wanted).max() <= 2


def test_lite_and_first_light_have_fewer_blocks() -> None:
    raw, settings = raw_frame(), all_blocks()
    lite = replace(settings, chain="lite")
    kinds: dict[str, Any] = {name: type(block) for name, block in settings.blocks()}
    only = {
        name: kind(bypass=1)
        for name, kind in kinds.items()
        if hasattr(kind, "bypass") and name not in ("crop", "defect", "space")
    }
    done = isp.develop_all(raw, replace(settings, **only))
    assert np.array_equal(isp.develop(raw, lite), done.finished)
    first = isp.develop(raw, replace(settings, chain="first_light"))
    assert first.dtype == np.uint8
    assert first.shape == (22, 32, 3)


def test_outputs_can_be_off() -> None:
    settings = plain(output=of.OutputSettings(enable=0))
    done = isp.develop_all(raw_frame(), settings)
    assert not done.picture.size
    assert not done.bytes.size
    assert not done.second_bytes.size  # off by default


def test_lines_are_whole_words() -> None:
    size = isp.ScalerRegisters(*isp.scaler_registers((40, 26), (36, 20)))
    output = of.OutputSettings(scale=of.ScaleSettings(**size._asdict()))
    done = isp.develop_all(raw_frame(), plain(ppc=4, output=output))
    assert done.picture.shape == (20, 36, 3)
    assert done.bytes.shape == (20, 112)


def test_rejects() -> None:
    with pytest.raises(ValueError, match="raw must be 26 lines of 40 pixels"):
        isp.develop_all(raw_frame(8, 8), plain())
    with pytest.raises(ValueError, match=r"raw must be in 0\.\.4095, not 4096"):
        isp.develop_all(np.full((26, 40), 4096, dtype=np.uint16), plain())
    with pytest.raises(ValueError, match="chain must be complete, not first_light"):
        isp.develop_all(raw_frame(), plain(chain="first_light"))
