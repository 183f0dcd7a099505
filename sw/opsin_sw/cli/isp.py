# SPDX-License-Identifier: MIT
"""``opsin isp``: develop raw pictures."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import UserError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from opsin_sim.golden.isp import IspSettings
    from opsin_sim.isp import Developed

__all__ = ["app"]

app = typer.Typer(help="Develop raw pictures with the camera pipeline.", no_args_is_help=True)


class Backend(StrEnum):
    """What develops the picture."""

    golden = "golden"
    rtl = "rtl"
    icarus = "icarus"


@app.callback()
def _isp() -> None:
    """Develop raw pictures with the camera pipeline."""


_RUN = (
    "Develop a raw picture to a PNG.\n\n"
    "What is not given comes from the tuning file, else from the picture's file, or from its name, "
    "as in frame_768x512_rggb12.raw. Else black is 0, white the greatest number of the sample's "
    "bits, white balance 1,1, the colour matrix the identity and the tone curve sRGB's."
)


@app.command(help=_RUN)
def run(
    source: Annotated[
        Path,
        typer.Argument(
            metavar="IN",
            help="Raw picture: .dng, .png, .tif, .pgm, .npy, or headerless 16-bit .raw.",
        ),
    ],
    output: Annotated[
        Path, typer.Option("-o", "--output", metavar="OUT.png", help="Picture to write.")
    ],
    backend: Annotated[
        Backend,
        typer.Option(
            help="The NumPy model, the hardware in Verilator, or the hardware in Icarus Verilog."
        ),
    ] = Backend.rtl,
    phase: Annotated[
        str | None, typer.Option(metavar="RGGB|GRBG|GBRG|BGGR", help="Colours of the first pixels.")
    ] = None,
    width: Annotated[int | None, typer.Option(help="Pixels per line of a .raw file.")] = None,
    height: Annotated[int | None, typer.Option(help="Lines of a .raw file.")] = None,
    bits: Annotated[int | None, typer.Option(help="Bits per sample, 8 to 16.")] = None,
    black: Annotated[
        str | None, typer.Option(metavar="LEVEL", help="Black level, or R,Gr,Gb,B.")
    ] = None,
    white: Annotated[
        str | None, typer.Option(metavar="LEVEL", help="Sample at saturation.")
    ] = None,
    wb: Annotated[
        str | None, typer.Option(metavar="R,B", help="White balance: gains of red and blue.")
    ] = None,
    ccm: Annotated[
        str | None,
        typer.Option(metavar="A,B,…", help="Colour matrix to linear sRGB, nine numbers by rows."),
    ] = None,
    tuning: Annotated[
        Path | None,
        typer.Option(
            metavar="T.toml", help="Tuning file; options go over it, it over the picture."
        ),
    ] = None,
    wave: Annotated[
        Path | None, typer.Option(metavar="F.fst", help="Record the hardware's signals.")
    ] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="Of random pauses.")] = None,
    stall: Annotated[
        float, typer.Option(min=0, max=0.95, help="Probability that the sink pauses for a cycle.")
    ] = 0.0,
    idle: Annotated[
        float, typer.Option(min=0, max=0.95, help="Probability that the source does.")
    ] = 0.0,
) -> None:
    """Develop a raw picture to a PNG."""
    import numpy as np

    from opsin.config import ISP

    from ..files import check_output
    from ..images import read_raw, write_png
    from ..tuning import Tuning, read_tuning, tuning_from_options

    if wave is not None and backend is Backend.golden:
        raise UserError("--wave needs --backend rtl or icarus: the golden model has no signals")
    options = tuning_from_options(
        width=width, height=height, bits=bits, phase=phase,
        black=black, white=white, white_balance=wb, ccm=ccm,
    )  # fmt: skip
    asked = options.over(Tuning() if tuning is None else read_tuning(tuning))
    picture = read_raw(source, asked)
    known = asked.over(picture.tuning)
    # the hardware has the blocks of the first pipeline, the golden model has all
    settings = known.settings(
        depth=ISP.depth,
        demosaic=ISP.demosaic,
        chain="complete" if backend is Backend.golden else "first_light",
    )
    for path in (output, wave):
        if path is not None:
            check_output(path)
    if backend is not Backend.golden and settings.width > ISP.max_width:
        raise UserError(
            f"{source}: the hardware takes lines of up to {ISP.max_width} pixels,"
            f" not {settings.width} (--backend golden takes any)"
        )
    aligned = picture.samples << np.uint16(ISP.depth - (known.bits or ISP.depth))
    done = _develop(
        aligned, settings, backend=backend, wave=wave, seed=seed, stall=stall, idle=idle
    )
    write_png(output, done.picture)
    cycles = f", {done.cycles:,} clock cycles" if done.cycles else ""
    typer.echo(f"{output}: {settings.width}×{settings.height} pixels on {backend}{cycles}")


def _develop(
    raw: "NDArray[np.uint16]",
    settings: "IspSettings",
    *,
    backend: Backend,
    wave: Path | None,
    seed: int | None,
    stall: float,
    idle: float,
) -> "Developed":
    from tempfile import TemporaryDirectory

    from rich.console import Console
    from rich.progress import Progress

    from opsin_sim import harness
    from opsin_sim.golden.isp import develop
    from opsin_sim.isp import Developed, IspModel, develop_in_bench

    if seed is None:
        seed = harness.default_seed()
    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(f"developing on {backend}", total=None)

        def progress(now: harness.Progress) -> None:
            bar.update(task, completed=now.moved, total=now.total)

        if backend is Backend.golden:
            return Developed(develop(raw, settings), 0, 0)
        if backend is Backend.rtl:
            with IspModel(wave=wave) as model:
                return model.develop(
                    raw, settings, idle=idle, stall=stall, seed=seed, progress=progress
                )
        with TemporaryDirectory() as directory:
            return develop_in_bench(
                raw,
                settings,
                simulator=backend,
                build_dir=Path(directory),
                idle=idle,
                stall=stall,
                seed=seed,
                wave=wave,
                progress=progress,
            )
