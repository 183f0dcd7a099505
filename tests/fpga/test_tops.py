# SPDX-License-Identifier: MIT
"""The tops' cores, simulated: what the serial line and the LEDs show is the golden models' CRC."""

import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from amaranth import Module
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import Out
from numpy.typing import NDArray

from opsin.config import ISP_FIRST_LIGHT, ISP_MINI, IspConfig
from opsin_fpga.boards import BOARDS, Board
from opsin_fpga.tops import TOPS, divisor, first_light
from opsin_fpga.tops.first_light import FirstLight
from opsin_fpga.tops.pattern import Pattern
from opsin_sim.devices.uart import UartReceiver
from opsin_sim.golden import isp, test_pattern
from opsin_sim.golden.crc import frame_crc
from opsin_sim.golden.isp.settings import IDENTITY
from opsin_sim.harness import Model, unpack

BITSTREAMS = {"first_light": ISP_FIRST_LIGHT, "vga_mini": ISP_MINI}
LEVELS = data.StructLayout({"tx": 1, "led": 8})


class Probe(wiring.Component):
    """Offers the levels of a core's pins once per cycle."""

    o: stream.Interface

    def __init__(self, core: Any) -> None:
        self._core = core
        super().__init__({"o": Out(stream.Signature(LEVELS))})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.core = core = self._core
        m.d.comb += [self.o.valid.eq(1), self.o.p.tx.eq(core.tx), self.o.p.led.eq(core.led)]
        return m


def watch(core: Any, cycles: int) -> tuple[list[str], NDArray[Any]]:
    """Lines on the serial line in ``cycles`` clock cycles after reset, and the LEDs' levels."""
    with Model(Probe(core)) as model:
        run = model.run(sinks={"o": cycles}, timeout=cycles + 10)
    levels = unpack(LEVELS, run.outputs["o"])
    receiver = UartReceiver(divisor=core.divisor)
    receiver.feed(levels["tx"].tolist())
    return receiver.lines(), levels["led"]


def settings(width: int, height: int, config: IspConfig) -> isp.IspSettings:
    """First light's registers, as the golden model takes them; ``mini`` has no colour matrix."""
    return isp.IspSettings(
        width=width,
        height=height,
        depth=config.depth,
        phase=first_light.PHASE.value,
        black=first_light.black(config.depth),
        gain=first_light.GAIN,
        ccm=IDENTITY if config.chain == "mini" else first_light.CCM,
        curve=np.array(first_light.CURVE, np.uint16),
    )


def developed(width: int, height: int, config: IspConfig = ISP_FIRST_LIGHT) -> NDArray[np.uint8]:
    """First light's picture by the golden models."""
    raw = test_pattern.frame(width, height, depth=config.depth, phase=first_light.PHASE.name)
    return isp.develop(raw, settings(width, height, config))


def check(core: Any, picture: NDArray[np.uint8], frames: int, cycles: int) -> None:
    crc = frame_crc(picture)
    assert crc == zlib.crc32(picture.tobytes())
    lines, led = watch(core, cycles)
    assert lines[:frames] == [f"frame {k:08x} crc {crc:08x}" for k in range(1, frames + 1)]
    assert set(led.tolist()) == {0, crc & 0xFF}
    assert led[0] == 0
    assert led[-1] == crc & 0xFF


# A line of text takes 29 bytes of ten bits. Here frames come faster than lines and wait; in the
# bitstream (below) they do not.
@pytest.mark.parametrize(
    ("width", "height", "bit", "config"),
    [(32, 16, 3, ISP_FIRST_LIGHT), (37, 23, 16, ISP_FIRST_LIGHT), (37, 23, 16, ISP_MINI)],
)
def test_first_light(width: int, height: int, bit: int, config: IspConfig) -> None:
    core = FirstLight(width=width, height=height, divisor=bit, isp=config)
    period = max(30 * 10 * (bit + 1), frame_cycles(width, height))
    check(core, developed(width, height, config), 2, 600 + 4 * period)


def frame_cycles(width: int, height: int) -> int:
    """Clock cycles from frame to frame, at most."""
    return width * height + 3 * width + 150


@pytest.mark.parametrize(("top", "config"), BITSTREAMS.items(), ids=BITSTREAMS)
def test_as_built(top: str, config: IspConfig) -> None:
    """Size, bit rate and configuration of the bitstream; the CRC that a board must show."""
    core = TOPS[top].core(TOPS[top].frequency)
    assert isinstance(core, FirstLight)
    assert core.divisor == divisor(TOPS[top].frequency)
    assert core.isp == config
    line = 30 * 10 * core.divisor
    picture = developed(core.width, core.height, config)
    check(core, picture, 2, 1000 + 2 * frame_cycles(core.width, core.height) + 2 * line)

    crc = frame_crc(picture)
    readme = (Path(__file__).parents[2] / "fpga" / "README.md").read_text()
    if top == "first_light":
        assert f"    frame 00000001 crc {crc:08x}\n    frame 00000002 crc {crc:08x}\n" in readme
        assert f"lowest byte, {crc & 0xFF:02x} (`{crc & 0xFF:08b}`, LED 7 to LED 0)" in readme
    else:
        assert f"its CRC is {crc:08x}, its LEDs" in readme
        assert f"show `{crc & 0x7F:07b}`, LED 6 to LED 0" in readme


def test_first_light_uses_its_settings() -> None:
    """Every fixed setting changes the picture, so a wrong one would change the CRC."""
    config = ISP_FIRST_LIGHT
    picture = developed(64, 48)
    plain = isp.IspSettings(width=64, height=48, depth=config.depth)
    chosen = settings(64, 48, config)
    raw = test_pattern.frame(64, 48, depth=config.depth, phase=first_light.PHASE.name)
    for name in ("phase", "black", "gain", "ccm", "curve"):
        values = {**chosen.__dict__, name: getattr(plain, name)}
        assert not np.array_equal(isp.develop(raw, isp.IspSettings(**values)), picture), name


def test_pattern_top() -> None:
    picture = test_pattern.frame(41, 9, depth=8).astype(np.uint8)
    check(Pattern(width=41, height=9, divisor=3), picture, 3, 4 * 30 * 10 * 4)


def makes(board: Board, frequency: float) -> bool:
    """Whether the board's PLL makes a clock of so many MHz."""
    try:
        board.family.pll.solve(board.oscillator, frequency)
    except ValueError:
        return frequency == board.oscillator
    return True


@pytest.mark.parametrize("name", TOPS)
def test_some_board_makes_the_usual_clock(name: str) -> None:
    assert any(makes(board, TOPS[name].frequency) for board in BOARDS.values())
