# SPDX-License-Identifier: MIT
"""Designs that can be built for a board."""

from collections.abc import Callable
from dataclasses import dataclass

from amaranth.lib import wiring

__all__ = ["BAUD", "BLOCK", "TOPS", "Top", "block_tops", "divisor"]

BAUD = 115_200

BLOCK = "block_"
"""What the names of the tops begin with that are one block of the complete pipeline."""


def _pattern(frequency: float) -> wiring.Component:
    from .pattern import Pattern

    return Pattern(divisor=divisor(frequency))


def _first_light(frequency: float) -> wiring.Component:
    from .first_light import FirstLight

    return FirstLight(divisor=divisor(frequency))


def _vga_mini(frequency: float) -> wiring.Component:
    from opsin.config import ISP_MINI

    from .first_light import FirstLight

    return FirstLight(divisor=divisor(frequency), isp=ISP_MINI)


def _isp_timing(frequency: float) -> wiring.Component:
    from opsin.config import IspConfig
    from opsin.isp import Pipeline

    from .timing import Timing

    return Timing("pipeline", Pipeline(IspConfig(depth=12, max_width=1920, lean_scalers=True)))


def _isp_lite(frequency: float) -> wiring.Component:
    from opsin.config import IspConfig
    from opsin.isp import Pipeline

    from .timing import Timing

    config = IspConfig(depth=12, max_width=3840, ppc=4, chain="lite", demosaic="malvar")
    return Timing("pipeline", Pipeline(config))


def _mesh_base(frequency: float) -> wiring.Component:
    from opsin.npu.mesh import Mesh

    from ..floorplan import mesh_bels
    from .timing import Timing

    return Timing("mesh", Mesh(rows=16, cols=16, bels=mesh_bels(rows=16, across=8)))


def _mesh_tiny(frequency: float) -> wiring.Component:
    from opsin.npu.mesh import Mesh

    from .timing import Timing

    return Timing("mesh", Mesh(rows=4, cols=4))


def _npu(name: str) -> Callable[[float], wiring.Component]:
    def core(frequency: float) -> wiring.Component:
        from opsin.config import NPU
        from opsin.npu.core import Core

        from ..floorplan import mesh_bels
        from .timing import Timing

        config = NPU[name]
        places = {"bels": mesh_bels(rows=config.rows, across=config.cols // 2)}
        return Timing("core", Core(config, **places if name == "base" else {}))

    return core


def _block(name: str) -> Callable[[float], wiring.Component]:
    def core(frequency: float) -> wiring.Component:
        from opsin.config import IspConfig
        from opsin.isp.chain import makers

        from .timing import Timing

        return Timing(name, makers(IspConfig(depth=12, max_width=1920, lean_scalers=True))[name]())

    return core


def divisor(frequency: float) -> int:
    """Clock cycles per bit of the serial line at ``frequency`` MHz."""
    return round(frequency * 1e6 / BAUD)


@dataclass(frozen=True, kw_only=True)
class Top:
    """A design: ``core`` makes it for a clock frequency, ``frequency`` is the usual one, in MHz."""

    name: str
    description: str
    core: Callable[[float], wiring.Component]
    frequency: float


TOPS = {
    top.name: top
    for top in (
        Top(
            name="first_light",
            description="test picture → camera pipeline → CRC of each frame on UART and LEDs",
            core=_first_light,
            frequency=100.0,
        ),
        Top(
            name="pattern",
            description="CRC of the raw test picture on UART and LEDs",
            core=_pattern,
            frequency=25.0,
        ),
        Top(
            name="vga_mini",
            description="first_light with the mini pipeline, 10 bits, at VGA's pixel rate",
            core=_vga_mini,
            frequency=25.5,  # the first above 25.175 MHz that iCEBreaker's PLL makes
        ),
        Top(
            name="isp_timing",
            description="camera pipeline alone, 12 bits, 1920 pixels: cells and speed, no picture",
            core=_isp_timing,
            frequency=150.0,
        ),
        Top(
            name="isp_lite",
            description="lite pipeline alone, 4 pixels per clock, 12 bits, 3840 pixels",
            core=_isp_lite,
            frequency=150.0,
        ),
        Top(
            name="mesh_base",
            description="the neural processor's array of 16×16 alone, weights of 8 bits",
            core=_mesh_base,
            frequency=162.5,
        ),
        Top(
            name="mesh_tiny",
            description="the neural processor's array of 4×4 alone",
            core=_mesh_tiny,
            frequency=48.0,
        ),
        Top(
            name="npu_base",
            description="the neural processor with its memories, 16×16",
            core=_npu("base"),
            frequency=112.5,
        ),
        Top(
            name="npu_small",
            description="the neural processor with its memories, 8×8",
            core=_npu("small"),
            frequency=75.0,
        ),
        Top(
            name="npu_tiny",
            description="the neural processor with its memories, 4×4",
            core=_npu("tiny"),
            frequency=48.0,
        ),
    )
}


def block_tops() -> dict[str, Top]:
    """Return a top for each block of the complete pipeline, in order."""
    from opsin.isp.chain import CHAINS

    return {
        f"{BLOCK}{name}": Top(
            name=f"{BLOCK}{name}",
            description=f"{name} alone, 12 bits, 10 behind the tone curve, 1920 pixels",
            core=_block(name),
            frequency=175.0,
        )
        for name in CHAINS["complete"]
    }
