# SPDX-License-Identifier: MIT
"""Frames read and written through a memory port, apart from any block."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from amaranth import Module, Value
from amaranth.hdl import unsigned
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from opsin.common.frame_reader import FrameReader
from opsin.common.frame_store import FrameStore
from opsin.common.frame_writer import FrameWriter
from opsin.common.memory_port import MemoryPort
from opsin_sim.blocks import PAUSES
from opsin_sim.golden import isp
from opsin_sim.harness import Model

WORD, BITS = 4, 10  # bytes of a word, bits of a beat: 3 beats a word
CASES = [(1, 1), (3, 2), (7, 5), (64, 9)]  # beats per line, lines


class Increment(wiring.Component):
    """Adds 1 to every beat in memory and shows what was there; with as many words on their way."""

    memory: Any
    o: stream.Interface
    idle: Value

    def __init__(self, ahead: int) -> None:
        self._store = FrameStore(bits=BITS, word_bytes=WORD, ahead=ahead, burst=4)
        inputs = {name: In(32) for name in ("base", "stride")}
        inputs |= {name: In(16) for name in ("line", "lines")}
        inputs |= {name: In(1) for name in ("start", "read", "write")}
        super().__init__(
            {
                **inputs,
                "memory": Out(MemoryPort(WORD)),
                "o": Out(stream.Signature(unsigned(BITS))),
                "idle": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.store = store = self._store
        wiring.connect(m, store.memory, wiring.flipped(self.memory))
        for name in ("base", "stride", "line", "lines", "start", "read", "write"):
            m.d.comb += getattr(store, name).eq(getattr(self, name))
        m.d.comb += [
            self.idle.eq(store.idle),
            self.o.valid.eq(store.o.valid & store.i.ready),
            self.o.payload.eq(store.o.payload),
            store.o.ready.eq(self.o.ready & store.i.ready),
            store.i.valid.eq(store.o.valid & self.o.ready),
            store.i.payload.eq(store.o.payload + 1),
        ]
        return m


@pytest.fixture(scope="module", params=[4, 5, 40], ids="ahead {}".format)
def model(request: pytest.FixtureRequest) -> Iterator[Model]:
    with Model(Increment(request.param)) as model:
        yield model


@pytest.mark.parametrize("latency", [0, 30])
@pytest.mark.parametrize("pauses", PAUSES.values(), ids=PAUSES)
def test_in_place(model: Model, pauses: Any, latency: int) -> None:
    """Every beat is read once, in order, and written in its place; nothing else is touched."""
    model.reset()
    rng = np.random.default_rng(latency)
    memory = rng.integers(0, 256, 4096, dtype=np.uint8)
    for base, (line, lines) in zip((0, 64, 1024, 4), CASES, strict=True):
        beats = rng.integers(0, 1 << BITS, (lines, line))
        stride = 4 * -(-line // 3) + (8 if line < 64 else 0)

        def store(to: Any, values: Any, base: int = base, stride: int = stride) -> None:
            packed = isp.frame_bytes(values, bits=BITS, ppc=1, word_bytes=WORD)
            for k, row in enumerate(packed):
                to[base + k * stride : base + k * stride + len(row)] = row

        store(memory, beats)
        after = memory.copy()
        values = {"base": base, "stride": stride, "line": line, "lines": lines}
        for name, value in {**values, "read": 1, "write": 1, "start": 1}.items():
            model.set(name, value)
        port: Any = {"memory": memory}
        model.run(cycles=1, memory=port)
        model.set("start", 0)
        settings: Any = {"latency": latency, "timeout": 20_000, **pauses}
        run = model.run(sinks={"o": beats.size}, memory=port, **settings)
        assert np.array_equal(run.outputs["o"].reshape(beats.shape), beats)
        model.run(until="idle", memory=port, **settings)
        store(after, (beats + 1) % (1 << BITS))
        assert np.array_equal(memory, after)


def test_rejects() -> None:
    with pytest.raises(ValueError, match=r"bits must be in 1\.\.32, not 33"):
        FrameReader(bits=33, word_bytes=4)
    with pytest.raises(ValueError, match=r"bits must be in 1\.\.32, not 0"):
        FrameWriter(bits=0, word_bytes=4)
    with pytest.raises(ValueError, match="ahead must be at least burst = 16, not 15"):
        FrameStore(bits=8, word_bytes=4, ahead=15)
