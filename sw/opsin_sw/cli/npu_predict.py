# SPDX-License-Identifier: MIT
"""``opsin npu predict``: how many cycles a program will take, without simulating it."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import UserError
from .npu_asm import configuration, image_of

if TYPE_CHECKING:
    from opsin_sim.golden.npu.cycles import Prediction

__all__ = ["add_to"]


def predict(
    program: Annotated[
        Path, typer.Argument(metavar="FILE", help="Descriptors, or a compiled program (.opsin).")
    ],
    config: Annotated[
        str, typer.Option(metavar="NAME", help="Neural processor of plain descriptors.")
    ] = "base",
    bandwidth: Annotated[
        float, typer.Option(min=0.01, help="Bytes per cycle of memory, read and written.")
    ] = 16,
    latency: Annotated[int, typer.Option(min=1, help="Cycles until memory answers.")] = 60,
    commands: Annotated[
        bool, typer.Option("--commands", help="Tell when each command begins and finishes.")
    ] = False,
) -> None:
    """Predict a job's cycles, what each unit does with them, and what it waits for."""
    import numpy as np

    from opsin_sim.golden.npu.cycles import Hardware
    from opsin_sim.golden.npu.cycles import predict as predicted

    image, entry, sizes = image_of(program, configuration(config))
    hardware = Hardware(
        rows=sizes.rows,
        lanes=sizes.lanes,
        scratchpad_words=sizes.scratchpad_words,
        accumulator_rows=sizes.accumulator_rows,
        banks=sizes.banks,
        bandwidth=bandwidth,
        latency=latency,
    )
    try:
        found = predicted(np.frombuffer(image, np.uint8), entry or 0, hardware)
    except ValueError as error:
        raise UserError(f"{program}: {error}") from None
    if commands:
        _commands(found, image, entry or 0, sizes.rows)
    _report(found)


def _commands(found: "Prediction", image: bytes, entry: int, rows: int) -> None:
    from ..assembly.trace import trace

    for (begun, end), line in zip(found.commands, trace(image, entry, rows=rows), strict=False):
        typer.echo(f"{begun:9.0f} … {end:9.0f} {line}")


def _report(found: "Prediction") -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(title=f"{found.cycles:,} cycles")
    for name in ("", "cycles", "of all"):
        table.add_column(name, justify="left" if not name else "right")
    rows = {f"{unit.name.lower()} at work": cycles for unit, cycles in found.busy.items()}
    rows |= {name.replace("_", " "): cycles for name, cycles in found.waits.items()}
    for name, cycles in rows.items():
        table.add_row(name, f"{cycles:,.0f}", f"{cycles / found.cycles:.1%}")
    for name, words in found.words.items():
        table.add_row(f"words of memory: {name}", f"{words:,}", f"{words / found.cycles:.1%}")
    Console().print(table)


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command()(predict)
