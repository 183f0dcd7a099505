# SPDX-License-Identifier: MIT
"""Results as a table, and as figures to keep."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from ..bench.report import Row
from .run import Result

if TYPE_CHECKING:
    from rich.table import Table

__all__ = ["figures", "losses", "table"]

_UNITS = {
    "cycles": "cycles",
    "utilisation": "of 1",
    "memory": "of 1",
    "speed-up": "times",
    "scaling": "times",
    "diagonal": "times",
}
_SHOWN = 3  # causes
_WAITS = (
    "array_weight_wait",
    "array_weight_conflict",
    "load_word_wait",
    "load_local_wait",
    "vector_starved",
    "vector_full",
    "vector_read_wait",
    "vector_sums_wait",
    "store_word_wait",
    "fetch_wait",
    "order_wait",
)


def losses(result: Result) -> str:
    """Where the cycles beyond the ideal went, and what the units waited for the longest."""
    counters = result.counters
    if not counters:
        return ""
    busy = counters["array_busy"]
    lost = f"{result.cycles - busy:,} without work for the array, "
    lost += f"{busy - result.ideal:,.0f} of its work beside the sums that are wanted"
    waits = sorted(((counters[name], name) for name in _WAITS), reverse=True)[:_SHOWN]
    causes = ", ".join(f"{name} {count:,}" for count, name in waits if count)
    return f"{result.case.title}: {lost}; {causes}"


def table(results: Iterable[Result], title: str) -> Table:
    """One line per row."""
    from rich.table import Table

    made = Table(title=title)
    made.add_column("workload")
    for heading in ("cycles", "ideal", "used", "predicted", "KB", "value", "reach"):
        made.add_column(heading, justify="right", no_wrap=True)
    for result in results:
        row = _row(result)
        style = {None: "", True: "green", False: "bold red"}[row.reached if row else None]
        made.add_row(
            result.case.title,
            f"{result.cycles:,}",
            f"{result.ideal:,.0f}",
            f"{result.utilisation:.2%}",
            f"{result.predicted / result.cycles - 1:+.2%}",
            f"{result.bytes / 1000:,.0f}",
            "" if row is None else f"{row.value:,.4g}" if row.value < 1000 else "",
            "" if row is None or row.reach is None else f"{row.reach:,g}",
            style=style,
        )
    return made


def _row(result: Result) -> Row | None:
    case = result.case
    if result.value is None:
        return None
    return Row(
        name=f"{case.title}: {case.measure}",
        value=result.value,
        unit=_UNITS[case.measure],
        reach=case.reach,
        better="lower" if case.measure == "cycles" else "higher",
    )


def figures(results: Iterable[Result]) -> list[Row]:
    """All figures of the rows."""
    rows = []
    for result in results:
        title = result.case.title
        main = _row(result)
        if main:
            rows.append(main)
        if result.case.measure != "cycles":
            rows.append(
                Row(name=f"{title}: cycles", value=result.cycles, unit="cycles", better="lower")
            )
        rows.append(Row(name=f"{title}: ideal", value=result.ideal, unit="cycles", better="lower"))
        rows.append(Row(name=f"{title}: bytes", value=result.bytes, unit="bytes", better="lower"))
        rows.append(
            Row(name=f"{title}: predicted", value=result.predicted, unit="cycles", better="lower")
        )
        rows += [
            Row(name=f"{title}: {name}", value=count, unit="events", better="lower")
            for name, count in result.counters.items()
            if name != "cycles"
        ]
    return rows
