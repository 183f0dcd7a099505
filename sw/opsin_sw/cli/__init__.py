# SPDX-License-Identifier: MIT
"""The ``opsin`` command: one file per command, put together here.

Commands import what they need when they run, so that ``--help`` answers at once. A user's mistake
is an :class:`~opsin_sw.errors.UserError` and ends as one line on standard error with exit code 2;
a tool that is missing or fails, likewise.
"""

import sys
from importlib.metadata import version

import typer

from ..errors import UserError
from . import demo, doctor, export, fpga, isp, isp_auto, isp_bench, isp_calibrate, npu, waves

__all__ = ["app", "main"]

app = typer.Typer(
    help="Opsin, an open camera-AI chip: simulate, inspect, synthesize.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command()(demo.demo)
app.add_typer(isp.app, name="isp")
isp.app.command(help=isp_auto.HELP)(isp_auto.auto)
isp.app.command()(isp_bench.bench)
isp.app.command(help=isp_calibrate.HELP)(isp_calibrate.calibrate)
app.add_typer(npu.app, name="npu")
app.add_typer(fpga.app, name="fpga")
app.add_typer(export.app, name="export")
app.command()(waves.waves)
app.command()(doctor.doctor)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"opsin {version('opsin')}")
        raise typer.Exit


@app.callback()
def _options(
    show_version: bool = typer.Option(
        False, "--version", callback=_show_version, is_eager=True, help="Print the version."
    ),
) -> None:
    """RAW photons in; a finished picture, a decision or a sentence out."""


def _fail(message: str) -> int:
    print("opsin: " + " ".join(message.split()), file=sys.stderr)
    return 2


def main(arguments: list[str] | None = None) -> None:
    """Run the command line; exits with 0, 1 (the work failed) or 2 (the call was wrong)."""
    try:
        code = app(arguments, standalone_mode=False)
    except typer.TyperException as error:
        code = _fail(error.format_message()) if error.format_message() else 2
    except typer.Abort:
        code = _fail("interrupted")
    except UserError as error:
        code = _fail(str(error))
    except Exception as error:
        from opsin_sim.harness import SimulationTimeout, ToolError

        if not isinstance(error, ToolError | SimulationTimeout):
            raise
        code = _fail(str(error))
    sys.exit(code or 0)
