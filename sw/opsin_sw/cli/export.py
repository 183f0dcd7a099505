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
    ppc: Annotated[int, typer.Option(help="Pixels per clock; the pipeline has 1 so far.")] = 1,
    bus: Annotated[Bus, typer.Option(help="Bus of the registers.")] = Bus.axi,
) -> None:
    """Write the camera pipeline with AXI4-Stream video and registers on a bus.

    Beside the SystemVerilog: an example of its use, the registers as C header, Python module and
    page, a FuseSoC core file and a README.
    """
    from opsin.config import IspConfig

    from ..export import export_isp

    if ppc != 1:
        raise UserError(f"--ppc must be 1, which is what the pipeline has so far, not {ppc}")
    try:
        output.mkdir(parents=True, exist_ok=True)
        files = export_isp(IspConfig(depth=depth, max_width=max_width), bus=bus)
        for name, text in files.items():
            (output / name).write_text(text, encoding="utf-8")
    except OSError as error:
        raise UserError(f"{output}: {error.strerror or error}") from None
    except ValueError as error:
        raise UserError(str(error)) from None
    for name in files:
        typer.echo(str(output / name))
