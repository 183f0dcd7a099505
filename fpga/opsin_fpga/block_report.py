# SPDX-License-Identifier: MIT
"""What each block of the complete pipeline costs, and how fast it is by itself."""

import json
import re
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from .boards import Board
from .build import build, synthesize, versions
from .report import RESOURCES, Report
from .tops import BLOCK, block_tops

__all__ = ["BlockReport", "Cost", "measure_blocks"]

_COMB = {"LUT4": 1, "CCU2C": 2, "TRELLIS_DPR16X4": 6}
"""Of yosys's cells, how many of nextpnr's TRELLIS_COMB each becomes."""


@dataclass(frozen=True, kw_only=True)
class Cost:
    """Cells of a block with what is around it, and its clock in MHz.

    ``around`` are those of :class:`~opsin_fpga.tops.timing.Timing`. Without ``fmax`` the block is
    only synthesized, and ``cells`` are yosys's.
    """

    cells: dict[str, int]
    around: dict[str, int]
    fmax: float | None
    path: str | None


@dataclass(frozen=True, kw_only=True)
class BlockReport:
    """All blocks, by name."""

    command: str
    versions: dict[str, str]
    board: str
    part: str
    constraint: float
    seed: int
    blocks: dict[str, Cost]

    def markdown(self) -> str:
        """Return the table for a README, with the command and the versions below it."""
        cells = ("TRELLIS_COMB", "TRELLIS_FF", "MULT18X18D", "DP16KD")
        heads = [RESOURCES[cell] for cell in cells]
        lines = [f"| block, {self.part} | {' | '.join(heads)} | Fmax |", "|---" + "|---:" * 5 + "|"]
        for name, cost in self.blocks.items():
            used = [cost.cells.get(cell, 0) - cost.around.get(cell, 0) for cell in cells]
            values = [f"{number:,}" for number in used]
            speed = "synthesized only" if cost.fmax is None else f"{cost.fmax:.1f} MHz"
            lines.append(f"| `{name}` | {' | '.join(values)} | {speed} |")
        tools = ", ".join(f"{name} {version}" for name, version in self.versions.items())
        clock = f"Asked for: {self.constraint:g} MHz."
        return "\n".join(
            [*lines, "", f"`{self.command}`", "", f"Seed {self.seed}. {clock} {tools}."]
        )

    def to_json(self) -> str:
        """Return the report as JSON."""
        return json.dumps(asdict(self), indent=2) + "\n"

    @classmethod
    def from_json(cls, text: str) -> "BlockReport":
        """Read what :meth:`to_json` wrote.

        Raises
        ------
        ValueError
            If it is something else.
        """
        try:
            fields = json.loads(text)
            blocks = {name: Cost(**cost) for name, cost in fields.pop("blocks").items()}
            return cls(**fields, blocks=blocks)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ValueError("text must be a report of blocks") from error


def measure_blocks(
    board: Board,
    *,
    directory: Path,
    frequency: float | None = None,
    seed: int = 1,
    routing: Callable[[], bool] = lambda: True,
    done: Callable[[BlockReport], None] = lambda report: None,
    notify: Callable[[str], None] = lambda stage: None,
) -> BlockReport:
    """Build every block by itself.

    Parameters
    ----------
    board : Board
        With an ECP5.
    directory : Path
        Each block gets a directory in it.
    frequency : float, optional
        Clock to aim at, in MHz; the tops' usual one without.
    seed : int
        Of place and route.
    routing : function
        Asked before each block: if it says no, the block is only synthesized.
    done : function
        Called with the report so far after each block.
    notify : function
        Called with the name of each stage as it begins.

    Raises
    ------
    BuildError
        If a tool fails.
    ValueError
        If the board has no PLL setting for ``frequency``.
    """
    costs: dict[str, Cost] = {}
    tops = block_tops()
    clock = next(iter(tops.values())).frequency if frequency is None else frequency
    report = BlockReport(
        command=f"opsin fpga blocks --board {board.name} --freq {clock:g} --seed {seed}",
        versions=versions(board),
        board=board.name,
        part=board.part,
        constraint=clock,
        seed=seed,
        blocks=costs,
    )
    for name, top in tops.items():
        block = name.removeprefix(BLOCK)
        core: Any = top.core(clock)

        def this(_: float, core: Any = core) -> Any:
            return core

        def tell(stage: str, block: str = block) -> None:
            notify(f"{block}: {stage}")

        once = replace(top, core=this)

        options: Any = {"directory": directory / name, "frequency": clock, "notify": tell}
        if routing():
            costs[block] = _routed(build(board, once, seeds=(seed,), **options), core.around)
        else:
            place, _ = synthesize(board, once, **options)
            cells = synthesized_cells((place / f"{name}.rpt").read_text())
            costs[block] = Cost(cells=cells, around=core.around, fmax=None, path=None)
        done(report)
    return report


def _routed(report: Report, around: dict[str, int]) -> Cost:
    cells = {name: usage.used for name, usage in report.resources.items()}
    clock = report.clocks["sync"]
    fmax, path = clock.fmax[report.seed], report.paths.get("sync")
    return Cost(cells=cells, around=around, fmax=fmax, path=path)


def synthesized_cells(statistics: str) -> dict[str, int]:
    """Count cells as nextpnr does, from the last statistics that yosys printed."""
    last = statistics[statistics.rfind("=== ") :]
    found = {cell: int(number) for number, cell in re.findall(r"(\d+) +(\w+)$", last, re.M)}
    cells = {cell: found[cell] for cell in RESOURCES if cell in found}
    return {"TRELLIS_COMB": sum(n * found.get(cell, 0) for cell, n in _COMB.items()), **cells}
