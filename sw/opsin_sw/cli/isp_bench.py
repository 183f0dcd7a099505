# SPDX-License-Identifier: MIT
"""``opsin isp bench``: how good the pictures are."""

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["bench"]


def bench(
    json: Annotated[
        Path | None, typer.Option(metavar="F.json", help="Write the figures here too.")
    ] = None,
    data: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="Colour pictures to measure with, such as Kodak's, and the raw frames of charts, "
            "if they are there. "
            "[default: pictures of scikit-image]",
        ),
    ] = None,
    pictures: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="Write pictures of computed scenes into DIR, those of docs/isp/bench.md, "
            "instead of measuring.",
        ),
    ] = None,
    speed: Annotated[
        bool,
        typer.Option(
            "--speed",
            help="Time a 1080p frame on the simulated hardware too, which takes minutes to build.",
        ),
    ] = False,
) -> None:
    """Measure the bit-exact camera pipeline beside other methods, and print a table."""
    if pictures is not None:
        _draw(pictures)
        return

    from importlib.metadata import PackageNotFoundError, version

    from rich.console import Console
    from rich.progress import Progress

    from ..bench import (
        CHART,
        FRAMES,
        MISSING,
        NOISE,
        Report,
        color_rows,
        demosaic_rows,
        has_pictures,
        judges,
        noise_rows,
        sharpness_rows,
    )
    from ..bench import pictures as load
    from ..files import check_output

    if json is not None:
        check_output(json)
    versions = {}
    for package in ("opsin", "numpy", "scikit-image", "colour-demosaicing", "colour-science"):
        try:
            versions[package] = version(package)
        except PackageNotFoundError:
            continue
    # a folder of raw frames alone: the other rows come from embedded pictures
    own = data
    if data is not None and any((data / name).is_file() for name in (CHART, *FRAMES)):
        own = data if has_pictures(data) else None
    shown = load(own)
    report = Report(command="opsin isp bench", versions=versions)
    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("measuring", total=(1 + len(NOISE)) * len(shown))

        def step() -> None:
            bar.advance(task)

        asked = own is not None
        report.rows.extend(demosaic_rows(shown, reach=asked, step=step))
        report.rows.extend(noise_rows(shown, reach=asked, step=step))
        report.rows.extend(sharpness_rows(data))
        report.rows.extend(color_rows(data))
        if speed:
            from ..bench.speed import speed_rows

            report.rows.extend(speed_rows())
    if json is not None:
        report.save(json)
    source = f"{len(shown)} pictures of {'scikit-image' if own is None else own}"
    Console().print(report.table(f"opsin isp bench: {source}"))
    if not judges():
        console.print(MISSING, markup=False, highlight=False)


def _draw(folder: Path) -> None:
    """Write the pictures of our documentation."""
    from rich.console import Console
    from rich.progress import Progress

    from ..bench import MISSING, judges
    from ..bench.gallery import GALLERY, write_gallery

    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("drawing", total=len(GALLERY))
        written = write_gallery(folder, step=lambda: bar.advance(task))
    for path in written:
        typer.echo(path)
    if not judges():
        console.print(MISSING, markup=False, highlight=False)
