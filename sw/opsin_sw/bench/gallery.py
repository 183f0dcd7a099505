# SPDX-License-Identifier: MIT
"""Pictures of what the benchmark measures, of computed scenes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from opsin_sim.devices.color_chart import chart_scene
from opsin_sim.devices.sensor import Sensor
from opsin_sim.golden import isp

from ..errors import UserError
from ..images import write_png
from ..tuning import Look, Noise, Tuning
from ..tuning.accuracy import reference_light
from ..tuning.auto import judge_frame
from . import scenes
from .judges import judges

__all__ = ["GALLERY", "write_gallery"]

Picture = NDArray[np.uint8]

_DEPTH, _BITS, _BLACK = 16, 12, 256
_WHITE = (1 << _BITS) - 1
_LINE = 14  # of text
_CCM = ((1.65, -0.45, -0.20), (-0.18, 1.60, -0.42), (0.01, -0.44, 1.43))


def write_gallery(folder: Path, *, step: Callable[[], None] = lambda: None) -> list[Path]:
    """Write the pictures of :data:`GALLERY` as PNG files into ``folder``, which is made.

    Raises
    ------
    UserError
        If a file cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"{folder}: {error.strerror or error}") from None
    written = []
    for name, make in GALLERY.items():
        picture = make()
        if picture is not None:
            written.append(folder / f"{name}.png")
            write_png(written[-1], picture)
        step()
    return written


def _sheet(rows: Sequence[Mapping[str, Picture]], *, scale: int = 1) -> Picture:
    """Set pictures side by side, enlarged ``scale`` times, with their names above the first row."""
    from PIL import Image, ImageDraw

    side = len(next(iter(rows[0].values()))) * scale
    size = (len(rows[0]) * (side + 4) - 4, _LINE + len(rows) * (side + 4) - 4)
    whole = Image.new("RGB", size, (255, 255, 255))
    draw = ImageDraw.Draw(whole)
    for k, name in enumerate(rows[0]):
        draw.text((k * (side + 4) + 2, 1), name, fill=(0, 0, 0))
    for line, row in enumerate(rows):
        for k, picture in enumerate(row.values()):
            tile = Image.fromarray(picture).resize((side, side), Image.Resampling.NEAREST)
            whole.paste(tile, (k * (side + 4), _LINE + line * (side + 4)))
    return np.asarray(whole)


def _codes(light: NDArray[Any]) -> Picture:
    """Linear light in 0..1 as sRGB."""
    value = np.clip(light, 0, 1)
    curve = np.where(value <= 0.0031308, 12.92 * value, 1.055 * value ** (1 / 2.4) - 0.055)
    return np.rint(255 * curve).astype(np.uint8)


def _demosaic(scene: Callable[[int], NDArray[np.float64]]) -> Picture:
    """Show what each method makes of a white-balanced frame without noise."""
    full = (1 << _DEPTH) - 1
    methods: dict[str, Callable[[NDArray[np.uint16]], NDArray[np.generic]]] = {
        "Opsin": lambda raw: isp.demosaic(raw, phase=0, depth=_DEPTH),
        **judges(),
    }
    light = scene(56)
    raw = np.rint(isp.mosaic(light, 0) * full).astype(np.uint16)
    row = {"truth": _codes(light)}
    for name, method in methods.items():
        row[name] = _codes(np.asarray(method(raw), dtype=np.float64) / full)
    return _sheet([row], scale=2)


def _sensor(**changes: Any) -> Sensor:
    settings: dict[str, Any] = {"bits": _BITS, "black": _BLACK, "white": _WHITE, "ccm": _CCM}
    return Sensor(**{**settings, "exposure": 1.0, "gain": 0.5, "read_noise": 2.0, **changes})


def _tuning(raw: NDArray[np.uint16], sensor: Sensor, **changes: Any) -> Tuning:
    height, width = raw.shape
    # a Poisson count of ``gain`` per electron, on top of the black level, and reading's own
    noise = Noise(sensor.read_noise**2, sensor.gain)
    known: dict[str, Any] = {"noise": noise, "white_balance": sensor.balance, "ccm": _CCM}
    return Tuning(
        width=width, height=height, bits=_BITS, phase="RGGB", black=(float(_BLACK),) * 4,
        white=float(_WHITE), **{**known, **changes},
    )  # fmt: skip


