# SPDX-License-Identifier: MIT
"""The camera pipeline's register map: every setting has its place, and says what it is."""

import pytest
from amaranth.hdl import Shape

from opsin.common.registers import Access
from opsin.config import IspConfig
from opsin.isp import FrameStatus, IspSettings
from opsin.isp.register_map import isp_register_map
from opsin.isp.setting_registers import setting_words
from opsin.isp.setting_texts import SETTINGS


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


def test_undescribed_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(SETTINGS, "gain")
    with pytest.raises(ValueError, match="not 'gain' left out"):
        isp_register_map(IspConfig())
