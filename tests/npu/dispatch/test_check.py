# SPDX-License-Identifier: MIT
"""Every fault against the golden model's, one descriptor to a job."""

from functools import cache

import numpy as np
import pytest

from opsin.config import NPU, NpuConfig
from opsin.npu import isa
from opsin.npu.isa import FIELDS, UNITS, Opcode
from opsin_sim.dispatch import DispatchBench, begin, collect, decode, encode, image
from opsin_sim.dispatch.programs import Draw
from opsin_sim.golden.npu import check as golden
from opsin_sim.golden.npu.codes import Error
from opsin_sim.golden.npu.codes import Opcode as GoldenOpcode
from opsin_sim.harness import Model

_BASE = 4096  # of the program; the job's memory reaches beyond
WINDOWS = [(0, 0), (4096, 12288), (4095, 9001), (0, 2**31), (4096, 2**32 - 1)]


@cache
def bench(name: str) -> Model:
    return Model(DispatchBench(NPU[name]))


def expected(config: NpuConfig, raw: bytes, window: tuple[int, int]) -> Error:
    sizes = golden.Sizes(
        rows=config.rows,
        scratchpad_words=config.scratchpad_words,
        accumulator_rows=config.accumulator_rows,
        memory_begin=window[0],
        memory_end=window[1] or 2**32,
    )
    if raw[0] not in list(GoldenOpcode):
        return Error.OPCODE
    opcode = Opcode(raw[0])
    fields = decode(opcode, np.frombuffer(raw, "<u4").tolist())
    if opcode is Opcode.LOOP and not 1 <= fields["length"] <= 15:
        return Error.LOOP
    return golden.check(GoldenOpcode(raw[0]), fields, sizes)


def ask(config: NpuConfig, raw: bytes, window: tuple[int, int]) -> tuple[Error, int]:
    """Fault that the dispatcher finds in a descriptor, and the cycles of its job."""
    model = bench(config.name)
    memory = np.zeros(2 * _BASE, np.uint8)
    memory[_BASE:] = image(raw, size=_BASE)
    begin(model, _BASE, memory_begin=window[0], memory_end=window[1])
    units = {unit: 0 for unit in isa.Unit}
    fault = expected(config, raw, window)
    if fault is Error.NONE and raw[0] in [o.value for o in UNITS]:
        units[UNITS[Opcode(raw[0])]] = 1
    run, _ = collect(model, memory, units, timeout=2000)
    assert model.get("error_index") == (1 if model.get("error") == 0 else 0)
    assert model.get("error_address") == _BASE + 64 * model.get("error_index")
    return Error(model.get("error")), run.cycles


