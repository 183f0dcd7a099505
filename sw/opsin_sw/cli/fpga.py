# SPDX-License-Identifier: MIT
"""``opsin fpga``: bitstreams and their reports."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from ..errors import UserError

if TYPE_CHECKING:
    from opsin_fpga.report import Report

__all__ = ["app"]

R = TypeVar("R")

app = typer.Typer(help="Build FPGA bitstreams and read their reports.", no_args_is_help=True)


def _numbers(seeds: str) -> list[int]:
    try:
        numbers = [int(word) for word in seeds.split(",")]
    except ValueError:
        numbers = []
    if not numbers or len(set(numbers)) != len(numbers) or min(numbers) < 0:
        raise UserError(f"--seeds must be different numbers such as 1,2,3, not {seeds!r}")
    return numbers


@app.command()
def build(
    board: Annotated[str, typer.Option(help="Board; `opsin fpga boards` lists them.")],
    top: Annotated[str, typer.Option(help="Design; `opsin fpga boards` lists them.")],
    seed: Annotated[int, typer.Option(min=0, help="Seed of place and route.")] = 1,
    seeds: Annotated[
        str | None, typer.Option(metavar="1,2,3", help="Several seeds; the fastest is kept.")
    ] = None,
    freq: Annotated[
        float | None,
        typer.Option(metavar="MHZ", help="Clock of the design.", show_default="the top's"),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "-o", "--output", metavar="DIR", help="Directory.", show_default="build/fpga/BOARD/TOP"
        ),
    ] = None,
    json: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Also write the report here.")
    ] = None,
) -> None:
    """Synthesize a design for a board, place, route and pack it into a bitstream.

    Ends with exit code 1 if the bitstream does not reach its clock frequency.
    """
    from opsin_fpga.boards import BOARDS
    from opsin_fpga.build import BuildError
    from opsin_fpga.build import build as run
    from opsin_fpga.tops import BLOCK, TOPS, block_tops
    from opsin_sim.harness import ToolError

    if board not in BOARDS:
        raise UserError(f"unknown board {board!r}; known: {', '.join(BOARDS)}")
    tops = {**TOPS, **(block_tops() if top.startswith(BLOCK) else {})}
    if top not in tops:
        known = [*TOPS, *(name for name in tops if name not in TOPS)]
        known += [] if top.startswith(BLOCK) else [f"{BLOCK}NAME"]
        raise UserError(f"unknown top {top!r}; known: {', '.join(known)}")
    numbers = [seed] if seeds is None else _numbers(seeds)
    directory = Path("build", "fpga", board, top) if output is None else output

    def go(notify: Callable[[str], None]) -> "Report":
        return run(
            BOARDS[board], tops[top], directory=directory, frequency=freq, seeds=numbers,
            notify=notify,
        )  # fmt: skip

    try:
        result = _with_progress(go, stages=3 + len(numbers))
        if json is not None:
            json.write_text(result.to_json())
    except BuildError as error:
        raise ToolError(str(error)) from error
    except (ValueError, OSError) as error:
        raise UserError(str(error)) from error
    _show(result)
    typer.echo(f"bitstream: {directory / f'{top}{BOARDS[board].family.bitstream}'}")
    if missed := result.missed():
        typer.echo("opsin: " + "; ".join(missed), err=True)
        raise typer.Exit(1)


@app.command()
def boards() -> None:
    """List boards and designs."""
    from rich.console import Console
    from rich.table import Table

    from opsin_fpga.boards import BOARDS
    from opsin_fpga.tops import BLOCK, TOPS, block_tops

    known = Table("board", "part", "oscillator")
    for board in BOARDS.values():
        known.add_row(board.name, board.part, f"{board.oscillator:g} MHz")
    designs = Table("top", "clock", "what it does")
    for top in TOPS.values():
        designs.add_row(top.name, f"{top.frequency:g} MHz", top.description)
    blocks = block_tops()
    names = ", ".join(name.removeprefix(BLOCK) for name in blocks)
    clock = next(iter(blocks.values())).frequency
    about = f"one block alone, 12 bits, 1920 pixels: cells and speed. NAME: {names}"
    designs.add_row(f"{BLOCK}NAME", f"{clock:g} MHz", about)
    console = Console()
    console.print(known)
    console.print(designs)


@app.command()
def blocks(
    board: Annotated[str, typer.Option(help="Board with an ECP5.")] = "ulx3s-85f",
    seed: Annotated[int, typer.Option(min=0, help="Seed of place and route.")] = 1,
    freq: Annotated[
        float | None,
        typer.Option(metavar="MHZ", help="Clock to aim at.", show_default="the tops'"),
    ] = None,
    within: Annotated[
        float | None,
        typer.Option(metavar="MINUTES", help="Only synthesize blocks that begin later."),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "-o", "--output", metavar="DIR", help="Directory.", show_default="build/fpga/BOARD"
        ),
    ] = None,
    json: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Also write the report here.")
    ] = None,
) -> None:
    """Build every block of the complete pipeline by itself, and print their table."""
    from time import monotonic

    from opsin_fpga.block_report import BlockReport, measure_blocks
    from opsin_fpga.boards import BOARDS
    from opsin_fpga.build import BuildError
    from opsin_fpga.families import ECP5
    from opsin_fpga.tops import block_tops
    from opsin_sim.harness import ToolError

    if board not in BOARDS or BOARDS[board].family is not ECP5:
        known = [name for name, about in BOARDS.items() if about.family is ECP5]
        raise UserError(f"--board must be one of {', '.join(known)}, not {board!r}")
    began = monotonic()

    def keep(report: BlockReport) -> None:
        if json is not None:
            json.write_text(report.to_json())

    def go(notify: Callable[[str], None]) -> BlockReport:
        return measure_blocks(
            BOARDS[board],
            directory=Path("build", "fpga", board) if output is None else output,
            frequency=freq,
            seed=seed,
            routing=lambda: within is None or monotonic() - began < 60 * within,
            done=keep,
            notify=notify,
        )

    try:
        result = _with_progress(go, stages=4 * len(block_tops()))
    except BuildError as error:
        raise ToolError(str(error)) from error
    except (ValueError, OSError) as error:
        raise UserError(str(error)) from error
    typer.echo(result.markdown())


@app.command()
def report(
    file: Annotated[Path, typer.Argument(help="JSON that `opsin fpga build` wrote.")],
    markdown: Annotated[bool, typer.Option("--markdown", help="As a table for a README.")] = False,
) -> None:
    """Show the report of a build."""
    from opsin_fpga.report import Report

    try:
        result = Report.from_json(file.read_text())
    except OSError as error:
        raise UserError(f"cannot read {file}: {error.strerror}") from error
    except ValueError as error:
        raise UserError(f"{file} is not a report of opsin fpga build") from error
    if markdown:
        typer.echo(result.markdown())
    else:
        _show(result)


def _with_progress(go: Callable[[Callable[[str], None]], R], *, stages: int) -> R:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn()
    with Progress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task("", total=stages, completed=-1)

        def notify(stage: str) -> None:
            progress.update(task, description=stage, advance=1)

        result = go(notify)
        progress.update(task, description="built", completed=stages)
    return result


def _show(result: "Report") -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table("", "value", "limit", "", title=f"{result.top} on {result.board}")
    for name, value, limit, remark in result.table():
        table.add_row(name, value, limit, remark)
    console = Console()
    console.print(table)
    for clock, path in result.paths.items():
        console.print(f"slowest path of {clock}: {path}", markup=False, highlight=False)
