# SPDX-License-Identifier: MIT
"""The camera pipeline's register map: every setting has its place, and says what it is."""

from dataclasses import replace

import pytest
from amaranth.hdl import Shape

from opsin.common.registers import Access
from opsin.config import IspConfig
from opsin.isp import FrameStatus, IspSettings, Pipeline
from opsin.isp.register_map import isp_register_map
from opsin.isp.setting_registers import setting_words
from opsin.isp.setting_texts import SETTINGS
from opsin.isp.table_registers import TABLES


@pytest.mark.parametrize("depth", [8, 12, 16])
def test_every_setting_has_a_register(depth: int) -> None:
    registers = isp_register_map(IspConfig(depth=depth, max_width=640))
    bits = 0
    for name, paths, shape in setting_words(depth):
        register = registers[name]
        assert register.access is Access.READ_WRITE
        assert register.staged
        assert register.count == len(paths)
        assert register.fields[0].shape == shape
        bits += len(paths) * shape.width
    assert bits == Shape.cast(IspSettings(depth)).width
    assert registers["width"].reset() == 640
    assert registers["config"].reset() == depth | 1 << 8 | 640 << 16
    events = [field.name for field in registers["events"].fields]
    assert set(FrameStatus().members) < set(events)
    assert events == [field.name for field in registers["interrupt_enable"].fields]


def test_other_chains_have_fewer_registers_at_the_same_places() -> None:
    complete = {r.name: r for r in isp_register_map(IspConfig(depth=12)).registers}
    for number, chain in enumerate(("complete", "lite", "first_light", "mini")):
        config = IspConfig(depth=12, chain=chain, demosaic="malvar", ppc=2, second_width=512)  # type: ignore[arg-type]
        registers = isp_register_map(config)
        for register in registers.registers:
            assert register.address == complete[register.name].address
            places = {field.name: field.lsb for field in complete[register.name].fields}
            assert all(places[field.name] == field.lsb for field in register.fields)
        has = set(Pipeline(config).signature.members)
        assert {name for name in TABLES if TABLES[name][0] in complete} == set(TABLES)
        there = {register.name for register in registers.registers}
        assert {name for name, pair in TABLES.items() if set(pair) & there} == has & set(TABLES)
        assert ("awb_zone" in there) == ("awb_zone" in has)
        assert ("output_enable" in there) == ("second" in has)
        assert ("defect_slope" in there) == ("defect" in has)
        assert {"width", "crop_x", "timeout", "gain", "curve_bank"} <= there
        assert ("ccm" in there) == ("offset" in there) == (chain != "mini")
        assert registers["capabilities"].reset() == 512 << 16 | 1 << 4 | number
        assert registers["config"].reset() >> 8 & 255 == 2


def test_frame_buffers_add_registers_and_move_none() -> None:
    config = IspConfig(depth=12)
    plain = isp_register_map(config)
    more = isp_register_map(replace(config, frame_buffer=True))
    added = {r.name: r for r in more.registers if r.name not in {p.name for p in plain.registers}}
    assert {name.split("_")[0] for name in added} == {"hdr", "temporal"}
    assert min(register.address for register in added.values()) == 0x400
    for register in plain.registers:
        assert more[register.name].address == register.address
        places = {field.name: (field.lsb, field.width) for field in more[register.name].fields}
        for field in register.fields:
            assert places[field.name] == (field.lsb, field.width)
    assert plain["capabilities"].reset() ^ more["capabilities"].reset() == 1 << 8
    lean = isp_register_map(replace(config, lean_scalers=True))
    assert plain["capabilities"].reset() ^ lean["capabilities"].reset() == 1 << 9
    assert plain["events"].mask ^ more["events"].mask == 1 << 9
    passes = {"hdr_role": 0, "temporal_nr_bypass": 1, "hdr_shift": 4, "hdr_ratio": 16 << 8}
    assert {name: added[name].reset() for name in passes} == passes


def test_fields_of_tables_are_those_of_the_writes() -> None:
    config = IspConfig(depth=12)
    registers, members = isp_register_map(config), Pipeline(config).signature.members
    for name, pair in TABLES.items():
        layout = members[name].signature.members["payload"].shape
        fields = {f.name: f.shape for where in pair for f in registers[where].fields}
        if name == "shading":
            assert fields.pop("first").width + fields.pop("second").width == 32
            fields["gain"] = Shape(32)
        wanted = {key: Shape.cast(shape) for key, shape in layout.members.items()}
        assert fields == wanted, name


def test_undescribed_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(SETTINGS, "gain")
    with pytest.raises(ValueError, match="not 'gain' left out"):
        isp_register_map(IspConfig())
