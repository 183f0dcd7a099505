# SPDX-License-Identifier: MIT
"""``opsin npu asm`` and ``disasm``: programs of the neural processor as text."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import UserError

if TYPE_CHECKING:
    from opsin.config import NpuConfig

__all__ = ["add_to", "configuration", "image_of"]


def asm(
    source: Annotated[Path, typer.Argument(metavar="FILE.s", help="Text, a descriptor per line.")],
    output: Annotated[
        Path, typer.Option("-o", "--output", metavar="FILE.bin", help="Descriptors to write.")
    ],
) -> None:
    """Assemble descriptors, written as OPCODE field=value …, for the neural processor."""
    from ..assembly import assemble

    try:
        text = source.read_text(encoding="utf-8")
    except OSError as error:
        raise UserError(f"{source}: {error.strerror or error}") from None
    except UnicodeDecodeError:
        raise UserError(f"{source}: not a text") from None
    try:
        program = assemble(text)
    except UserError as error:
        raise UserError(f"{source}: {error}") from None
    try:
        output.write_bytes(program)
    except OSError as error:
        raise UserError(f"{output}: {error.strerror or error}") from None
    typer.echo(f"{output}: {len(program) // 64} descriptors")


def disasm(
    program: Annotated[
        Path, typer.Argument(metavar="FILE", help="Descriptors, or a compiled program (.opsin).")
    ],
    trace: Annotated[
        bool, typer.Option("--trace", help="Carry loops out, and tell what each unit will do.")
    ] = False,
    config: Annotated[
        str, typer.Option(metavar="NAME", help="Neural processor of plain descriptors, to trace.")
    ] = "base",
    limit: Annotated[int, typer.Option(min=1, help="Lines of a trace at most.")] = 100_000,
) -> None:
    """Print a program; without --trace as text that `opsin npu asm` reads."""
    from itertools import islice

    from ..assembly import disassemble
    from ..assembly.trace import trace as traced

    image, entry, sizes = image_of(program, configuration(config))
    if not trace:
        for line in disassemble(image if entry is None else _listed(image, entry)):
            typer.echo(line)
        return
    lines = traced(image, entry or 0, rows=sizes.rows)
    for line in islice(lines, limit):
        typer.echo(line)
    if next(lines, None) is not None:
        typer.echo(f"… more than {limit} lines (--limit)")


def configuration(name: str) -> "NpuConfig":
    """Return the neural processor of this name."""
    from opsin.config import NPU

    if name not in NPU:
        raise UserError(f"configuration must be {' or '.join(NPU)}, not '{name}'")
    return NPU[name]


def image_of(path: Path, config: "NpuConfig") -> tuple[bytes, int | None, "NpuConfig"]:
    """Return a program's memory, entry (None: it is descriptors only), and configuration."""
    import zipfile

    if zipfile.is_zipfile(path):
        from ..compiler import Program

        program = Program.load(path)
        return program.image, program.entry, program.config
    try:
        image = path.read_bytes()
    except OSError as error:
        raise UserError(f"{path}: {error.strerror or error}") from None
    if len(image) % 64:
        raise UserError(f"{path}: neither an Opsin program nor descriptors of 64 bytes each")
    return image, None, config


def _listed(image: bytes, entry: int) -> bytes:
    """Return the descriptors from ``entry`` to the first HALT."""
    from opsin.npu.isa import Opcode

    at = entry
    while at + 64 <= len(image):
        at += 64
        if image[at - 64] == Opcode.HALT.value:
            break
    return image[entry:at]


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.command()(asm)
    app.command()(disasm)
