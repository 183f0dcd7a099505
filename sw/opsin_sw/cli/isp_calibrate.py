# SPDX-License-Identifier: MIT
"""``opsin isp calibrate``: a camera's tuning from frames of a chart."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import UserError

if TYPE_CHECKING:
    from ..tuning import Tuning

__all__ = ["HELP", "calibrate"]

HELP = (
    "Calibrate a camera from raw frames of a ColorChecker Classic, one per light.\n\n"
    "Writes black level, white balance, colour matrix per light, noise and, from the flat field "
    "and the dark frame, lens shading and defective pixels. All frames are of one camera, of one "
    "size, at the same gain. The file's white balance and matrix are those of the first chart."
)


def calibrate(
    charts: Annotated[
        list[Path], typer.Argument(metavar="CHART…", help="Raw frames, each with a ColorChecker.")
    ],
    output: Annotated[
        Path, typer.Option("-o", "--output", metavar="T.toml", help="Tuning file to write.")
    ],
    flat: Annotated[
        Path | None, typer.Option(metavar="F", help="Raw frame of an evenly lit surface.")
    ] = None,
    dark: Annotated[Path | None, typer.Option(metavar="D", help="Raw frame without light.")] = None,
    corners: Annotated[
        list[str] | None,
        typer.Option(
            metavar="X,Y,X,Y,X,Y,X,Y",
            help="Middles of the patches dark skin, bluish green, white and black; once per chart; "
            "else the chart is searched.",
        ),
    ] = None,
    temperature: Annotated[
        list[float] | None,
        typer.Option(
            metavar="K",
            help="Colour temperature of the light; once per chart; else estimated.",
        ),
    ] = None,
    picture: Annotated[
        Path | None,
        typer.Option(metavar="P.png", help="Draw the developed patches beside the reference."),
    ] = None,
    phase: Annotated[
        str | None, typer.Option(metavar="RGGB|GRBG|GBRG|BGGR", help="Colours of the first pixels.")
    ] = None,
    width: Annotated[int | None, typer.Option(help="Pixels per line of .raw files.")] = None,
    height: Annotated[int | None, typer.Option(help="Lines of .raw files.")] = None,
    bits: Annotated[int | None, typer.Option(help="Bits per sample, 8 to 16.")] = None,
    black: Annotated[
        str | None,
        typer.Option(metavar="LEVEL", help="Black level, or R,Gr,Gb,B. Else the dark frame's."),
    ] = None,
    white: Annotated[
        str | None, typer.Option(metavar="LEVEL", help="Sample at saturation.")
    ] = None,
) -> None:
    """Calibrate a camera from raw frames of a chart."""
    from dataclasses import replace

    from rich.console import Console

    from ..files import check_output
    from ..images import read_raw, write_png
    from ..tuning import tuning_from_options, write_tuning
    from ..tuning.calibrate import Chart
    from ..tuning.calibrate import calibrate as solve
    from ..tuning.calibration_report import lines, table
    from ..tuning.chart import corners_from_text
    from ..tuning.chart_picture import chart_picture, develop_chart

    for name, values in (("--corners", corners), ("--temperature", temperature)):
        if values and len(values) != len(charts):
            raise UserError(
                f"{name} must be given once per chart, {len(charts)}, not {len(values)}"
            )
    for path in (output, picture):
        if path is not None:
            check_output(path)
    options = tuning_from_options(
        width=width, height=height, bits=bits, phase=phase, black=black, white=white
    )
    places = [corners_from_text(text) for text in corners or []]
    first = read_raw(charts[0], options)
    known = options.over(first.tuning)
    if options.black is None and dark is not None:
        known = replace(known, black=None)
    same = _frame(known)
    frames = [first.samples, *(read_raw(path, same).samples for path in charts[1:])]
    console = Console(stderr=True)
    with console.status("calibrating"):
        found = solve(
            [
                Chart(
                    path.stem,
                    frame,
                    places[k] if places else None,
                    temperature[k] if temperature else None,
                )
                for k, (path, frame) in enumerate(zip(charts, frames, strict=True))
            ],
            known,
            flat=None if flat is None else read_raw(flat, same).samples,
            dark=None if dark is None else read_raw(dark, same).samples,
        )
    lights = found.tuning.illuminants or ()
    with console.status("developing"):
        developed = [
            develop_chart(fit, light, found.tuning)
            for fit, light in zip(found.charts, lights, strict=True)
        ]
    write_tuning(output, found.tuning, remarks=["Written by opsin isp calibrate."])
    if picture is not None:
        titles = [f"{fit.chart.name}: mean {d[0].mean:.2f}, greatest {d[0].max:.2f}"
                  for fit, d in zip(found.charts, developed, strict=True)]  # fmt: skip
        write_png(picture, chart_picture(list(zip(titles, developed, strict=True))))
    Console().print(table(found, developed))
    for line in lines(found):
        typer.echo(line)
    typer.echo(f"{output}: written")


def _frame(known: "Tuning") -> "Tuning":
    from ..tuning import Tuning

    return Tuning(width=known.width, height=known.height, bits=known.bits, phase=known.phase)
