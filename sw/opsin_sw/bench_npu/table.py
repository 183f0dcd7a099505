# SPDX-License-Identifier: MIT
"""Results as a table, and as figures to keep."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from ..bench.report import Row
from .run import Result

if TYPE_CHECKING:
    from rich.table import Table

__all__ = ["figures", "table"]

_UNITS = {
    "cycles": "cycles",
    "utilisation": "of 1",
    "memory": "of 1",
    "speed-up": "times",
    "scaling": "times",
}
_SHOWN = 3  # causes


def _losses(result: Result) -> str:
    """Cycles of the array: without work, beside the sums that are wanted; what it waited for."""
    counters = result.counters
    if not counters:
        return ""
    busy = counters["array_busy"]
    parts = {"array without work": result.cycles - busy, "more than ideal": busy - result.ideal}
    waits = {
        name: counters[name]
        for name in (
            "array_weight_wait",
            "array_weight_conflict",
            "array_idle",
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
    }
    most = sorted(waits.items(), key=lambda item: -item[1])[:_SHOWN]
    found = [f"{name} {count:,.0f}" for name, count in (*parts.items(), *most) if count >= 1]
    return ", ".join(found)


def table(results: Iterable[Result], title: str) -> Table:
    """One line per row."""
    from rich.table import Table

    made = Table(title=title)
    made.add_column("workload")
    for heading in ("cycles", "ideal", "utilisation", "predicted", "bytes", "value", "reach"):
        made.add_column(heading, justify="right")
    made.add_column("cycles lost")
    for result in results:
        row = _row(result)
        style = {None: "", True: "green", False: "bold red"}[row.reached if row else None]
        reach = "" if row is None or row.reach is None else f"{row.reach:,g}"
        made.add_row(
            result.case.title,
            f"{result.cycles:,}",
            f"{result.ideal:,.0f}",
            f"{result.utilisation:.2%}",
            f"{result.predicted / result.cycles - 1:+.1%}",
            f"{result.bytes:,}",
            "" if row is None else f"{row.value:,.4g}" if row.value < 1000 else f"{row.value:,.0f}",
            reach,
            _losses(result),
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
        ]
    return rows
