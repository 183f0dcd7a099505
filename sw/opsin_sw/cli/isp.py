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

    from opsin.config import IspConfig
    from opsin_sim.golden.isp import IspSettings
    from opsin_sim.isp import Developed

    from ..tuning import Tuning

__all__ = ["app"]

app = typer.Typer(help="Develop raw pictures with the camera pipeline.", no_args_is_help=True)


class Backend(StrEnum):
    """What develops the picture."""

    golden = "golden"
    rtl = "rtl"
    icarus = "icarus"


class Chain(StrEnum):
    """Which blocks there are."""

    complete = "complete"
    first_light = "first_light"


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
    chain: Annotated[
        Chain | None,
        typer.Option(
            help="All blocks, or the few of the first pipeline. "
            "[default: complete; on icarus, which is slow, first_light]",
            show_default=False,
        ),
    ] = None,
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
    config = pipeline_for(backend, chain)
    settings = settings_for(known, config)
    for path in (output, wave):
        if path is not None:
            check_output(path)
    check_width(source, settings.width, config, backend)
    aligned = picture.samples << np.uint16(config.depth - (known.bits or config.depth))
    done = develop_on(
        aligned,
        settings,
        config=config,
        backend=backend,
        wave=wave,
        seed=seed,
        stall=stall,
        idle=idle,
    )
    assert done.picture is not None  # of the formats that hold one
    write_png(output, done.picture)
    cycles = f", {done.cycles:,} clock cycles" if done.cycles else ""
    on = f"{backend}, {config.chain}" if config.chain != "complete" else f"{backend}"
    typer.echo(f"{output}: {settings.width}×{settings.height} pixels on {on}{cycles}")


def pipeline_for(backend: Backend, chain: Chain | None = None) -> "IspConfig":
    """Return what the backend simulates: on Icarus, if nothing else is asked for, less."""
    from dataclasses import replace

    from opsin.config import ISP

    if chain is None:
        chain = Chain.first_light if backend is Backend.icarus else Chain.complete
    return replace(ISP, chain=chain.value)


def settings_for(tuning: "Tuning", config: "IspConfig") -> "IspSettings":
    """Return register values of this pipeline."""
    return tuning.settings(
        depth=config.depth,
        demosaic=config.demosaic,
        chain="complete" if config.chain == "complete" else "first_light",
    )


def check_width(source: Path, width: int, config: "IspConfig", backend: Backend) -> None:
    """Refuse lines that the hardware does not take."""
    if backend is not Backend.golden and width > config.max_width:
        raise UserError(
            f"{source}: the hardware takes lines of up to {config.max_width} pixels,"
            f" not {width} (--backend golden takes any)"
        )


def develop_on(
    raw: "NDArray[np.uint16]",
    settings: "IspSettings",
    *,
    config: "IspConfig",
    backend: Backend,
    wave: Path | None,
    seed: int | None,
    stall: float,
    idle: float,
) -> "Developed":
    """Develop a frame, with a bar that shows how far it is."""
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
            with IspModel(config, wave=wave) as model:
                return model.develop(
                    raw, settings, idle=idle, stall=stall, seed=seed, progress=progress
                )
        with TemporaryDirectory() as directory:
            return develop_in_bench(
                raw,
                settings,
                config=config,
                simulator=backend,
                build_dir=Path(directory),
                idle=idle,
                stall=stall,
                seed=seed,
                wave=wave,
                progress=progress,
            )
