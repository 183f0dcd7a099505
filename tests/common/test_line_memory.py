# SPDX-License-Identifier: MIT
"""Line memory: portable form and block RAMs, cycle by cycle, against a list of words."""

import random
from types import SimpleNamespace
from typing import Any

import pytest
from amaranth import Const, ShapeCastable, signed
from amaranth.hdl import Shape
from amaranth.hdl._ir import Fragment
from amaranth.lib import data

from opsin.common.line_memory import LineMemory, block_rams
from opsin_sim.devices import ecp5
from opsin_sim.harness import Model

OTHER = SimpleNamespace(family="iCE40")
PLATFORMS = {"portable": None, "ecp5": ecp5.PLATFORM}
PIXELS = data.StructLayout({"left": signed(10), "right": 13})

# width of the block RAMs: shape, depth
SHAPES = {
    "36": (40, 512),
    "36 small": (5, 1),
    "18": (PIXELS, 640),
    "9": (24, 1920),
    "4": (9, 4096),
    "2": (5, 5000),
    "1": (3, 16384),
}
on_both = pytest.mark.parametrize("platform", PLATFORMS.values(), ids=PLATFORMS)
shapes = pytest.mark.parametrize(("shape", "depth"), SHAPES.values(), ids=SHAPES)


def words(shape: Any, count: int, seed: int) -> tuple[list[Any], list[int]]:
    """Random words as what ``init`` takes, and their bits."""
    rng = random.Random(seed)
    if isinstance(shape, ShapeCastable):
        given = [
            {"left": rng.randrange(-512, 512), "right": rng.randrange(8192)} for _ in range(count)
        ]
        return given, [Const.cast(shape.const(word)).value for word in given]
    numbers = [rng.randrange(1 << shape) for _ in range(count)]
    return numbers, numbers


@on_both
@shapes
def test_reads_what_was_written(shape: Any, depth: int, platform: object) -> None:
    """Random traffic on few addresses, the outermost too, in the cycle of the write as well."""
    rng = random.Random(1)
    given, bits = words(shape, depth - depth // 5, 2)
    memory = bits + [0] * (depth - len(bits))
    _, fresh = words(shape, 3000, 3)
    complement = (1 << Shape.cast(shape).width) - 1
    busy = sorted({0, depth // 2, depth * 2 // 3, depth - 1} | {rng.randrange(depth)})
    expected = [0, 0]
    received = []
    with Model(LineMemory(shape, depth, init=given), platform=platform) as model:
        for cycle, word in enumerate(fresh):
            few = cycle % 100 < 70
            read = rng.choice(busy) if few else rng.randrange(depth)
            write = rng.choice(busy) if few else rng.randrange(depth)
            enable = rng.randrange(2)
            for name, value in (
                ("read_addr", read),
                ("write_addr", write),
                ("write_data", word),
                ("write_en", enable),
            ):
                model.set(name, value)
            # undefined on the device, the complement in simulation
            collision = enable and read == write
            expected.append(memory[read] ^ (complement if collision else 0))
            if enable:
                memory[write] = word
            received.append(model.get("read_data"))
            model.run(cycles=1)
    assert received[2:] == expected[2 : len(received)]


def test_other_platforms() -> None:
    """The form that other platforms synthesize, whose memory is read another way."""
    rng = random.Random(1)
    depth = 20
    memory, expected, received = [*range(depth)], [0, 0], []
    with Model(LineMemory(8, depth, init=range(depth)), platform=OTHER) as model:
        for _ in range(500):
            read, write, word = rng.randrange(depth), rng.randrange(depth), rng.randrange(256)
            for name, value in (
                ("read_addr", read),
                ("write_addr", write),
                ("write_data", word),
                ("write_en", 1),
            ):
                model.set(name, value)
            expected.append(memory[read] if read != write else -1)  # then it is undefined
            memory[write] = word
            received.append(model.get("read_data"))
            model.run(cycles=1)
    assert all(e in (-1, r) for e, r in zip(expected, received, strict=False))


@on_both
@shapes
def test_initial_content(shape: Any, depth: int, platform: object) -> None:
    """Every word, and 0 behind the last one given."""
    given, bits = words(shape, depth - depth // 5, 2)
    with Model(LineMemory(shape, depth, init=given), platform=platform) as model:
        received = []
        for address in [*range(depth), 0, 0]:
            model.set("read_addr", address)
            received.append(model.get("read_data"))
            model.run(cycles=1)
    assert received[2:] == bits + [0] * (depth - len(bits))


@shapes
def test_block_rams(shape: Any, depth: int) -> None:
    """As many cells as announced, all with output registers."""
    fragment = Fragment.get(LineMemory(shape, depth), ecp5.PLATFORM)
    cells: list[Any] = [part for part, *_ in fragment.subfragments]
    assert [cell.type for cell in cells] == ["DP16KD"] * block_rams(Shape.cast(shape).width, depth)
    for cell in cells:
        assert cell.parameters["REGMODE_A"] == cell.parameters["REGMODE_B"] == "OUTREG"


@pytest.mark.parametrize(
    ("bits", "depth", "number"),
    [(36, 512, 1), (37, 512, 2), (36, 513, 2), (48, 1920, 6), (12, 2049, 3), (2, 8192, 1),
     (1, 16384, 1), (0, 4, 0)],
)  # fmt: skip
def test_number_of_block_rams(bits: int, depth: int, number: int) -> None:
    assert block_rams(bits, depth) == number


@pytest.mark.parametrize("depth", [0, 16385])
def test_rejects(depth: int) -> None:
    message = rf"depth must be in 1\.\.16384, not {depth}"
    with pytest.raises(ValueError, match=message):
        LineMemory(8, depth)
    with pytest.raises(ValueError, match=message):
        block_rams(8, depth)


@on_both
def test_of_luts(platform: object) -> None:
    """The same timing, other cells."""
    _, bits = words(34, 64, 5)
    with Model(LineMemory(34, 64, init=bits[:9], luts=True), platform=platform) as model:
        read = []
        for cycle in range(64 + 9):
            model.set("write_en", 9 <= cycle < 64)
            model.set("write_addr", cycle % 64)
            model.set("write_data", bits[cycle % 64])
            model.set("read_addr", (cycle - 7) % 64)
            read.append(model.get("read_data"))
            model.run(cycles=1)
    assert read[9:] == bits
