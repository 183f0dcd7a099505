# SPDX-License-Identifier: MIT
"""The camera pipeline's driver on the hardware, and the files made of the register description."""

import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from opsin.config import ISP, IspConfig
from opsin.isp.register_map import isp_register_map
from opsin.soc import IspWishbone
from opsin_sim.blocks import random_frames
from opsin_sim.golden import isp
from opsin_sim.harness import Model
from opsin_sim.harness.toolchain import compiler
from opsin_sw.driver import isp_registers
from opsin_sw.driver.isp import IspDriver
from opsin_sw.registers import c_header, copies

CONFIG = IspConfig(depth=12, max_width=32)


class Board:
    """The hardware: a bus and a camera."""

    def __init__(self) -> None:
        self.model = Model(IspWishbone(CONFIG))

    def step(self, **ports: int) -> None:
        for name, value in ports.items():
            self.model.set(name, value)
        self.model.run(cycles=1)

    def access(self, offset: int, value: int | None) -> int:
        write = value is not None
        self.step(
            wb_cyc=1, wb_stb=1, wb_we=write, wb_adr=offset // 4, wb_sel=15, wb_dat_w=value or 0
        )
        while not (self.model.get("wb_ack") or self.model.get("wb_err")):
            self.model.run(cycles=1)
        done, word = self.model.get("wb_ack"), self.model.get("wb_dat_r")
        assert done != self.model.get("wb_err")
        self.step(wb_cyc=0, wb_stb=0)
        if not done:
            raise OSError(f"access to {offset:#x} was refused")
        return word

    def read(self, offset: int) -> int:
        return self.access(offset, None)

    def write(self, offset: int, value: int) -> None:
        self.access(offset, value)

    def develop(self, raw: NDArray[np.uint16]) -> NDArray[np.uint8]:
        height, width = raw.shape
        sent, words = 0, []
        self.model.set("m_axis_tready", 1)
        for _ in range(4 * raw.size + 10 * width + 100):
            y, x = divmod(sent, width)
            inside = sent < raw.size
            self.model.set("s_axis_tvalid", inside)
            self.model.set("s_axis_tdata", int(raw[y, x]) if inside else 0)
            self.model.set("s_axis_tuser", sent == 0)
            self.model.set("s_axis_tlast", x == width - 1)
            sent += inside and self.model.get("s_axis_tready")
            if self.model.get("m_axis_tvalid"):
                words.append(self.model.get("m_axis_tdata"))
            if len(words) == raw.size:
                break
            self.model.run(cycles=1)
        self.step(s_axis_tvalid=0)
        picture = np.array(words).reshape(height, width)
        return np.stack([picture >> 16 & 255, picture & 255, picture >> 8 & 255], -1).astype(
            np.uint8
        )


@pytest.fixture(scope="module")
def hardware() -> Iterator[Board]:
    board = Board()
    yield board
    board.model.close()


@pytest.fixture
def board(hardware: Board) -> Board:
    hardware.model.reset()
    return hardware


def some_settings(raw: NDArray[np.uint16], *, seed: int) -> isp.IspSettings:
    rng = np.random.default_rng(seed)
    ccm: Any = rng.integers(-3000, 8000, (3, 3)).tolist()
    return isp.IspSettings(
        width=raw.shape[1],
        height=raw.shape[0],
        depth=CONFIG.depth,
        phase=seed % 4,
        black=tuple(rng.integers(0, 300, 4).tolist()),
        gain=tuple(rng.integers(3000, 9000, 4).tolist()),
        ccm=ccm,
        offset=tuple(rng.integers(-300, 300, 3).tolist()),
        curve=np.sort(rng.integers(0, 65281, 257)).astype(np.uint16),
    )


def test_develops(board: Board) -> None:
    driver = IspDriver(board)
    assert (driver.depth, driver.ppc, driver.max_width) == (12, 1, 32)
    driver.enable_interrupts(["settings"])
    for seed, raw in enumerate(random_frames(CONFIG.depth, sizes=[(8, 6), (5, 9), (12, 4)])):
        settings = some_settings(raw, seed=seed)
        driver.configure(settings)
        assert driver.pending
        assert np.array_equal(board.develop(raw), isp.develop(raw, settings))
        assert not driver.pending
        assert driver.read("frames") == [seed + 1]
        assert driver.read("offset") == list(settings.offset)
        assert board.model.get("irq") == 1
        assert driver.events() == {"frame", "settings"}
        board.step()
        assert board.model.get("irq") == 0
        assert driver.events() == set()


