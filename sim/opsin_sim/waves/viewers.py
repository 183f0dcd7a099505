# SPDX-License-Identifier: MIT
"""Opening a waveform in GTKWave or Surfer, whichever is installed."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from .clock import Clock, Window
from .errors import WaveError
from .groups import Group
from .gtkw import budgeted, save_gtkw
from .names import Names
from .reader import Wave
from .surfer import save_surfer

__all__ = ["VIEWERS", "find_viewer", "open_viewer", "save_view"]

VIEWERS = ("gtkwave", "surfer")


def find_viewer() -> str:
    """Return the path of the first viewer that is installed.

    Raises
    ------
    WaveError
        If there is none, or no screen.
    """
    found = next((path for name in VIEWERS if (path := shutil.which(name))), None)
    if found is None:
        raise WaveError(
            "no waveform viewer found: install the package gtkwave (or Surfer from "
            "surfer-project.org), or draw a picture with --png OUT.png"
        )
    if sys.platform == "linux" and not {"DISPLAY", "WAYLAND_DISPLAY"} & os.environ.keys():
        raise WaveError(f"no screen for {Path(found).name}: draw a picture with --png OUT.png")
    return found


def save_view(
    wave: Wave,
    names: Names,
    groups: list[Group],
    clock: Clock | None,
    window: Window,
    path: Path,
) -> None:
    """Write a save file for GTKWave (``.gtkw``) or a command file for Surfer (``.sucl``).

    Raises
    ------
    WaveError
        If the suffix is another, or it cannot be written.
    """
    groups = budgeted(groups)
    if path.suffix == ".gtkw":
        save_gtkw(wave, names, groups, clock, window, path)
    elif path.suffix == ".sucl":
        save_surfer(wave, names, groups, path)
    else:
        raise WaveError(f"a save file must end in .gtkw or .sucl, not {path.name!r}")


def open_viewer(
    viewer: str,
    wave: Wave,
    names: Names,
    groups: list[Group],
    clock: Clock | None,
    window: Window,
) -> None:
    """Write what ``viewer`` needs into ``FILE.fst.view`` beside the wave, and run it.

    Raises
    ------
    WaveError
        If the viewer fails.
    """
    surfer = Path(viewer).stem == "surfer"
    directory = wave.path.with_name(wave.path.name + ".view").absolute()
    try:
        directory.mkdir(exist_ok=True)
    except OSError:  # a directory of someone else
        directory = Path(tempfile.mkdtemp(prefix="opsin-waves-"))
    save = directory / ("view.sucl" if surfer else "view.gtkw")
    save_view(wave, names, groups, clock, window, save)
    file = str(wave.path.absolute())
    command = [viewer, "--command-file", str(save), file] if surfer else [viewer, file, str(save)]
    done = subprocess.run(command, cwd=directory, capture_output=True, text=True, check=False)
    if done.returncode:
        lines = (done.stderr or done.stdout).strip().splitlines() or ["no message"]
        raise WaveError(f"{Path(viewer).name} failed ({done.returncode}): {lines[-1]}")
