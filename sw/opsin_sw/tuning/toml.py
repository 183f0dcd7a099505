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

Every key may be left out.
"""

import math
import tomllib
from pathlib import Path
from typing import Any

from ..errors import UserError
from .color import Matrix, ccm_from_xyz_to_camera
from .curve import Curve
from .tuning import Tuning

__all__ = ["read_tuning"]

_KEYS = {
    "sensor": {"width", "height", "bits", "phase", "black", "white"},
    "white_balance": {"red", "blue"},
    "color": {"ccm", "xyz_to_camera"},
    "tone": {"curve", "gamma", "points"},
}


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
        if name not in _KEYS or not isinstance(table, dict):
            raise UserError(f"tables must be among {', '.join(_KEYS)}, not {name}")
        for key in table:
            if key not in _KEYS[name]:
                known = ", ".join(sorted(_KEYS[name]))
                raise UserError(f"keys of {name} must be among {known}, not {key}")
    sensor, tone = tables.get("sensor", {}), tables.get("tone", {})
    if len(tone) > 1:
        raise UserError("tone must have one of curve, gamma and points")
    return Tuning(
        **{key: _integer(f"sensor.{key}", sensor.get(key)) for key in ("width", "height", "bits")},
        phase=_text("sensor.phase", sensor.get("phase")),
        black=_black(sensor.get("black")),
        white=None if (white := sensor.get("white")) is None else _number("sensor.white", white),
        white_balance=_white_balance(tables.get("white_balance")),
        ccm=_ccm(tables.get("color", {})),
        curve=_curve(tone),
    )


def _number(name: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise UserError(f"{name} must be a number, not {value!r}")
    return float(value)


def _numbers(name: str, value: Any, count: int) -> list[float]:
    if not isinstance(value, list) or len(value) != count:
        raise UserError(f"{name} must be {count} numbers, not {value!r}")
    return [_number(name, item) for item in value]


def _integer(name: str, value: Any) -> int | None:
    if value is not None and (isinstance(value, bool) or not isinstance(value, int)):
        raise UserError(f"{name} must be a whole number, not {value!r}")
    return value


def _text(name: str, value: Any) -> str | None:
    if value is not None and not isinstance(value, str):
        raise UserError(f"{name} must be a text, not {value!r}")
    return None if value is None else value.upper()


def _black(value: Any) -> tuple[float, float, float, float] | None:
    if value is None:
        return None
    levels = _numbers("sensor.black", value if isinstance(value, list) else [value] * 4, 4)
    return levels[0], levels[1], levels[2], levels[3]


def _white_balance(table: dict[str, Any] | None) -> tuple[float, float] | None:
    if table is None:
        return None
    red, blue = (_number(f"white_balance.{key}", table.get(key)) for key in ("red", "blue"))
    return red, blue


def _ccm(table: dict[str, Any]) -> Matrix | None:
    if len(table) > 1:
        raise UserError("color must have one of ccm and xyz_to_camera")
    for key, value in table.items():
        rows = value if isinstance(value, list) and len(value) == 3 else [value]
        matrix = [_numbers(f"color.{key}", row, 3) for row in rows]
        if len(matrix) != 3:
            raise UserError(f"color.{key} must be three rows of three numbers")
        if key == "xyz_to_camera":
            return ccm_from_xyz_to_camera(matrix)
        return tuple((row[0], row[1], row[2]) for row in matrix)
    return None


def _curve(table: dict[str, Any]) -> Curve | None:
    if "points" in table:
        if not isinstance(table["points"], list):
            raise UserError(f"tone.points must be a list of pairs, not {table['points']!r}")
        pairs = [_numbers("tone.points", point, 2) for point in table["points"]]
        return tuple((x, y) for x, y in pairs)
    if "gamma" in table:
        return _number("tone.gamma", table["gamma"])
    curve = table.get("curve")
    if curve is not None and not isinstance(curve, str):
        raise UserError(f"tone.curve must be a text, not {curve!r}")
    return curve