def damaged(draw: Draw, opcode: Opcode) -> bytes:
    """Return a legal descriptor, or one with a bit flipped, or a field at an extreme."""
    fields = draw.fields(opcode)
    kind = draw.rng.integers(4)
    names = [n for n in fields if n not in ("fill",)]
    name = names[draw.rng.integers(len(names))]
    field = FIELDS[opcode][name]
    low = -(1 << field.width - 1) if field.signed else 0
    high = low + (1 << field.width) - 1
    if kind == 0:
        fields[name] = int(draw.rng.choice([low, high, 0, 1, low + high // 2 + 1]))
        fields[name] = min(max(fields[name], low), high)
    elif kind == 1:
        fields[name] = min(max(fields[name] + int(draw.rng.choice([-1, 1])), low), high)
    raw = bytearray(encode(opcode, **fields))
    if kind == 2:
        raw[draw.rng.choice([0, *range(2, 60)])] ^= 1 << draw.rng.integers(8)  # not in ``wait``
    return bytes(raw)


@pytest.mark.parametrize("name", ["tiny", "base"])
@pytest.mark.parametrize("window", WINDOWS, ids=lambda w: f"{w[0]:x}-{w[1]:x}")
def test_agrees_with_golden(name: str, window: tuple[int, int]) -> None:
    config = NPU[name]
    end = window[1] or 2**32
    draw = Draw(config, 7 + window[0], memory_begin=window[0], memory_end=min(end, 70000))
    if window[1] - window[0] > 70000:  # near the end
        draw.memory_begin, draw.memory_end = end - 70000, end
    found = set()
    for n in range(40 * len(UNITS)):
        raw = damaged(draw, list(UNITS)[n % len(UNITS)])
        if raw[0] in (Opcode.LOOP.value, Opcode.HALT.value):
            continue
        error, _ = ask(config, raw, window)
        assert error == expected(config, raw, window), raw.hex()
        found.add(error)
    assert {Error.NONE, Error.RANGE, Error.COUNT} <= found
    assert Error.MEMORY in found or window == (0, 0)


@pytest.mark.parametrize("opcode", [o for o in Opcode if o is not Opcode.HALT])
def test_each_zero_count(opcode: Opcode) -> None:
    config = NPU["tiny"]
    draw = Draw(config, 3)
    legal = {"count": 1, "length": 1} if opcode is Opcode.LOOP else draw.fields(opcode)
    for name in ("row_bytes", "planes", "rows", "k0", "k1", "k2", "n0", "n1", "n2", "count"):
        if name in FIELDS[opcode]:
            raw = encode(opcode, **(legal | {name: 0, **({"top": 1} if "top" in legal else {})}))
            error, _ = ask(config, raw, (0, 0))
            still = opcode is Opcode.LOAD and name == "rows"
            assert error == expected(config, raw, (0, 0))
            assert (error is Error.COUNT) or still


def test_no_rows_at_all() -> None:
    config = NPU["tiny"]
    raw = encode(Opcode.LOAD, row_bytes=4, planes=1)
    assert ask(config, raw, (0, 0))[0] is Error.COUNT
    raw = encode(Opcode.LOAD, row_bytes=4, planes=1, top=1, memory=2**32 - 1)
    assert ask(config, raw, (4096, 8192))[0] is Error.NONE  # nothing is read


@pytest.mark.parametrize("byte", [0, *range(11, 256, 49), 255])
def test_unknown_opcode(byte: int) -> None:
    assert ask(NPU["tiny"], bytes([byte]) + bytes(63), (0, 0))[0] is Error.OPCODE


@pytest.mark.parametrize("opcode", [Opcode.LOAD, Opcode.STORE])
def test_window_to_the_byte(opcode: Opcode) -> None:
    """The first and the last byte of memory, and those beside them."""
    config = NPU["tiny"]
    window = (4096, 8189)
    one = {"row_bytes": 1, "rows": 1, "planes": 1}
    for memory, error in ((4095, 5), (4096, 0), (8188, 0), (8189, 5)):
        assert ask(config, encode(opcode, memory=memory, **one), window)[0] == error
    for stride, error in ((2**31 - 1, 5), (-(2**31), 5), (3, 5), (2, 0)):
        fields = one | {"rows": 2, "row_stride": stride, "memory": 8186}
        assert ask(config, encode(opcode, **fields), window)[0] == error


def test_far_reach() -> None:
    """Products that leave the adder, with a single bit of their factor set."""
    config = NPU["tiny"]
    for power in range(0, 16, 3):
        for stride in (-(2**31), -(2**20), 2**6, 2**20, 2**31 - 1):
            fields = {"row_bytes": 1, "rows": 1, "planes": 2**power + 1}
            fields |= {"local": 500, "local_plane_stride": stride, "memory": 5000}
            raw = encode(Opcode.STORE, **fields)
            assert ask(config, raw, (0, 0))[0] == expected(config, raw, (0, 0))


_PLANE = dict.fromkeys(["k2", "n2"], 1) | {"k0": 3, "k1": 3, "n0": 4, "n1": 3, "weights": 9}
_PLANE |= {"k0_stride": 1, "k1_stride": 7, "n0_stride": 1, "n1_stride": 7}


@pytest.mark.parametrize("name", ["k0", "k1", "k2", "n2"])
@pytest.mark.parametrize("opcode", [Opcode.DEPTHWISE, Opcode.MATMUL])
def test_edges_with_other_counts(name: str, opcode: Opcode) -> None:
    """No other kernel has edges; in other descriptors the bits mean nothing."""
    config = NPU["tiny"]
    for count in range(5):
        raw = bytearray(encode(opcode, **_PLANE | {name: count, "local": 100}))
        for edges in 0, 1, 8, 15:
            raw[40] = edges
            error, _ = ask(config, bytes(raw), (0, 0))
            needed = 3 if name in ("k0", "k1") else 1
            wrong = edges and count != needed and opcode is Opcode.DEPTHWISE
            assert error is (Error.COUNT if wrong or not count else Error.NONE)


@pytest.mark.parametrize("signs", [(1, 1), (-1, 1), (1, -1), (-1, -1)])
@pytest.mark.parametrize("edges", range(16))
def test_edges_to_the_word(edges: int, signs: tuple[int, int]) -> None:
    """The first and the last word of the scratchpad, and those beside them."""
    config = NPU["tiny"]
    left, right, top, bottom = (edges >> n & 1 for n in range(4))
    x, y = signs
    strides = {"k0_stride": x, "n0_stride": x, "k1_stride": 7 * y, "n1_stride": 7 * y}
    across, down = x * (6 - left - right - 1), 7 * y * (5 - top - bottom - 1)
    least = -min(across, 0) - min(down, 0)
    most = config.scratchpad_words - 1 - max(across, 0) - max(down, 0)
    for first, error in ((least, 0), (most, 0), (least - 1, 3), (most + 1, 3)):
        local = (first - x * left - 7 * y * top) % 2**32
        raw = encode(Opcode.DEPTHWISE, **_PLANE | strides | {"edges": edges, "local": local})
        assert ask(config, raw, (0, 0))[0] == error == expected(config, raw, (0, 0))
