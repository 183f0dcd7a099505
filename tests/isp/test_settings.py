# SPDX-License-Identifier: MIT
"""The settings of the complete pipeline: in hardware, in registers and in the golden model."""

from typing import Any

import pytest
from amaranth.hdl import Shape
from amaranth.lib import data

import opsin.isp as rtl
from opsin.config import IspConfig
from opsin.isp import PICTURE_DEPTH, IspSettings
from opsin.isp.register_map import isp_register_map
from opsin.isp.setting_registers import setting_words
from opsin.isp.setting_texts import SETTINGS
from opsin_sim.golden import isp
from opsin_sim.golden.isp import block_settings as of

BANKS = {
    *("decompand_bank", "shading_bank", "curve_bank", "output_scale_bank", "second_scale_bank")
}
OTHER_PORTS = {
    *("i", "o", "phase", "phase_out", "hold", "index", "zone", "count", "row", "busy", "frame"),
    *("write", "memory"),
}


def blocks(depth: int) -> dict[str, Any]:
    raw: dict[str, Any] = {"depth": depth, "max_width": 64}
    picture: dict[str, Any] = {"depth": PICTURE_DEPTH, "max_width": 64}
    return {
        "crop": rtl.Crop(depth=depth),
        "decompand": rtl.Decompand(depth=depth, depth_out=depth),
        "defect": rtl.DefectCorrection(**raw),
        "green": rtl.GreenEqualization(**raw),
        "shading": rtl.LensShading(depth=depth),
        "raw_nr": rtl.RawNoiseReduction(**raw),
        "awb": rtl.AwbStatistics(**raw),
        "ae": rtl.AeHistogram(depth=depth),
        "ae_zones": rtl.AeZones(**raw),
        "af": rtl.AfStatistics(**raw),
        "flicker": rtl.FlickerStatistics(**raw),
        "false_color": rtl.FalseColorSuppression(**raw),
        "tone_map": rtl.LocalToneMap(**raw),
        "space": rtl.ColorSpace(depth=PICTURE_DEPTH, depth_out=PICTURE_DEPTH),
        "defringe": rtl.Defringe(depth=PICTURE_DEPTH),
        "chroma_nr": rtl.ChromaNoiseReduction(**picture),
        "sharpen": rtl.Sharpen(**picture),
        "adjust": rtl.ColorAdjust(depth=PICTURE_DEPTH),
        "overlay": rtl.Overlay(depth=PICTURE_DEPTH),
        "hdr": rtl.HdrMerge(**raw, depth_out=depth),
        "temporal_nr": rtl.TemporalNoiseReduction(**raw),
    }


@pytest.mark.parametrize("depth", [8, 12, 16])
def test_settings_are_the_ports_of_the_blocks(depth: int) -> None:
    layout = IspSettings(depth, frame_buffer=True)
    for name, block in blocks(depth).items():
        size = set() if name == "crop" else {"width", "height"}
        renamed = {"columns": "width", "lines": "height"} if name == "overlay" else {}
        ports = {
            renamed.get(key, key): Shape.cast(member.shape)
            for key, member in block.signature.members.items()
            if key not in OTHER_PORTS | size
        }
        settings: Any = layout.members[name]
        mine = {key: Shape.cast(shape) for key, shape in settings.members.items()}
        assert mine == ports, name


def test_settings_of_outputs_are_the_ports_of_the_blocks() -> None:
    depth = PICTURE_DEPTH
    output: Any = IspSettings(12).members["output"]
    kinds: dict[str, Any] = {
        "scale": rtl.Scaler(depth=depth, max_width=64),
        "chroma": rtl.ChromaSubsample(depth=depth, max_width=64),
        "rgb": rtl.RgbSpace(depth=depth, depth_out=8),
    }
    for name, block in kinds.items():
        wanted = {
            key: Shape.cast(member.shape)
            for key, member in block.signature.members.items()
            if key not in ("i", "o", "width", "height", "write", "busy")
        }
        mine = {key: Shape.cast(shape) for key, shape in output.members[name].members.items()}
        assert mine == wanted, name


@pytest.mark.parametrize("depth", [8, 12, 16])
def test_golden_settings_have_the_same_names(depth: int) -> None:
    words = isp.IspSettings(
        width=64, height=48, depth=depth, chain="complete", frame_buffer=True
    ).words()
    for name, paths, _ in setting_words(depth, frame_buffer=True):
        if name not in BANKS:
            assert len(words.pop(name)) == len(paths), name
    assert not words
    names = {name for name, _, _ in setting_words(depth, frame_buffer=True)}
    assert names == set(SETTINGS)
    plain = isp.IspSettings(width=64, height=48, depth=depth).words()
    assert set(plain) | BANKS == {name for name, _, _ in setting_words(depth)}
    assert {name.split("_")[0] for name in names - set(plain) - BANKS} == {"hdr", "temporal"}


