# SPDX-License-Identifier: MIT
"""``opsin isp auto``: develop raw pictures without being told how."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import UserError
from .isp import Backend

if TYPE_CHECKING:
    from ..tuning import Tuning

__all__ = ["HELP", "auto"]


class Light(StrEnum):
    """Where the light comes from."""

    any = "any"
    daylight = "daylight"
    lamp = "lamp"


_LIGHTS = {Light.any: None, Light.daylight: (5000.0, 8000.0), Light.lamp: (2500.0, 4500.0)}

HELP = (
    "Develop raw pictures with white balance, colour matrix, brightness and noise found from each."
    "\n\nA tuning file from opsin isp calibrate makes colours right; without one a common camera's "
    "colours are assumed. What is not given comes from the picture's file or name, as in "
    "frame_768x512_rggb12.raw."
)


def auto(
    sources: Annotated[
        list[Path],
        typer.Argument(
            metavar="RAW…",
            help="Raw pictures: .dng, .png, .tif, .pgm, .npy, or headerless 16-bit .raw.",
        ),
    ],
    output: Annotated[
        Path | None,
        typer.Option(
            "-o",
            "--output",
            metavar="OUT.png",
            help="Picture to write, or an existing directory. [default: NAME.png, here]",
        ),
    ] = None,
    tuning: Annotated[
        Path | None, typer.Option(metavar="T.toml", help="Tuning file of the camera.")
    ] = None,
    backend: Annotated[
        Backend,
        typer.Option(
            help="The NumPy model, the hardware in Verilator, or the hardware in Icarus Verilog."
        ),
    ] = Backend.golden,
    phase: Annotated[
        str | None, typer.Option(metavar="RGGB|GRBG|GBRG|BGGR", help="Colours of the first pixels.")
    ] = None,
    width: Annotated[int | None, typer.Option(help="Pixels per line of .raw files.")] = None,
    height: Annotated[int | None, typer.Option(help="Lines of .raw files.")] = None,
    bits: Annotated[int | None, typer.Option(help="Bits per sample, 8 to 16.")] = None,
    black: Annotated[
        str | None, typer.Option(metavar="LEVEL", help="Black level, or R,Gr,Gb,B.")
    ] = None,
    white: Annotated[
        str | None, typer.Option(metavar="LEVEL", help="Sample at saturation.")
    ] = None,
    light: Annotated[Light, typer.Option(help="What is known of the light.")] = Light.any,
    wave: Annotated[
        Path | None,
        typer.Option(metavar="F.fst", help="Record the hardware's signals, of one picture."),
    ] = None,
) -> None:
    """Develop raw pictures without being told how."""
    from ..files import check_output
    from ..tuning import Tuning, read_tuning, tuning_from_options

    if wave is not None and (backend is Backend.golden or len(sources) > 1):
        raise UserError("--wave needs --backend rtl or icarus, and one picture")
    options = tuning_from_options(
        width=width, height=height, bits=bits, phase=phase, black=black, white=white
    )
    asked = options.over(Tuning() if tuning is None else read_tuning(tuning))
    targets = _targets(sources, output)
    for path in (*targets, wave):
        if path is not None:
            check_output(path)
    for source, target in zip(sources, targets, strict=True):
        typer.echo(_one(source, target, asked, backend=backend, light=light, wave=wave))


def _targets(sources: list[Path], output: Path | None) -> list[Path]:
    if output is not None and not output.is_dir():
        if len(sources) > 1:
            raise UserError(f"{output} must be a directory for {len(sources)} pictures")
        return [output]
    targets = [(output or Path()) / f"{source.stem}.png" for source in sources]
    for target, source in zip(targets, sources, strict=True):
        if targets.count(target) > 1:
            raise UserError(f"{target} would be written more than once")
        if target.resolve() == source.resolve():
            raise UserError(f"{source} would be overwritten: give --output")
    return targets


def _one(
    source: Path,
    target: Path,
    asked: "Tuning",
    *,
    backend: Backend,
    light: Light,
    wave: Path | None,
) -> str:
    from dataclasses import replace

    import numpy as np

    from ..images import read_raw, write_png
    from ..tuning import Look
    from ..tuning.auto import judge_frame
    from .isp import check_width, develop_on, pipeline_for, settings_for

    config = pipeline_for(backend)

    picture = read_raw(source, asked)
    known = asked.over(picture.tuning)
    try:
        judged = judge_frame(picture.samples, known, lights=_LIGHTS[light])
        look = judged.tuning.look or Look()
        if look.fringes is None:
            look = replace(look, fringes=1.0)
        settings = settings_for(replace(judged.tuning, look=look), config)
    except UserError as error:
        raise UserError(f"{source}: {error}") from error
    check_width(source, settings.width, config, backend)
    aligned = picture.samples << np.uint16(config.depth - (known.bits or config.depth))
    done = develop_on(
        aligned,
        settings,
        config=config,
        backend=backend,
        wave=wave,
        seed=None,
        stall=0.0,
        idle=0.0,
    )
    assert done.picture is not None  # of the formats that hold one
    write_png(target, done.picture)
    white = judged.white
    found = "no white found" if white is None else (
        f"{white.temperature:.0f} K, red {white.red:.3f}, blue {white.blue:.3f}"
    )  # fmt: skip
    return f"{target}: {found}, digital gain {judged.gain:.2f}"
