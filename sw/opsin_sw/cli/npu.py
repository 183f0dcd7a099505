# SPDX-License-Identifier: MIT
"""``opsin npu``: compile quantized networks and run them."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import UserError
from . import npu_asm, npu_bench, npu_predict

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["app"]

app = typer.Typer(
    help="Compile quantized networks, and run them on the neural processor.", no_args_is_help=True
)
npu_asm.add_to(app)
npu_predict.add_to(app)
npu_bench.add_to(app)


@app.command("compile")
def compile_(
    model: Annotated[
        Path, typer.Argument(metavar="MODEL.onnx", help="Quantized (QDQ) ONNX model.")
    ],
    output: Annotated[
        Path, typer.Option("-o", "--output", metavar="M.opsin", help="Program to write.")
    ],
    config: Annotated[
        str,
        typer.Option(
            metavar="NAME", help="Neural processor to compile for: tiny, small, base or large."
        ),
    ] = "small",
    batch: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="Samples per job, if the model leaves that open: more use the hardware better "
            "and take more memory. [default: 1]",
        ),
    ] = None,
) -> None:
    """Compile a network that ONNX Runtime has quantized (QDQ)."""
    from opsin.config import NPU

    from ..compiler import compile_model

    if config not in NPU:
        raise UserError(f"configuration must be {' or '.join(NPU)}, not '{config}'")
    program = compile_model(model, NPU[config], batch)
    program.save(output)
    typer.echo(
        f"{output}: {len(program.layers)} layers, {program.macs:,} multiplications a sample, "
        f"batch {program.batch}, {program.memory_bytes:,} bytes of memory"
    )


@app.command()
def run(
    program: Annotated[Path, typer.Argument(metavar="M.opsin", help="Compiled program.")],
    input_: Annotated[
        Path,
        typer.Option(
            "--input", metavar="X.npz", help="Arrays by input name; any number of samples."
        ),
    ],
    output: Annotated[
        Path, typer.Option("--output", metavar="Y.npz", help="Arrays by output name, to write.")
    ],
    backend: Annotated[
        str, typer.Option(metavar="NAME", help="golden (NumPy) or rtl (the simulated hardware).")
    ] = "golden",
    report: Annotated[
        Path | None, typer.Option(metavar="R.json", help="Write figures of the run here.")
    ] = None,
    wave: Annotated[
        Path | None, typer.Option(metavar="F.fst", help="Record the hardware's signals (rtl).")
    ] = None,
) -> None:
    """Run a program on arrays and print what it took."""
    import numpy as np
    from rich.console import Console
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    from ..compiler import Program
    from ..driver import device

    for path in (output, report, wave):
        if path and not path.parent.is_dir():
            raise UserError(f"{path}: no such directory")
    target = device(backend, wave=wave)
    loaded = Program.load(program)
    arrays = _arrays(input_)
    samples = max((len(array) for array in arrays.values() if array.ndim), default=0)
    columns = SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn()
    console = Console(stderr=True)
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as bar:
        task = bar.add_task(f"{samples} samples on {backend}", total=samples)
        outputs, figures = target.run(
            loaded, arrays, progress=lambda done: bar.update(task, completed=done)
        )
    try:
        with output.open("wb") as file:
            np.savez(file, allow_pickle=False, **outputs)
    except OSError as error:
        raise UserError(f"{output}: {error.strerror or error}") from None
    if report:
        figures.save(report)
    Console().print(figures.table())


def _arrays(path: Path) -> "dict[str, NDArray]":
    import zipfile
    import zlib

    import numpy as np

    try:
        with path.open("rb") as file:
            loaded = np.load(file, allow_pickle=False)
            if not isinstance(loaded, np.lib.npyio.NpzFile):
                raise UserError(f"{path}: not an .npz file of arrays by input name")
            arrays = {name: loaded[name] for name in loaded.files}
    except OSError as error:
        raise UserError(f"{path}: {error.strerror or error}") from None
    except (ValueError, EOFError, RuntimeError, MemoryError, zipfile.BadZipFile, zlib.error):
        raise UserError(f"{path}: not an .npz file of numbers, or cut off") from None
    if not all(isinstance(array, np.ndarray) for array in arrays.values()):
        raise UserError(f"{path}: not an .npz file of arrays by input name")
    return arrays