@pytest.mark.parametrize("depth", [8, 12, 16])
def test_golden_settings_refuse_what_registers_cannot_hold(depth: int) -> None:
    """Every value one below the least and one above the greatest."""
    plain = isp.IspSettings(width=64, height=48, depth=depth, chain="complete", frame_buffer=True)
    for name, block in plain.blocks():
        layout: Any = IspSettings(depth, frame_buffer=True).members[name]
        for key, shape in layout.members.items():
            if isinstance(shape, data.StructLayout):
                continue
            inner = shape
            while isinstance(inner, data.ArrayLayout):
                inner = inner.elem_shape
            word = Shape.cast(inner)
            low = -(1 << (word.width - 1)) if word.signed else 0
            if key in ("bank", "entries"):
                continue
            for value, ok in ((low, True), (low - 1, False), (low + (1 << word.width), False)):
                values: Any = {"offset": (value, 0, 0), "matrix": ((value, 0, 0),) * 3}
                given = values[key] if isinstance(shape, data.ArrayLayout) else value
                changed = type(block)(**{key: given})
                if ok:
                    changed.check(name, depth)
                else:
                    with pytest.raises(ValueError, match=rf"{name}\.{key} must be in"):
                        changed.check(name, depth)


def test_reset_is_a_sound_camera() -> None:
    """The reset values are what software computes for the defaults of each block."""
    depth = 12
    registers = isp_register_map(IspConfig(depth=depth, max_width=1920))

    def reset(prefix: str, names: tuple[str, ...]) -> list[int]:
        return [registers[f"{prefix}_{name}"].reset() for name in names]

    def is_reset(prefix: str, values: Any) -> None:
        names = values._fields
        assert [v & 0xFFFFFFFF for v in values] == reset(prefix, names), prefix

    is_reset("false_color", isp.false_color_registers(depth=depth))
    is_reset("defringe", isp.defringe_registers(depth=PICTURE_DEPTH))
    is_reset("chroma_nr", isp.chroma_noise_registers(depth=PICTURE_DEPTH))
    is_reset("sharpen", isp.sharpen_registers(depth=PICTURE_DEPTH))
    is_reset("adjust", isp.color_adjust_registers())
    for output in ("output_rgb", "second_rgb"):
        is_reset(
            output,
            isp.rgb_space_registers("bt709", limited=False, depth=PICTURE_DEPTH, depth_out=8),
        )
    space = isp.color_space_registers(
        "bt709", limited=False, depth=PICTURE_DEPTH, depth_out=PICTURE_DEPTH
    )
    matrix = [value & 0xFFFFFFFF for row in space.matrix for value in row]
    assert matrix == [registers["space_matrix"].reset(k) for k in range(9)]
    assert space.offset == [registers["space_offset"].reset(k) for k in range(3)]
    found = isp.DefectRegisters.for_depth(depth)
    for name, value in vars(found).items():
        assert value == registers[f"defect_{name}"].reset(), name
    for output, width in (("output", 1920), ("second", 1024)):
        is_size = isp.scaler_registers((1920, 1080), (1920, 1080))._asdict()
        for name, value in (is_size | {"width_out": width}).items():
            assert value == registers[f"{output}_scale_{name}"].reset(), name
    steps = [registers[f"shading_step_{axis}"].reset() for axis in "xy"]
    assert tuple(steps) == isp.mesh_steps((128, 90))


def test_crop() -> None:
    window = of.CropSettings(bypass=0, x=3, y=2, width=20, height=10)
    settings = isp.IspSettings(width=64, height=48, phase=1, crop=window)
    assert settings.frame == (10, 20)
    assert settings.frame_phase == 0
    with pytest.raises(ValueError, match=r"crop\.width must be in 7\.\.61, not 62"):
        isp.IspSettings(
            width=64, height=48, crop=of.CropSettings(bypass=0, x=3, width=62, height=9)
        )
    with pytest.raises(ValueError, match=r"crop\.height must be in 5\.\.48, not 4"):
        isp.IspSettings(width=64, height=48, crop=of.CropSettings(bypass=0, width=9, height=4))
