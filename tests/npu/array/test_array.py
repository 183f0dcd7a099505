# SPDX-License-Identifier: MIT
"""MATMULs beside the golden model, and without a pause."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from opsin.config import NpuConfig
from opsin.npu.isa import Opcode
from opsin_sim.dispatch import encode
from opsin_sim.golden.npu.matmul import depthwise, matmul
from opsin_sim.harness import Model
from opsin_sim.npu.array_bench import ArrayBench
from opsin_sim.npu.planes import draw_plane

FIELDS = ("k0", "k1", "k2", "n0", "n1", "n2")


def encoded(command: dict[str, int]) -> bytes:
    """Return a MATMUL, or a DEPTHWISE if the command says so, whose packed bit is noise."""
    if "depthwise" not in command:
        return encode(Opcode.MATMUL, **command)
    fields = {name: value for name, value in command.items() if name != "depthwise"}
    raw = bytearray(encode(Opcode.DEPTHWISE, **fields))
    raw[2] |= command["depthwise"] << 6
    return bytes(raw)


class Bench:
    """The hardware, its memories' content as it should be."""

    def __init__(self, size: int, banks: int, sliding: bool) -> None:
        self.sliding = sliding
        self.config = config = NpuConfig(
            name="bench",
            rows=size,
            cols=size,
            scratchpad_words=512,
            accumulator_rows=64,
            lanes=size // 2,
            banks=banks,
        )
        self.model = Model(ArrayBench(config, sliding=sliding))
        self.words = np.zeros((512, size), np.int8)
        self.sums = np.zeros((64, size), np.int32)

    def fill(self, seed: int) -> None:
        """Write random words to the scratchpad; define the accumulator."""
        rng = np.random.default_rng(seed)
        self.words = rng.integers(-128, 128, self.words.shape).astype(np.int8)
        self.words[rng.random(512) < 0.1] = -128
        size = self.config.rows
        address = np.arange(512, dtype=np.uint64)
        bits = np.zeros((512, 8 * size + 9), np.uint8)
        bits[:, :9] = address[:, None] >> np.arange(9, dtype=np.uint64) & np.uint64(1)
        bits[:, 9:] = np.unpackbits(self.words.view(np.uint8), axis=1, bitorder="little")
        packed = np.packbits(bits, axis=1, bitorder="little")
        wide = np.zeros((512, -(-packed.shape[1] // 4) * 4), np.uint8)
        wide[:, : packed.shape[1]] = packed
        words: Any = wide.view("<u4")
        self.model.run({"write": words if words.shape[1] > 2 else wide.view("<u8").ravel()})
        self.run([{name: 1 for name in FIELDS} | {"n0": 64}])

    def run(self, commands: list[dict[str, int]], **run: Any) -> int:
        """Carry commands out on both; return the hardware's cycles."""
        zeros = {"local": 0, "weights": 0, "accumulator": 0, "accumulate": 0, "offset": 0}
        zeros |= {f"{name}_stride": 0 for name in FIELDS} | {"packed": 0, "edges": 0}
        words = np.frombuffer(b"".join(encoded(c) for c in commands), "<u4")
        before = self.model.get("finished")
        cycles = self.model.run({"command": words.reshape(-1, 16)}, **run).cycles
        while self.model.get("busy"):
            cycles += self.model.run(cycles=1).cycles
            assert cycles < 100_000
        assert (self.model.get("finished") - before) % 65536 == len(commands)
        for command in commands:
            product = depthwise if "depthwise" in command else matmul
            product(self.words, self.sums, zeros | command)
        return cycles

    def look(self) -> NDArray[np.int32]:
        """Return the hardware's accumulator."""
        run = self.model.run({"look": np.arange(64, dtype=np.uint8)}, {"sums": 64})
        found: NDArray[np.int32] = np.asarray(run.outputs["sums"]).view("<i4")
        return found.reshape(64, -1)


@pytest.fixture(scope="module", params=[(4, 2, False), (8, 8, False), (8, 2, True)], ids=str)
def bench(request: pytest.FixtureRequest) -> Iterator[Bench]:
    bench = Bench(*request.param)
    with bench.model:
        yield bench


def command(bench: Bench, rng: np.random.Generator) -> dict[str, int]:
    """Draw a command within the memories; often a short one."""
    size = bench.config.rows
    counts = dict.fromkeys(FIELDS, 1)
    for name, most in zip(FIELDS, (3, 3, 2, 8, 4, 2), strict=True):
        if rng.random() < 0.6:
            counts[name] = int(rng.integers(1, most + 1))
    tiles = counts["k0"] * counts["k1"] * counts["k2"]
    vectors = counts["n0"] * counts["n1"] * counts["n2"]
    strides = {f"{name}_stride": int(rng.integers(-8, 9)) for name in FIELDS}
    reach = [(counts[name] - 1) * strides[f"{name}_stride"] for name in FIELDS]
    down, up = -sum(min(r, 0) for r in reach), sum(max(r, 0) for r in reach)
    kind: dict[str, int] = {}
    tile = size
    if rng.random() < 0.6:
        kind = {rng.choice(["packed", "depthwise"]): int(rng.integers(2))}
        if "depthwise" in kind:
            tile = 1
        elif kind["packed"]:
            tile = size // 2
    return {
        **counts,
        **strides,
        **kind,
        "local": int(rng.integers(down, 512 - up)),
        "weights": int(rng.integers(0, 513 - tiles * tile)),
        "accumulator": int(rng.integers(0, 65 - vectors)),
        "accumulate": int(rng.random() < 0.5),
        "offset": int(rng.random() < 0.5),
    }


def sliding_command(rng: np.random.Generator) -> dict[str, int]:
    """Draw a depthwise 3 × 3 in lines, or nearly."""
    step = int(rng.integers(1, 3))
    n0, n1 = int(rng.integers(1, 12)), int(rng.integers(1, 6))
    pitch = int(rng.integers(max(step * (n0 - 1), 1), step * (n0 - 1) + 14))
    counts = {"k0": 3, "k1": 3, "k2": 1, "n0": n0, "n1": n1, "n2": 1}
    strides = {"k0_stride": 1, "k1_stride": pitch, "k2_stride": 5}
    strides |= {"n0_stride": step, "n1_stride": step * pitch, "n2_stride": 7}
    if rng.random() < 0.3:  # maybe no longer
        name = str(rng.choice([*counts, *strides]))
        if name in counts:
            counts[name] = max(1, counts[name] + int(rng.choice([-1, 1])))
        else:
            strides[name] += int(rng.choice([-1, 1]))
    while counts["n0"] * counts["n1"] * counts["n2"] > 64:
        counts["n1"] = max(1, counts["n1"] - 1)
        counts["n2"] = 1
    reach = [(counts[n] - 1) * strides[f"{n}_stride"] for n in FIELDS]
    down, up = -sum(min(r, 0) for r in reach), sum(max(r, 0) for r in reach)
    sums = counts["n0"] * counts["n1"] * counts["n2"]
    return {
        **counts,
        **strides,
        "depthwise": int(rng.integers(2)),
        "local": int(rng.integers(down, 512 - up)),
        "weights": int(rng.integers(0, 512 - 36)),
        "accumulator": int(rng.integers(0, 65 - sums)),
        "accumulate": int(rng.random() < 0.5),
        "offset": int(rng.random() < 0.5),
    }


def plane(rng: np.random.Generator, like: dict[str, int] | None = None) -> dict[str, int]:
    """Draw a depthwise 3 × 3 with edges; the data may be laid out as those of another one."""
    while True:
        across = int(rng.integers(1, 17))
        f = draw_plane(rng, across, int(rng.integers(1, 64 // across + 1)), 512)
        if not f:
            continue
        if like and rng.random() < 0.8:
            edges = int(rng.integers(16))
            reach = [(like[n] - 1) * like[f"{n}_stride"] for n in FIELDS]
            least, most = -sum(min(r, 0) for r in reach), 512 - sum(max(r, 0) for r in reach)
            if not edges and least >= most:
                continue
            local = int(rng.integers(least, most)) if least < most else 300
            f = {**f, **like, "edges": edges, "local": local}
        sums = f["n0"] * f["n1"]
        return {
            **f,
            "depthwise": int(rng.integers(2)),
            "weights": int(rng.integers(0, 504)),
            "accumulator": int(rng.integers(0, 65 - sums)),
            "accumulate": int(rng.random() < 0.2),
            "offset": int(rng.random() < 0.5),
        }


def planes(rng: np.random.Generator, count: int) -> list[dict[str, int]]:
    """Draw planes of which many have lines as long as the one before."""
    found: list[dict[str, int]] = []
    kept = [*FIELDS, *(f"{name}_stride" for name in FIELDS)]
    while len(found) < count:
        like = {name: found[-1][name] for name in kept} if found else None
        found.append(plane(rng, like))
    return found


@pytest.mark.parametrize("seed", range(12))
def test_planes(bench: Bench, seed: int) -> None:
    """With edges, one behind the other, and among others."""
    rng = np.random.default_rng(seed)
    bench.fill(seed)
    commands = planes(rng, 60)
    if seed % 3 == 2:
        commands = [c if rng.random() < 0.8 else command(bench, rng) for c in commands]
    bench.run(commands, idle=(seed % 2) * 0.9, seed=seed)
    assert (bench.look() == bench.sums).all()


@pytest.mark.parametrize("seed", range(6))
def test_lines(bench: Bench, seed: int) -> None:
    """Commands that slide, among others."""
    rng = np.random.default_rng(seed)
    bench.fill(seed)
    kinds = (sliding_command, lambda rng: command(bench, rng))
    commands = [kinds[int(rng.random() < 0.3)](rng) for _ in range(60)]
    bench.run(commands, idle=(seed % 2) * 0.9, seed=seed)
    assert (bench.look() == bench.sums).all()


@pytest.mark.parametrize(("step", "pitch"), [(1, 9), (1, 20), (2, 17), (2, 40)])
def test_cycles_of_lines(bench: Bench, step: int, pitch: int) -> None:
    """A word of input each cycle, from the first needed to the last, without a pause after."""
    bench.fill(9)
    across, down = 8, 5
    command = dict.fromkeys(FIELDS, 1) | {"k0": 3, "k1": 3, "n0": across, "n1": down}
    command |= {"k0_stride": 1, "k1_stride": pitch, "n0_stride": step, "n1_stride": step * pitch}
    command |= {"depthwise": 0, "weights": 300}
    cycles = bench.run([command] * 7) - bench.run([command] * 2)
    line = min(pitch, (across - 1) * step + 3)
    words = (2 + (down - 1) * step) * line + 2 + (across - 1) * step + 1
    expected = words if bench.sliding else 9 * across * down
    assert cycles == 5 * expected
    assert (bench.look() == bench.sums).all()


def with_edges(edges: int, step: int, across: int, down: int, more: int = 0) -> dict[str, int]:
    """Return a plane in the lower half of the scratchpad, with weights in the upper one."""
    left, right = edges & 1, edges >> 1 & 1
    pitch = (across - 1) * step + 3 - left - right + more
    command = dict.fromkeys(FIELDS, 1) | {"k0": 3, "k1": 3, "n0": across, "n1": down}
    command |= {"k0_stride": 1, "k1_stride": pitch, "n0_stride": step, "n1_stride": step * pitch}
    local = (3 - left - (edges >> 2 & 1) * pitch) % 2**32
    return command | {"edges": edges, "padding": 77, "local": local, "weights": 300, "depthwise": 0}


@pytest.mark.parametrize("accumulate", [0, 1])
@pytest.mark.parametrize("step", [1, 2])
@pytest.mark.parametrize("edges", range(16))
def test_cycles_of_planes(bench: Bench, edges: int, step: int, accumulate: int) -> None:
    """A cycle for each word; sums at the end are made while words of the next plane come.

    Not if these are to be added to what is there.
    """
    bench.fill(edges)
    across, down = (9, 6) if step == 1 else (6, 4)
    left, right, top, bottom = (edges >> n & 1 for n in range(4))
    command = with_edges(edges, step, across, down) | {"accumulate": accumulate}
    cycles = bench.run([command] * 7) - bench.run([command] * 2)
    line = (across - 1) * step + 3 - left - right
    words = line * ((down - 1) * step + 3 - top - bottom)
    behind = bottom * line + right + 3 if accumulate else 0
    expected = words + behind if bench.sliding else 9 * across * down
    assert cycles == 5 * expected
    assert (bench.look() == bench.sums).all()


@pytest.mark.parametrize("pair", [(15, 15), (10, 5), (15, 0), (8, 12), (2, 1)])
def test_planes_that_differ(bench: Bench, pair: tuple[int, int]) -> None:
    """Sums behind the last word take cycles if the next plane's lines are longer."""
    bench.fill(3)
    first, second = pair
    line, right, bottom = 30, first >> 1 & 1, first >> 3 & 1
    across = [line - 2 + (edges & 1) + (edges >> 1 & 1) for edges in pair]
    one, same = (with_edges(e, 1, n, 2) for e, n in zip(pair, across, strict=True))
    longer = with_edges(second, 1, across[1] + 1, 2)
    words = [30 * (4 - (e >> 2 & 1) - (e >> 3 & 1)) for e in pair]
    end = bench.run([longer])  # of which nothing can be done before
    apart = bench.run([one, longer]) - end
    assert not bench.sliding or apart == words[0] + bottom * line + right
    together = bench.run([one, same]) - bench.run([same])
    assert not bench.sliding or together == words[0]
    assert (bench.look() == bench.sums).all()


@pytest.mark.parametrize("across", [1, 2, 3, 5, 7])
@pytest.mark.parametrize("step", [1, 2])
def test_tiny_planes(bench: Bench, across: int, step: int) -> None:
    """With all edges and lines of any length, behind one of other lines and behind the same."""
    for edges in range(16):
        bench.fill(edges)
        for down in 1, 2, 4:
            commands = [
                with_edges(e, step, n, down, more) | {"accumulator": 8 * k, "padding": k + 125}
                for k, (e, n, more) in enumerate(
                    [(15, 12, 0), (edges, across, 0), (edges, across, 0), (edges, across, 3)]
                )
                if n * down <= 32
            ]
            bench.run([*commands, *reversed(commands)])
            assert (bench.look() == bench.sums).all()


@pytest.mark.parametrize("seed", range(4))
def test_random_commands(bench: Bench, seed: int) -> None:
    """Commands one behind the other, whose source pauses or does not."""
    rng = np.random.default_rng(seed)
    bench.fill(seed)
    commands = [command(bench, rng) for _ in range(60)]
    bench.run(commands, idle=(seed % 2) * 0.9, seed=seed)
    assert (bench.look() == bench.sums).all()


@pytest.mark.parametrize("packed", [0, 1])
@pytest.mark.parametrize("begin", range(253, 257))
def test_weights_behind_vectors(bench: Bench, begin: int, packed: int) -> None:
    """Weights come late, their bank being taken by the vectors of the tiles before.

    Their tile's first vector waits a cycle; the next tile, of the same sums, must wait as well.
    """
    bench.fill(begin)
    ones = dict.fromkeys(FIELDS, 1) | {"weights": 300, "n0_stride": 1}
    short = {"local": 256, "n0": 1, "k0": 3, "packed": 1, "accumulator": 2}
    for n in range(1, 7):
        long = {"local": begin, "n0": n, "k0": 3, "packed": packed}
        bench.run([ones | long, ones | short])
        assert (bench.look() == bench.sums).all()


@pytest.mark.parametrize("packed", [0, 1])
@pytest.mark.parametrize("vectors", [1, 3, 16])
def test_no_pause(bench: Bench, vectors: int, packed: int) -> None:
    """A tile takes ``max(vectors, rows)`` cycles, within a command and to the next."""
    size = bench.config.rows
    bench.fill(9)
    ones = dict.fromkeys(FIELDS, 1)
    far = {"local": 256, "n0": vectors, "n0_stride": 1, "packed": packed}  # in another bank
    short = bench.run([ones | far | {"k0": 2}])
    long = bench.run([ones | far | {"k0": 2}] + [ones | far | {"k0": 4}] * 5)
    assert long - short == 20 * max(vectors, max(size // 2, 4) if packed else size)
    assert (bench.look() == bench.sums).all()


def test_first_vector(bench: Bench) -> None:
    """A command alone takes what its Timing section says."""
    config = bench.config
    ones = dict.fromkeys(FIELDS, 1)
    cycles = bench.run([ones | {"local": 256, "n0": 16}])
    more = 2 * (9 - config.rows // 2) if bench.sliding else 0  # rows of the mesh
    latency = 5 + 2 * config.rows + more - 2 + 3 + 3
    assert cycles == config.rows + (6 if bench.sliding else 3) + 16 + latency


def test_stop(bench: Bench) -> None:
    """Commands are given up at any time, and the next ones are right."""
    rng = np.random.default_rng(5)
    bench.fill(5)
    for wait in range(0, 90, 7):
        commands = [command(bench, rng) for _ in range(4)]
        words = np.frombuffer(b"".join(encoded(c) for c in commands), "<u4")
        bench.model.run({"command": words.reshape(-1, 16)}, cycles=wait)
        bench.model.set("stop", 1)
        bench.model.run(cycles=1)
        bench.model.set("stop", 0)
        given = bench.model.get("finished")
        bench.model.run(cycles=200)
        assert not bench.model.get("busy")
        assert bench.model.get("finished") == given
        bench.run([dict.fromkeys(FIELDS, 1) | {"n0": 64}])
        bench.run([command(bench, rng) for _ in range(3)])
        assert (bench.look() == bench.sums).all()


def test_stop_planes(bench: Bench) -> None:
    """The same while planes follow one another."""
    rng = np.random.default_rng(6)
    bench.fill(6)
    commands = [with_edges(15, 1, 9, 3) | {"accumulator": 9 * n} for n in range(4)]
    words = np.frombuffer(b"".join(encoded(c) for c in commands), "<u4")
    for wait in range(150):
        bench.model.run({"command": words.reshape(-1, 16)}, cycles=wait)
        bench.model.set("stop", 1)
        bench.model.run(cycles=1)
        bench.model.set("stop", 0)
        bench.model.run(cycles=200)
        assert not bench.model.get("busy")
        bench.run([dict.fromkeys(FIELDS, 1) | {"n0": 64}])
        bench.run(commands[wait % 4 :] if wait % 2 else planes(rng, 3))
        assert (bench.look() == bench.sums).all()


def test_adds_right_after_lines(bench: Bench) -> None:
    """To the row whose sum was the last word's: it must have got there."""
    bench.fill(7)
    ones = dict.fromkeys(FIELDS, 1)
    lines = ones | {"k0": 3, "k1": 3, "k0_stride": 1, "k1_stride": 9, "n0": 3, "n0_stride": 2}
    lines |= {"depthwise": 0, "local": 256}  # in another bank than the weights
    adds = ones | {"local": 256, "n0": 3, "n0_stride": 1, "accumulate": 1}
    bench.run([lines, adds, lines | {"accumulate": 1}, adds])
    assert (bench.look() == bench.sums).all()