def test_tells_of_faults(board: Board) -> None:
    driver = IspDriver(board)
    (raw,) = random_frames(CONFIG.depth, sizes=[(8, 6)])
    driver.configure(some_settings(raw, seed=1))
    board.step(s_axis_tvalid=1, s_axis_tuser=0)
    for _ in range(4):  # the fault's way through the guard
        board.step(s_axis_tvalid=0)
    assert driver.events(clear=False) == {"stray"}
    assert driver.events() == {"stray"}
    assert driver.events() == set()


def test_curve_in_use(board: Board) -> None:
    """Without a frame in between the curve cannot be changed twice; the frame then sees both."""
    driver = IspDriver(board)
    (raw,) = random_frames(CONFIG.depth, sizes=[(8, 6)])
    first, second = (some_settings(raw, seed=seed) for seed in (3, 4))
    driver.configure(first)
    with pytest.raises(TimeoutError, match="in use"):
        driver.configure(second, patience=10)
    driver.configure(replace(second, curve=first.curve))
    assert np.array_equal(board.develop(raw), isp.develop(raw, replace(second, curve=first.curve)))
    driver.configure(second)
    assert np.array_equal(board.develop(raw), isp.develop(raw, second))


def test_refuses(board: Board) -> None:
    driver = IspDriver(board)
    for values, message in ((1, "gain must be 4 numbers, not 1"), ([0, 0, 0, 65536], "not 65536")):
        with pytest.raises(ValueError, match=message):
            driver.write("gain", values)
    (raw,) = random_frames(CONFIG.depth, sizes=[(8, 6)])
    settings = some_settings(raw, seed=1)
    with pytest.raises(ValueError, match="depth must be 12, not 14"):
        driver.configure(replace(settings, depth=14))
    with pytest.raises(ValueError, match="width must be a multiple of 1 up to 32, not 33"):
        driver.configure(replace(settings, width=33))

    class Nothing:
        def read(self, offset: int) -> int:
            return 0xFFFF_FFFF

        def write(self, offset: int, value: int) -> None:
            raise AssertionError

    with pytest.raises(OSError, match="ID must be 0x4f495350, not 0xffffffff"):
        IspDriver(Nothing())


def test_generated_files_are_fresh() -> None:
    for path, text in copies().items():
        assert path.read_text() == text, f"{path.name} is stale: run python -m opsin_sw.registers"


def test_python_constants() -> None:
    for register in isp_register_map(ISP).registers:
        assert isp_registers.REGISTERS[register.name] == (register.address, register.count)
        for field in register.fields:
            place = isp_registers.FIELDS[register.name, field.name]
            assert place == (field.lsb, field.width, field.signed)


@pytest.mark.parametrize("language", ["c", "c++"])
def test_c_header(language: str, tmp_path: Path) -> None:
    """Compile it without a warning, and check every number it defines."""
    registers = isp_register_map(CONFIG)
    (tmp_path / "opsin_isp.h").write_text(c_header(registers, source="test"))
    checks = []
    for register in registers.registers:
        name = f"OPSIN_ISP_{register.name.upper()}"
        for k, address in enumerate(register.addresses):
            call = f"{name}_OFFSET({k})" if register.count > 1 else f"{name}_OFFSET"
            checks.append(f"{call} == {address}")
        for field in register.fields:
            prefix = name if len(register.fields) == 1 else f"{name}_{field.name.upper()}"
            checks += [f"{prefix}_SHIFT == {field.lsb}", f"{prefix}_MASK == {field.mask}u"]
    lines = [f"typedef char check_{k}[({check}) ? 1 : -1];" for k, check in enumerate(checks)]
    text = "\n".join(['#include "opsin_isp.h"', '#include "opsin_isp.h"', *lines, ""])
    source = tmp_path / "main.c"
    source.write_text(text)
    standard = {"c": "-std=c99", "c++": "-std=c++11"}[language]
    flags = ["-Wall", "-Wextra", "-Werror", "-pedantic", "-fsyntax-only"]
    command = [*compiler(), "-x", language, standard, *flags, str(source)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
