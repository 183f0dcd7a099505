# SPDX-License-Identifier: MIT
"""``opsin waves``: look at a waveform in a viewer, or draw it."""

from pathlib import Path
from typing import Annotated

import typer

from ..errors import UserError

__all__ = ["waves"]


def waves(
    file: Annotated[Path, typer.Argument(help="Waveform, FST or VCD.", show_default=False)],
    png: Annotated[
        Path | None,
        typer.Option(metavar="OUT.png", help="Draw a picture (PNG, or SVG by suffix), no viewer."),
    ] = None,
    save: Annotated[
        Path | None,
        typer.Option(
            metavar="OUT.gtkw", help="Only write a save file (GTKWave; .sucl for Surfer)."
        ),
    ] = None,
    list_: Annotated[bool, typer.Option("--list", help="List modules, streams, signals.")] = False,
    cycles: Annotated[
        str | None, typer.Option(metavar="A:B", help="Show cycles A up to, not including, B.")
    ] = None,
    start: Annotated[
        str | None, typer.Option(metavar="T", help="Show from this time on, e.g. 120ns.")
    ] = None,
    end: Annotated[str | None, typer.Option(metavar="T", help="Show up to this time.")] = None,
    signals: Annotated[
        list[str] | None,
        typer.Option(
            metavar="GLOB",
            help="Show streams and signals that match, e.g. 'i' or '*state*'; may be repeated.",
        ),
    ] = None,
    scope: Annotated[
        str | None, typer.Option(metavar="MODULE", help="Show this module only.")
    ] = None,
    radix: Annotated[
        str, typer.Option(metavar="hex|dec|signed|bin", help="How numbers are written.")
    ] = "hex",
    scale: Annotated[float, typer.Option(help="Enlarge a PNG.", min=0.5, max=8.0)] = 1.0,
) -> None:
    """Open a waveform in GTKWave or Surfer, signals sorted; or draw it, with --png.

    The picture shows the first beats of the top's streams unless a window is chosen.
    """
    from rich.console import Console

    from opsin_sim import waves as w

    console = Console(stderr=True)
    try:
        with console.status(f"Reading {file.name}"):
            wave = w.Wave(file)
            names = w.Names.beside(file, radix)
            chosen = scope is not None or bool(signals)
            groups = w.choose(wave, names, scope=scope, globs=signals or ())
        everything = groups if chosen else w.modules(wave)
        if list_:
            Console().print(w.tree(wave, names, everything))
            return
        viewer = None if png or save else w.find_viewer()
        with console.status(f"Looking into {file.name}"):
            clock = w.Clock.find(wave, groups[0].scope)
            streams = [stream for group in groups for stream in group.streams]
            window = w.find_window(wave, clock, streams, start=start, end=end, cycles=cycles)
            if png:
                shown = groups if chosen else w.fold_idle(wave, clock, groups, window)
                w.draw(wave, names, shown, clock, window, png, scale=scale)
            if save:
                w.save_view(wave, names, everything, clock, window, save)
        if viewer:
            w.open_viewer(viewer, wave, names, everything, clock, window)
    except w.WaveError as error:
        raise UserError(str(error)) from None
    for written in (png, save):
        if written:
            typer.echo(f"wrote {written}")