def _developed(raw: NDArray[np.uint16], tuning: Tuning, **blocks: Any) -> Picture:
    """Develop on the complete pipeline's model; ``blocks`` replace settings."""
    settings = tuning.settings(depth=_DEPTH, chain="complete")
    return isp.develop(raw << np.uint16(_DEPTH - _BITS), replace(settings, **blocks))


def _noise() -> Picture:
    """Show much noise: as it is, reduced in raw samples, and in colour too."""
    scene = scenes.steps(64)
    sensor = _sensor(gain=16.0, read_noise=24.0)
    raw = sensor.expose_light(scene)
    looks = {
        "no noise reduction": Look(raw_noise=0, chroma_noise=0),
        "of raw samples": Look(chroma_noise=0),
        "and of colour": Look(),
    }
    row = {name: _developed(raw, _tuning(raw, sensor, look=look)) for name, look in looks.items()}
    return _sheet([{**row, "truth": _codes(scene)}], scale=3)


def _defects() -> Picture:
    """Show one pixel of 200 dead or hot, on fine detail."""
    rng = np.random.default_rng(1)
    rows = []
    for scene in (scenes.wedge(64), scenes.petal(64)):
        sensor = _sensor(gain=0.1, read_noise=1.0)
        raw = sensor.expose_light(scene)
        stuck = np.where(rng.random(raw.shape) < 0.5, _WHITE, 0).astype(np.uint16)
        broken = np.where(rng.random(raw.shape) < 0.005, stuck, raw)
        tuning = _tuning(raw, sensor)
        off = isp.block_settings.DefectSettings(bypass=1)
        rows.append(
            {
                "0.5 % dead or hot": _developed(broken, tuning, defect=off),
                "corrected": _developed(broken, tuning),
                "sound, corrected": _developed(raw, tuning),
                "sound": _developed(raw, tuning, defect=off),
            }
        )
    return _sheet(rows, scale=2)


def _color() -> Picture | None:
    """Show a chart as the sensor sees it, with automatic white balance, and as it is."""
    try:
        patches = reference_light()
    except UserError:  # no colour-science
        return None
    corners = ((24, 43), (136, 43), (24, 110), (136, 110))
    scene = 0.9 * chart_scene(patches, width=160, height=160, corners=corners)
    sensor = _sensor(gain=0.1, read_noise=1.0)
    raw = sensor.expose_light(scene)
    plain = _tuning(raw, sensor, white_balance=(1.0, 1.0), ccm=None)
    known = _tuning(raw, sensor)
    found = judge_frame(raw, replace(known, look=Look())).tuning
    row = {
        "sensor": _developed(raw, plain),
        "automatic": _developed(raw, replace(found, white=float(_WHITE))),  # as bright as the scene
        "truth": _codes(scene),
    }
    return _sheet([row])


def _tone() -> Picture:
    """Show a window in a dark room; contrast of large areas kept, and taken away."""
    sensor = _sensor(gain=0.02, read_noise=0.2)
    raw = sensor.expose_light(scenes.room(136))
    looks = {share: Look(local_contrast=share) for share in (0.0, 0.3, 0.5)}
    row = {
        f"local_contrast = {share:g}": _developed(raw, _tuning(raw, sensor, look=look))
        for share, look in looks.items()
    }
    return _sheet([row])


def _sharpen() -> Picture:
    """Show gain of fine detail; edges are to stay without halo."""
    sensor = _sensor(gain=0.25)
    raw = sensor.expose_light(scenes.steps(72))
    looks = {gain: Look(sharpness=gain) for gain in (0.0, 0.6, 1.5, 4.0)}
    row = {
        f"sharpness = {gain:g}": _developed(raw, _tuning(raw, sensor, look=look))
        for gain, look in looks.items()
    }
    return _sheet([row], scale=2)


GALLERY: dict[str, Callable[[], Picture | None]] = {
    "demosaic_rings": lambda: _demosaic(scenes.zone_plate),
    "demosaic_wedges": lambda: _demosaic(scenes.wedge),
    "demosaic_threads": lambda: _demosaic(scenes.threads),
    "demosaic_petals": lambda: _demosaic(scenes.petal),
    "noise": _noise,
    "defects": _defects,
    "color": _color,
    "tone": _tone,
    "sharpen": _sharpen,
}
"""What makes each picture, by the name of its file; None if a package is missing."""
