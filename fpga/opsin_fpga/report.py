# SPDX-License-Identifier: MIT
"""What a build used and how fast it is, as JSON and as a table."""

import json
import statistics
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

__all__ = [
    "RESOURCES",
    "Clock",
    "Report",
    "Usage",
    "routed_clocks",
    "routed_paths",
    "routed_resources",
]

RESOURCES = {
    "TRELLIS_COMB": "LUT (COMB)",
    "TRELLIS_FF": "FF",
    "MULT18X18D": "DSP (MULT18X18D)",
    "DP16KD": "EBR (DP16KD)",
    "EHXPLLL": "PLL",
    "ICESTORM_LC": "LC (LUT and FF)",
    "ICESTORM_DSP": "DSP (SB_MAC16)",
    "ICESTORM_RAM": "EBR (SB_RAM40)",
    "ICESTORM_PLL": "PLL",
}
"""Cells that are reported, of all families: nextpnr's name and the table's."""


@dataclass(frozen=True)
class Usage:
    """Cells of one kind, used and on the device."""

    used: int
    available: int


@dataclass(frozen=True)
class Clock:
    """A clock: what it must reach, and what it reaches by place-and-route seed, in MHz."""

    constraint: float
    fmax: dict[int, float]

    @property
    def median(self) -> float:
        """Median over the seeds."""
        return statistics.median(self.fmax.values())


@dataclass(frozen=True, kw_only=True)
class Report:
    """A finished build.

    ``seed`` is the bitstream's; ``resources`` and ``paths``, the slowest path of each clock, are
    those of that seed.
    """

    command: str
    versions: dict[str, str]
    board: str
    part: str
    top: str
    seed: int
    bitstream_sha256: str
    resources: dict[str, Usage]
    clocks: dict[str, Clock]
    paths: dict[str, str]

    def missed(self) -> list[str]:
        """One line per clock that the bitstream does not meet."""
        return [
            f"clock {name} reaches {clock.fmax[self.seed]:.1f} MHz,"
            f" not the {clock.constraint:.1f} MHz asked for"
            for name, clock in self.clocks.items()
            if clock.fmax[self.seed] < clock.constraint
        ]

    def table(self) -> list[tuple[str, str, str, str]]:
        """Return rows: what, value, limit, remark."""
        rows = [
            (
                RESOURCES[name],
                f"{usage.used:,}",
                f"{usage.available:,}",
                f"{usage.used / usage.available:.1%}",
            )
            for name, usage in self.resources.items()
        ]
        for name, clock in self.clocks.items():
            seeds = ", ".join(f"{seed}: {fmax:.1f}" for seed, fmax in clock.fmax.items())
            value, limit = f"{clock.median:.1f} MHz", f"{clock.constraint:.1f} MHz"
            rows.append((f"Fmax {name}, median", value, limit, f"by seed {seeds}"))
        return rows

    def markdown(self) -> str:
        """Return the table for a README, with the command and the versions below it."""
        lines = [f"| {self.top}, {self.part} | value | limit | |", "|---|---:|---:|---|"]
        lines += [f"| {' | '.join(row)} |" for row in self.table()]
        versions = ", ".join(f"{name} {version}" for name, version in self.versions.items())
        return "\n".join(
            [*lines, "", f"`{self.command}`", "", f"Bitstream: seed {self.seed}. {versions}."]
        )

    def to_json(self) -> str:
        """Return the report as JSON; ``rows`` repeats it for tools that compare benchmarks."""
        return json.dumps(asdict(self) | {"rows": self._rows()}, indent=2) + "\n"

    def _rows(self) -> list[dict[str, Any]]:
        cells = [
            {"name": name, "value": usage.used, "unit": "cells", "reach": None, "better": "lower"}
            for name, usage in self.resources.items()
        ]
        return cells + [
            {
                "name": f"Fmax {name}",
                "value": clock.median,
                "unit": "MHz",
                "reach": clock.constraint,
                "better": "higher",
            }
            for name, clock in self.clocks.items()
        ]

    @classmethod
    def from_json(cls, text: str) -> "Report":
        """Read what :meth:`to_json` wrote.

        Raises
        ------
        ValueError
            If it is something else.
        """
        try:
            fields = json.loads(text)
            del fields["rows"]
            fields["resources"] = {k: Usage(**v) for k, v in fields["resources"].items()}
            fields["clocks"] = {
                name: Clock(clock["constraint"], {int(k): v for k, v in clock["fmax"].items()})
                for name, clock in fields["clocks"].items()
            }
            return cls(**fields)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ValueError("text must be a build report") from error


def routed_resources(routed: Mapping[str, Any]) -> dict[str, Usage]:
    """Cells from nextpnr's report, those in :data:`RESOURCES`."""
    return {
        name: Usage(cell["used"], cell["available"])
        for name in RESOURCES
        if (cell := routed["utilization"].get(name))
    }


def routed_clocks(routed: Mapping[int, Mapping[str, Any]]) -> dict[str, Clock]:
    """Clocks from nextpnr's reports by seed, by the names of their Amaranth domains."""
    first = next(iter(routed.values()))["fmax"]
    return {
        _domain(net): Clock(
            round(clock["constraint"], 3),
            {seed: round(report["fmax"][net]["achieved"], 2) for seed, report in routed.items()},
        )
        for net, clock in first.items()
    }


def routed_paths(routed: Mapping[str, Any]) -> dict[str, str]:
    """From nextpnr's report, the cells at the ends of each clock's slowest path and its delays."""
    paths = {}
    for path in routed["critical_paths"]:
        edges = [path[end].partition(" ") for end in ("from", "to")]
        if not edges[0][2] or edges[0] != edges[1]:
            continue  # from or to something without a clock, or between two
        steps = path["path"]
        routing = sum(step["delay"] for step in steps if step["type"] == "routing")
        logic = sum(step["delay"] for step in steps) - routing
        paths[_domain(edges[0][2])] = (
            f"{steps[0]['from']['cell']} → {steps[-1]['to']['cell']}:"
            f" {logic:.2f} ns logic, {routing:.2f} ns routing"
        )
    return paths


def _domain(net: str) -> str:
    """Domain of a clock net: the signal, at any depth, is ``clk`` or ``<domain>_clk``.

    One with another name comes from a pin.
    """
    name = net.rpartition(".")[2].removeprefix("$glbnet$")
    if not name.endswith("clk"):
        return "oscillator"
    return "sync" if name == "clk" else name.removesuffix("_clk")
