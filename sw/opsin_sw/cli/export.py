# SPDX-License-Identifier: MIT
"""``opsin export``: cores as files for other people's projects."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from ..errors import UserError

__all__ = ["app"]

app = typer.Typer(help="Write cores as SystemVerilog for other projects.", no_args_is_help=True)


class Bus(StrEnum):
    """Bus of the registers."""

    axi = "axi"
    wishbone = "wishbone"


class Chain(StrEnum):
    """Blocks of the pipeline."""

    complete = "complete"
    lite = "lite"
    first_light = "first_light"
    mini = "mini"


class Demosaic(StrEnum):
    """Method of demosaicing."""

    directional = "directional"
    malvar = "malvar"


class Npu(StrEnum):
    """Configurations of the neural processor."""

    tiny = "tiny"
    small = "small"
    base = "base"
    large = "large"


@app.callback()
def _export() -> None:
    """Write cores as SystemVerilog for other projects."""


@app.command()
def isp(
    output: Annotated[
        Path, typer.Option("-o", "--output", metavar="DIR", help="Directory of the files.")
    ],
    depth: Annotated[int, typer.Option(min=8, max=16, help="Bits per raw sample.")] = 12,
    max_width: Annotated[
        int, typer.Option(min=4, max=65535, help="Pixels of the longest line.")
    ] = 4096,
    ppc: Annotated[int, typer.Option(help="Pixels per clock: 1, 2 or 4.")] = 1,
    demosaic: Annotated[
        Demosaic, typer.Option(help="The better picture, or the smaller core.")
    ] = Demosaic.directional,
    chain: Annotated[Chain, typer.Option(help="Which blocks there are.")] = Chain.complete,
    second_width: Annotated[
        int, typer.Option(min=4, max=16384, help="Pixels of the second output's longest line.")
    ] = 1024,
    frame_buffer: Annotated[
        bool,
        typer.Option(
            "--frame-buffer", help="With merge of exposures, temporal noise reduction, AXI4 memory."
        ),
    ] = False,
    bus: Annotated[Bus, typer.Option(help="Bus of the registers.")] = Bus.axi,
) -> None:
    """Write the camera pipeline with AXI4-Stream video and registers on a bus.

    Beside the SystemVerilog: an example of its use, the registers as C header, Python module and
    page, a FuseSoC core file and a README.
    """
    from opsin.config import IspConfig

    from ..export import export_isp

    if ppc not in (1, 2, 4):
        raise UserError(f"--ppc must be 1, 2 or 4, not {ppc}")
    try:
        config = IspConfig(
            depth=depth,
            max_width=max_width,
            demosaic=demosaic.value,
            ppc=ppc,
            second_width=second_width,
            chain=chain.value,
            frame_buffer=frame_buffer,
        )
        files = export_isp(config, bus=bus)
    except ValueError as error:
        raise UserError(str(error)) from None
    _write(output, files)


@app.command()
def npu(
    output: Annotated[
        Path, typer.Option("-o", "--output", metavar="DIR", help="Directory of the files.")
    ],
    config: Annotated[Npu, typer.Option(help="Size: 4, 8, 16 or 32 rows and columns.")] = Npu.base,
    bus: Annotated[Bus, typer.Option(help="Bus of the registers.")] = Bus.axi,
) -> None:
    """Write the neural processor with memory on AXI4 and registers on a bus.

    Beside the SystemVerilog: an example of its use, the registers as C header, Python module and
    page, a FuseSoC core file and a README.
    """
    from opsin.config import NPU

    from ..export import export_npu

    _write(output, export_npu(NPU[config], bus=bus))


def _write(output: Path, files: dict[str, str]) -> None:
    """Write files and say which."""
    try:
        output.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            (output / name).write_text(text, encoding="utf-8")
    except OSError as error:
        raise UserError(f"{output}: {error.strerror or error}") from None
    for name in files:
        typer.echo(str(output / name))
