# SPDX-License-Identifier: MIT
"""The camera pipeline's driver on the complete hardware: all tables, settings, statistics."""

from collections.abc import Iterator
from dataclasses import asdict, replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from opsin.config import IspConfig
from opsin.isp.register_map import isp_register_map
from opsin.soc import IspWishbone
from opsin_sim.blocks import random_frames
from opsin_sim.golden import isp
from opsin_sim.golden.isp import block_settings as of
from opsin_sim.harness import Model
from opsin_sim.isp import Recorder
from opsin_sw.driver.isp import IspDriver
from opsin_sw.tuning.measuring import statistics_settings

CONFIG = IspConfig(depth=12, max_width=64, demosaic="malvar", second_width=48)


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

    def develop(
        self, raw: NDArray[np.uint16], wanted: isp.Developed
    ) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
        """Bytes of both outputs."""
        width = raw.shape[1]
        sent = 0
        sizes = {"m_axis": wanted.bytes.size // 4, "m_axis_second": wanted.second_bytes.size // 4}
        words: dict[str, list[int]] = {port: [] for port in sizes}
        for port in words:
            self.model.set(f"{port}_tready", 1)
        for _ in range(20 * (raw.size + 60 * width + sum(sizes.values())) + 1000):
            y, x = divmod(sent, width)
            inside = sent < raw.size
            self.model.set("s_axis_tvalid", inside)
            self.model.set("s_axis_tdata", int(raw[y, x]) if inside else 0)
            self.model.set("s_axis_tuser", sent == 0)
            self.model.set("s_axis_tlast", x == width - 1)
            sent += inside and self.model.get("s_axis_tready")
            for port, found in words.items():
                if self.model.get(f"{port}_tvalid"):
                    assert self.model.get(f"{port}_tuser") == (not found)
                    found.append(self.model.get(f"{port}_tdata"))
            self.model.run(cycles=1)
            if all(len(words[port]) >= size for port, size in sizes.items()):
                break
        self.step(s_axis_tvalid=0)
        first, second = (np.array(found, dtype="<u4").view(np.uint8) for found in words.values())
        assert first.size == wanted.bytes.size
        assert second.size == wanted.second_bytes.size
        return first.reshape(wanted.bytes.shape), second.reshape(wanted.second_bytes.shape)


@pytest.fixture(scope="module")
def hardware() -> Iterator[Board]:
    board = Board()
    yield board
    board.model.close()


@pytest.fixture
def board(hardware: Board) -> Board:
    hardware.model.reset()
    return hardware


def plain(raw: NDArray[np.uint16], **more: Any) -> isp.IspSettings:
    height, width = raw.shape
    values: dict[str, Any] = {
        "depth": CONFIG.depth,
        "chain": "complete",
        "demosaic": CONFIG.demosaic,
    }
    measured = statistics_settings(width, height, depth=CONFIG.depth)
    return isp.IspSettings(width=width, height=height, **(values | measured | more))


def some_settings(raw: NDArray[np.uint16], *, seed: int) -> isp.IspSettings:
    rng = np.random.default_rng(seed)
    height, width = raw.shape
    ccm: Any = rng.integers(-3000, 8000, (3, 3)).tolist()
    depth = CONFIG.depth
    knees = [(0, 0), (int(rng.integers(8, 24)) * 64, 20000), (4096, 65536)]
    places = rng.integers(0, (height, width), (20, 2)).tolist()
    tables = isp.IspTables(
        decompand=isp.decompand_points(knees, depth=depth),
        defects=isp.defect_entries([(y, x) for y, x in places]),
        mesh=rng.integers(1 << 13, 1 << 15, (16, 32, 4)).astype(np.uint16),
        bitmap=rng.integers(0, 1 << 32, 1024).astype(np.uint32),
        palettes=rng.integers(0, 256, (2, 16, 4)).astype(np.uint8),
        output_scale=np.stack([isp.scaler_coefficients(r) for r in rng.uniform(1, 3, 2)]),
        second_scale=np.stack([isp.scaler_coefficients(r) for r in rng.uniform(1, 3, 2)]),
    )

    def output(size: tuple[int, int], pixel_format: int) -> of.OutputSettings:
        scale = isp.scaler_registers((width, height), size)
        return of.OutputSettings(
            scale=of.ScaleSettings(**scale._asdict()),
            chroma=of.ChromaSettings(format=int(rng.integers(3)), centred=int(rng.integers(2))),
            rgb=of.RgbSettings(bypass=int(rng.integers(2))),
            format=pixel_format,
            dither=1,
        )

    space = isp.color_space_registers("bt709", limited=False, depth=10, depth_out=10)
    return plain(
        raw,
        phase=seed % 4,
        black=tuple(rng.integers(0, 300, 4).tolist()),
        gain=tuple(rng.integers(3000, 9000, 4).tolist()),
        ccm=ccm,
        offset=tuple(rng.integers(-300, 300, 3).tolist()),
        curve=np.sort(rng.integers(0, 65281, (3, 257)), axis=1).astype(np.uint16),
        decompand=of.DecompandSettings(bypass=0),
        defect=of.DefectSettings(bypass=0, **asdict(isp.DefectRegisters.for_depth(depth))),
        green=of.GreenSettings(bypass=0, threshold=50, slope=20, edge=4000),
        shading=of.ShadingSettings(
            bypass=0, cell_width=12, cell_height=10, step_x=(1 << 20) // 12, step_y=(1 << 20) // 10
        ),
        raw_nr=of.RawNrSettings(bypass=0, constant=4000, slope=900),
        false_color=of.FalseColorSettings(
            bypass=0, **isp.false_color_registers(depth=depth)._asdict()
        ),
        tone_map=of.ToneMapSettings(bypass=0, **isp.tone_map_registers(depth=depth)._asdict()),
        space=of.SpaceSettings(bypass=0, **space._asdict()),
        defringe=of.DefringeSettings(bypass=0, edge=20, core=1, limit=900),
        chroma_nr=of.ChromaNrSettings(bypass=0, luma=200, chroma=300),
        sharpen=of.SharpenSettings(bypass=0, **isp.sharpen_registers(depth=10)._asdict()),
        adjust=of.AdjustSettings(bypass=0, contrast=4500, brightness=-900, cosine=4000, sine=300),
        overlay=of.OverlaySettings(
            bypass=0, x=5, y=3, width=17, height=9, base=int(rng.integers(1024)), palette=seed % 2
        ),
        output=output((width - 7, height + 9), int(rng.integers(7))),
        second=output((width // 3, height // 2), int(rng.integers(7))),
        tables=tables,
    )


def check(board: Board, driver: IspDriver, raw: NDArray[Any], settings: isp.IspSettings) -> None:
    wanted = isp.develop_all(raw, settings)
    first, second = board.develop(raw, wanted)
    assert np.array_equal(first, wanted.bytes)
    assert np.array_equal(second, wanted.second_bytes)


def check_statistics(driver: IspDriver, raw: NDArray[np.uint16], settings: isp.IspSettings) -> None:
    found, wanted = driver.statistics(settings), isp.develop_all(raw, settings)
    assert np.array_equal(found.ae, wanted.ae)
    assert np.array_equal(found.flicker, wanted.flicker)
    for name in ("awb", "ae_zones", "af"):
        mine, other = getattr(found, name), getattr(wanted, name)
        assert type(mine) is type(other)
        for field, values in mine._asdict().items():
            assert np.array_equal(values, getattr(other, field)), (name, field)


def test_develops(board: Board) -> None:
    """Everything on, then other tables, then the same ones again, then hardly anything."""
    driver = IspDriver(board)
    assert (driver.depth, driver.ppc, driver.max_width) == (12, 1, 64)
    assert (driver.chain, driver.demosaic, driver.second_width) == ("complete", "malvar", 48)
    driver.enable_interrupts(["settings"])
    frames = random_frames(CONFIG.depth, sizes=[(48, 34), (64, 20), (37, 26)])
    for seed, raw in enumerate(frames):
        settings = plain(raw) if seed == 2 else some_settings(raw, seed=seed)
        driver.configure(settings)
        assert driver.pending
        check(board, driver, raw, settings)
        assert not driver.pending
        assert driver.read("offset") == list(settings.offset)
        assert board.model.get("irq") == 1
        assert driver.events() == {"frame", "settings"}
        board.step()
        assert board.model.get("irq") == 0
        check_statistics(driver, raw, settings)
        assert set(driver.measured().values()) == {seed + 1}
    assert driver.read("frames") == [3]
    assert driver.events() == set()


def test_statistics_are_held(board: Board) -> None:
    driver = IspDriver(board)
    one, other = random_frames(CONFIG.depth, sizes=[(48, 34), (48, 34)])
    settings = plain(one)
    driver.configure(settings)
    check(board, driver, one, settings)
    driver.write("statistics_hold", 0)
    driver.raw("statistics_hold", 31)
    check(board, driver, other, settings)
    check_statistics(driver, one, settings)
    assert set(driver.measured().values()) == {1}
    check(board, driver, other, settings)
    check_statistics(driver, other, settings)


def test_tells_of_faults(board: Board) -> None:
    driver = IspDriver(board)
    (raw,) = random_frames(CONFIG.depth, sizes=[(16, 12)])
    driver.configure(plain(raw))
    check(board, driver, raw, plain(raw))
    driver.configure(plain(raw, timeout=100, output=of.OutputSettings(enable=0)))
    assert driver.events() == {"frame", "settings"}
    board.step(s_axis_tvalid=1, s_axis_tuser=0)
    for _ in range(20):  # the fault's way through the guard
        board.step(s_axis_tvalid=0)
    assert driver.events(clear=False) == {"stray"}
    assert driver.events() == {"stray"}
    assert driver.events() == set()
    board.step(s_axis_tvalid=1, s_axis_tuser=1)
    for _ in range(200):
        if board.model.get("s_axis_tready"):
            break
        board.step()
    board.step(s_axis_tvalid=0)
    for _ in range(400):
        board.step()
    assert driver.events() >= {"frame", "settings", "stopped"}


def test_curve_in_use(board: Board) -> None:
    """Without a frame in between the curve cannot be changed twice; the frame then sees both."""
    driver = IspDriver(board)
    (raw,) = random_frames(CONFIG.depth, sizes=[(16, 12)])
    curves = [np.full(257, k * 1000, dtype=np.uint16) for k in range(3)]
    first, second = (plain(raw, curve=curve) for curve in curves[1:])
    driver.configure(plain(raw))
    check(board, driver, raw, plain(raw))
    driver.configure(first)
    with pytest.raises(TimeoutError, match="curve is in use"):
        driver.configure(second, patience=10)
    driver.configure(first)
    check(board, driver, raw, first)
    driver.configure(second)
    check(board, driver, raw, second)


@pytest.mark.parametrize("lean", [False, True])
def test_lean_scalers(*, lean: bool) -> None:
    """They have no memory for long lines that are averaged, or of which more are made."""
    driver = IspDriver(Recorder(replace(CONFIG, lean_scalers=lean)))
    assert driver.lean_scalers == lean
    (raw,) = random_frames(CONFIG.depth, sizes=[(64, 40)])
    settings = plain(raw)
    refused = {
        (32, 80): False,  # higher
        (33, 80): lean,
        (33, 41): lean,
        (33, 40): False,
        (64, 21): False,
        (32, 10): False,  # averaged
        (33, 10): lean,
    }
    for size, wrong in refused.items():
        registers = isp.scaler_registers((64, 40), size)._replace(bypass=0)
        scale = of.ScaleSettings(**registers._asdict())
        changed = replace(settings, output=replace(settings.output, scale=scale))
        if not wrong:
            driver.configure(changed)
            continue
        message = (
            r"output.scale.width_out where lines are averaged or added must be at most 32, not"
        )
        with pytest.raises(ValueError, match=message):
            driver.configure(changed)


def test_refuses(board: Board) -> None:
    driver = IspDriver(board)
    for values, message in ((1, "gain must be 4 numbers, not 1"), ([0, 0, 0, 65536], "not 65536")):
        with pytest.raises(ValueError, match=message):
            driver.write("gain", values)
    (raw,) = random_frames(CONFIG.depth, sizes=[(40, 32)])
    settings = plain(raw)
    others: Any = (
        ({"depth": 14}, "depth must be 12, not 14"),
        ({"ppc": 2}, "ppc must be 1, not 2"),
        ({"chain": "lite"}, "chain must be complete, not 'lite'"),
        ({"demosaic": "directional"}, "demosaic must be malvar, not 'directional'"),
        ({"width": 65}, "width must be at most 64, not 65"),
        ({"second": replace(settings.output, scale=of.ScaleSettings(
            bypass=0, width_out=49, height_out=9, step_x=1, step_y=1))},
         r"second.scale.width_out must be at most 48, not 49"),
    )  # fmt: skip
    for changed, message in others:
        with pytest.raises(ValueError, match=message):
            driver.configure(replace(settings, **changed))

    class Nothing:
        def read(self, offset: int) -> int:
            return 0xFFFF_FFFF

        def write(self, offset: int, value: int) -> None:
            raise AssertionError

    with pytest.raises(OSError, match="ID must be 0x4f495350, not 0xffffffff"):
        IspDriver(Nothing())


def test_smaller_pipeline() -> None:
    """Of a smaller chain, only registers that it has are written."""
    config = replace(CONFIG, chain="lite")
    registers = isp_register_map(config)
    held = {address: register.reset(k) for address, register, k in registers.words()}
    ready = next(f.mask for f in registers["status"].fields if f.name == "curve_ready")
    ready |= next(f.mask for f in registers["status"].fields if f.name == "defect_ready")
    held[registers["status"].address] = ready

    class Lite:
        def read(self, offset: int) -> int:
            return held[offset]

        def write(self, offset: int, value: int) -> None:
            assert offset in held
            held[offset] = value

    driver = IspDriver(Lite())
    (raw,) = random_frames(CONFIG.depth, sizes=[(40, 32)])
    settings = replace(some_settings(raw, seed=1), chain="lite")
    driver.configure(settings)
    assert driver.read("gain") == list(settings.gain)
    assert driver.read("defect_entries") == [len(settings.tables.defects)]
    with pytest.raises(OSError, match="the lite pipeline has no statistics"):
        driver.statistics(settings)
