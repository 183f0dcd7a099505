# SPDX-License-Identifier: MIT
"""Tuning files.

::

    [sensor]
    width = 768
    height = 512
    bits = 14
    phase = "RGGB"
    black = 600                     # or one per channel: [R, Gr, Gb, B]
    white = 15520

    [white_balance]
    red = 1.949
    blue = 1.344

    [color]
    ccm = [[1.7, -0.6, -0.1], [-0.2, 1.5, -0.3], [0.0, -0.5, 1.5]]
    # or xyz_to_camera = [[…], […], […]], from which the ccm is computed

    [tone]
    curve = "srgb"                  # or gamma = 2.2
                                    # or points = [[0, 0], [0.2, 0.5], [1, 1]]

    [noise]                         # variance = constant + slope · (sample − black)
    constant = 4.1
    slope = 0.52

    [[illuminant]]                  # as many as lights were calibrated
    name = "D65"
    temperature = 6500              # kelvin
    red = 1.949
    blue = 1.344
    ccm = [[1.7, -0.6, -0.1], [-0.2, 1.5, -0.3], [0.0, -0.5, 1.5]]

    [shading]
    cell = [48, 43]                 # pixels and lines from node to node
    mesh = [[[16384, 16384, 16384, 16384], …], …]    # rows of nodes: R, Gr, Gb, B in Q2.14

    [defects]
    positions = [[17, 301], [80, 5]]                 # lines and columns

    [look]                          # of the complete pipeline, with what is the default
    sharpness = 0.6                 # gain of fine detail
    saturation = 1.0
    contrast = 1.0
    brightness = 0.0                # of full scale
    hue = 0.0                       # degrees
    local_contrast = 0.0            # 0.3 opens shadows
    raw_noise = 1.0                 # times what [noise] tells
    chroma_noise = 1.0
    false_color = 1.0
    standard = "bt709"              # of YCbCr, or "bt601"
    limited = false                 # its range

Every key may be left out.
"""

import tomllib
from dataclasses import fields
from pathlib import Path
from typing import Any

from ..errors import UserError
from . import toml_tables as tables_of
from . import toml_values as values
from .color import Matrix, ccm_from_xyz_to_camera
from .curve import Curve
from .illuminant import Illuminant, daylight_illuminant
from .look import Look
from .tuning import Tuning

__all__ = ["read_tuning"]

_KEYS = {
    "sensor": {"width", "height", "bits", "phase", "black", "white"},
    "white_balance": {"red", "blue"},
    "color": {"ccm", "xyz_to_camera"},
    "tone": {"curve", "gamma", "points"},
    "noise": {"constant", "slope"},
    "shading": {"cell", "mesh"},
    "defects": {"positions"},
    "look": {field.name for field in fields(Look)},
}
_LIST = "illuminant"


def read_tuning(path: Path) -> Tuning:
    """Read a tuning file.

    Raises
    ------
    UserError
        If the file cannot be read, or has an unknown key or a value of the wrong kind.
    """
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UserError(f"{path}: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UserError(f"{path}: not a TOML file: {error}") from error
    try:
        return _tuning(tables)
    except UserError as error:
        raise UserError(f"{path}: {error}") from error


def _tuning(tables: dict[str, Any]) -> Tuning:
    for name, table in tables.items():
        listed = isinstance(table, list) and all(isinstance(item, dict) for item in table)
        if name == _LIST and listed:
            continue
        if name not in _KEYS or not isinstance(table, dict):
            known = ", ".join([*_KEYS, _LIST])
            raise UserError(f"tables must be among {known}, not {name}")
        for key in table:
            if key not in _KEYS[name]:
                known = ", ".join(sorted(_KEYS[name]))
                raise UserError(f"keys of {name} must be among {known}, not {key}")
    sensor, tone = tables.get("sensor", {}), tables.get("tone", {})
    if len(tone) > 1:
        raise UserError("tone must have one of curve, gamma and points")
    phase = values.text("sensor.phase", sensor.get("phase"))
    white = sensor.get("white")
    return Tuning(
        width=values.integer("sensor.width", sensor.get("width")),
        height=values.integer("sensor.height", sensor.get("height")),
        bits=values.integer("sensor.bits", sensor.get("bits")),
        phase=None if phase is None else phase.upper(),
        black=_black(sensor.get("black")),
        white=None if white is None else values.number("sensor.white", white),
        white_balance=_white_balance(tables.get("white_balance")),
        ccm=_ccm(tables.get("color", {})),
        curve=_curve(tone),
        noise=tables_of.noise(tables.get("noise")),
        illuminants=tables_of.illuminants(tables.get(_LIST)) or _daylight(tables.get("color", {})),
        shading=tables_of.shading(tables.get("shading")),
        defects=tables_of.defects(tables.get("defects")),
        look=tables_of.look(tables.get("look")),
    )


def _black(value: Any) -> tuple[float, float, float, float] | None:
    if value is None:
        return None
    levels = values.numbers("sensor.black", value if isinstance(value, list) else [value] * 4, 4)
    return levels[0], levels[1], levels[2], levels[3]


def _white_balance(table: dict[str, Any] | None) -> tuple[float, float] | None:
    if table is None:
        return None
    red, blue = (values.number(f"white_balance.{key}", table.get(key)) for key in ("red", "blue"))
    return red, blue


def _ccm(table: dict[str, Any]) -> Matrix | None:
    if len(table) > 1:
        raise UserError("color must have one of ccm and xyz_to_camera")
    for key, value in table.items():
        matrix = values.matrix(f"color.{key}", value)
        return ccm_from_xyz_to_camera(matrix) if key == "xyz_to_camera" else matrix
    return None


def _daylight(table: dict[str, Any]) -> tuple[Illuminant, ...] | None:
    """Return the light that a matrix from CIE XYZ tells of."""
    matrix = table.get("xyz_to_camera")
    if matrix is None:
        return None
    return (daylight_illuminant(values.matrix("color.xyz_to_camera", matrix)),)


def _curve(table: dict[str, Any]) -> Curve | None:
    if "points" in table:
        if not isinstance(table["points"], list):
            raise UserError(f"tone.points must be a list of pairs, not {table['points']!r}")
        pairs = [values.numbers("tone.points", point, 2) for point in table["points"]]
        return tuple((x, y) for x, y in pairs)
    if "gamma" in table:
        return values.number("tone.gamma", table["gamma"])
    return values.text("tone.curve", table.get("curve"))
