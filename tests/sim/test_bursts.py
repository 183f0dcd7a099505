# SPDX-License-Identifier: MIT
"""Memory behind burst ports, in compiled code: latency, bandwidth, refusals, faults."""

from functools import cache
from typing import Any

import numpy as np
import pytest
from amaranth.hdl import Module
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from opsin.common.burst_port import BurstRequest, ReadPort, ReadResponse, WritePort, WriteWord
from opsin_sim.harness import MemoryFault, Model, pack, unpack

WORD = 4


class Passes(wiring.Component):
    """Both ports, through to streams that a run can feed."""

    read: Any
    write: Any
    reads: Any
    writes: Any

    def __init__(self) -> None:
        super().__init__(
            {
                "read": In(ReadPort(WORD)),
                "write": In(WritePort(WORD)),
                "reads": Out(ReadPort(WORD)),
                "writes": Out(WritePort(WORD)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        connect(m, flipped(self.read), flipped(self.reads))
        connect(m, flipped(self.write), flipped(self.writes))
        return m


@cache
def model() -> Model:
    return Model(Passes())


REQUEST, ANSWER, SENT = BurstRequest(), ReadResponse(WORD), WriteWord(WORD)


def memory(size: int = 1024) -> Any:
    return np.random.default_rng(1).integers(0, 256, size, np.uint8)


def ask(*bursts: tuple[int, int]) -> Any:
    address, more = np.array(bursts).T
    return pack(REQUEST, {"address": address, "more": more})


def give(*bursts: tuple[int, int], strobe: int = 15) -> Any:
    last = np.concatenate([np.arange(more + 1) == more for _, more in bursts])
    words = len(last)
    fields = {"data": np.arange(words), "strobe": np.full(words, strobe), "last": last}
    return pack(SENT, fields)


def read(*bursts: tuple[int, int], **options: Any) -> tuple[int, Any]:
    words = sum(more + 1 for _, more in bursts)
    model().reset()
    run = model().run(
        {"read__request": ask(*bursts)}, {"read__response": words}, timeout=5000, **options
    )
    return run.cycles, unpack(ANSWER, run.outputs["read__response"])


def test_latency_and_bandwidth() -> None:
    data = memory()
    bursts = [(64 * n, 15) for n in range(16)]
    for latency in 0, 5, 60:
        cycles, found = read(*bursts, memory={"reads": data}, latency=latency)
        assert np.array_equal(found["data"], data.view("<u4"))
        assert cycles == 256 + latency + 1
    for bandwidth, each in (4, 1), (2, 2), (1, 4), (3, 4 / 3), (16, 1):
        cycles, _ = read(*bursts, memory={"reads": data}, bandwidth=bandwidth)
        assert abs(cycles - 256 * each) <= 5


def test_shared_bandwidth() -> None:
    """Reads and writes take turns."""
    data = memory()
    bursts = [(64 * n, 15) for n in range(16)]
    for bandwidth, cycles in (4, 512), (8, 256), (None, 256):
        model().reset()
        run = model().run(
            {"read__request": ask(*bursts), "write__request": ask(*bursts),
             "write__words": give(*bursts)},
            {"read__response": 256, "write__response": 16},
            {"reads": data, "writes": data.copy()}, bandwidth=bandwidth,
        )  # fmt: skip
        assert abs(run.cycles - cycles) <= 6
        assert run.traffic == {"reads": 1024, "writes": 1024}


@pytest.mark.parametrize("strobe", [15, 5, 0])
def test_writes(strobe: int) -> None:
    data = memory()
    expected = data.copy()
    bursts = [(0, 3), (100, 0), (64, 8), (960, 15)]
    at = [a + WORD * n for a, more in bursts for n in range(more + 1)]
    for n, place in enumerate(at):
        for byte, value in enumerate(n.to_bytes(4, "little")):
            if strobe >> byte & 1:
                expected[place + byte] = value
    model().reset()
    model().run(
        {"write__request": ask(*bursts), "write__words": give(*bursts, strobe=strobe)},
        {"write__response": 4}, {"writes": data}, stall=0.4, idle=0.4, latency=7,
    )  # fmt: skip
    assert np.array_equal(data, expected)


def test_refused() -> None:
    data = memory()
    _, found = read((0, 15), memory={"reads": data}, refused={"reads": range(17, 25)})
    assert [n for n in range(16) if found["error"][n]] == [4, 5, 6]
    before = data.copy()
    bursts = [(0, 15), (64, 1)]
    model().reset()
    run = model().run(
        {"write__request": ask(*bursts), "write__words": give(*bursts)},
        {"write__response": 2}, {"writes": data}, refused={"writes": range(63, 64)},
    )  # fmt: skip
    assert list(run.outputs["write__response"]) == [1, 0]
    assert np.array_equal(data[:64], before[:64])
    assert not np.array_equal(data[64:72], before[64:72])


@pytest.mark.parametrize("burst", [(2, 0), (1020, 1), (4, 15), (0xFFFF_FFFC, 0)])
def test_faults(burst: tuple[int, int]) -> None:
    with pytest.raises(MemoryFault, match="reads: "):
        read(burst, memory={"reads": memory()})


def test_last_in_the_wrong_place() -> None:
    model().reset()
    sources = {"write__request": ask((0, 2)), "write__words": give((0, 1), (0, 0))}
    with pytest.raises(MemoryFault, match="ends early or late"):
        model().run(sources, {"write__response": 1}, {"writes": memory()})
