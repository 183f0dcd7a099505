# SPDX-License-Identifier: MIT
"""What window blocks and point blocks share: settings, bypass, several pixels per beat."""

from typing import Any

import numpy as np
import pytest
from amaranth import Cat, Module, Value, unsigned
from numpy.typing import NDArray

from opsin.common.flow import delayed
from opsin.isp import Conveyor
from opsin.isp.point import PointBlock, unchanged
from opsin.isp.window_block import WindowBlock
from opsin_sim.blocks import PAUSES, Format, equal, random_frames, run_on_simulator
from opsin_sim.golden import isp

DECOY = {"mask": 0x55, "bypass": 0, "width": 4, "height": 4}


class Corners(WindowBlock):
    """The exclusive or of two corners, the middle and a mask; bypassed, the middle backwards."""

    mask: Value

    def __init__(self, *, ppc: int) -> None:
        super().__init__(
            unsigned(8),
            unsigned(8),
            rows=3,
            columns=5,
            max_width=16,
            latency=2,
            ppc=ppc,
            settings={"mask": unsigned(8)},
            bypass=lambda pixel: Cat(pixel[7 - bit] for bit in range(8)),
        )

    def compute(self, m: Module, stages: PointBlock) -> None:
        for k in range(self.ppc):
            w = stages.i.p.pixel[k]
            mixed = delayed(m, w[0][0] ^ w[1][2] ^ w[2][4], 1, f"mixed_{k}")
            m.d.sync += stages.o.p.pixel[k].eq(mixed ^ self.mask)


class Mask(PointBlock):
    """The exclusive or with a mask, after three stages."""

    mask: Value

    def __init__(self, *, ppc: int) -> None:
        settings = {"mask": unsigned(8)}
        super().__init__(
            unsigned(8), unsigned(8), latency=3, ppc=ppc, settings=settings, bypass=unchanged
        )

    def compute(self, m: Module) -> None:
        for k in range(self.ppc):
            sample = delayed(m, self.i.p.pixel[k], 1, f"sample_{k}")
            masked = delayed(m, sample ^ self.mask, 1, f"masked_{k}")
            m.d.sync += self.o.p.pixel[k].eq(masked)


@pytest.mark.parametrize("pauses", ["full rate", "both"])
@pytest.mark.parametrize("ppc", [1, 2, 4])
def test_window_block(ppc: int, pauses: str) -> None:
    pace: Any = PAUSES[pauses]
    frames = random_frames(8, sizes=[(8, 4), (16, 2), (12, 5), (8, 3), (8, 2)])
    ports: list[dict[str, Any]] = [
        {"mask": 3 * k, "bypass": k % 3 == 1, "width": frame.shape[1], "height": frame.shape[0]}
        for k, frame in enumerate(frames)
    ]
    got = run_on_simulator(
        Conveyor(Corners(ppc=ppc), max_width=64),
        frames,
        ports,
        Format(8, 8, ppc=ppc),
        decoy=DECOY,
        **pace,
    )

    def golden(frame: NDArray[Any], mask: int, bypass: bool) -> NDArray[Any]:
        if bypass:
            bits = np.unpackbits(frame.astype(np.uint8)[..., None], axis=2)
            return np.packbits(bits[..., ::-1], axis=2)[..., 0]
        w: Any = isp.windows(frame, 3, 5)
        return w[..., 0, 0] ^ w[..., 1, 2] ^ w[..., 2, 4] ^ mask

    wanted = [golden(f, p["mask"], bool(p["bypass"])) for f, p in zip(frames, ports, strict=True)]
    assert equal(got, wanted)


@pytest.mark.parametrize("pauses", ["full rate", "both"])
@pytest.mark.parametrize("ppc", [1, 2])
def test_point_block(ppc: int, pauses: str) -> None:
    pace: Any = PAUSES[pauses]
    frames = random_frames(8, sizes=[(4, 1), (2, 1), (4, 2), (2, 2), (6, 3)])
    ports: list[dict[str, Any]] = [{"mask": 3 * k, "bypass": k % 2} for k in range(len(frames))]
    decoy = {"mask": 0x55, "bypass": 1}
    got = run_on_simulator(
        Conveyor(Mask(ppc=ppc), max_width=64),
        frames,
        ports,
        Format(8, 8, ppc=ppc),
        decoy=decoy,
        **pace,
    )
    wanted = [f if p["bypass"] else f ^ p["mask"] for f, p in zip(frames, ports, strict=True)]
    assert equal(got, wanted)
