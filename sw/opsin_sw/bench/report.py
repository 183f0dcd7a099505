# SPDX-License-Identifier: MIT
"""Figures of a benchmark, as a table and as JSON."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Literal

from rich.table import Table

from ..errors import UserError

__all__ = ["Report", "Row"]


@dataclass(frozen=True, kw_only=True)
class Row:
    """A figure, and what it has to reach; ``reach`` is None for what only stands beside it."""

    name: str
    value: float
    unit: str
    reach: float | None = None
    better: Literal["higher", "lower"] = "higher"

    @property
    def reached(self) -> bool | None:
        """Whether the figure is good enough, None if nothing is asked."""
        if self.reach is None:
            return None
        return self.value >= self.reach if self.better == "higher" else self.value <= self.reach


@dataclass(frozen=True, kw_only=True)
class Report:
    """All rows of a command."""

    command: str
    versions: dict[str, str]
    rows: list[Row] = field(default_factory=list)

    def json(self) -> str:
        """Return the figures as JSON: command, versions and one object per row."""
        return json.dumps(asdict(self), indent=2, ensure_ascii=False) + "\n"

    def save(self, path: Path) -> None:
        """Write :meth:`json`.

        Raises
        ------
        UserError
            If the file cannot be written.
        """
        try:
            path.write_text(self.json(), encoding="utf-8")
        except OSError as error:
            raise UserError(f"{path}: {error.strerror or error}") from None

    def table(self, title: str) -> Table:
        """Return the figures as a table."""
        table = Table(title=title)
        table.add_column("measure")
        for heading in ("value", "reach"):
            table.add_column(heading, justify="right")
        table.add_column("unit")
        for row in self.rows:
            style = {None: "", True: "green", False: "bold red"}[row.reached]
            sign = "≥" if row.better == "higher" else "≤"
            reach = "" if row.reach is None else f"{sign} {row.reach:g}"
            table.add_row(row.name, f"{row.value:.2f}", reach, row.unit, style=style)
        return table
