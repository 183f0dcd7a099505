# SPDX-License-Identifier: MIT
"""The tables of a tuning file that a calibration writes."""

from typing import Any

import numpy as np

from opsin_sim.golden.isp.lens_shading import MESH_SIZE

from ..errors import UserError
from . import toml_values as values
from .defect_map import Positions
from .illuminant import Illuminant
from .look import Look
from .noise import Noise
from .shading import Shading

__all__ = ["defects", "illuminants", "look", "noise", "shading"]

_LIGHT = ("name", "temperature", "red", "blue", "ccm")


def noise(table: dict[str, Any] | None) -> Noise | None:
    """Read ``[noise]``."""
    if table is None:
        return None
    constant, slope = (
        values.number(f"noise.{key}", table.get(key)) for key in ("constant", "slope")
    )
    if min(constant, slope) < 0:
        raise UserError(f"noise must not be negative, as {min(constant, slope):g} is")
    return Noise(constant, slope)


def look(table: dict[str, Any] | None) -> Look | None:
    """Read ``[look]``."""
    if table is None:
        return None
    given: dict[str, Any] = {}
    for key, value in table.items():
        if key == "limited":
            if not isinstance(value, bool):
                raise UserError(f"look.limited must be true or false, not {value!r}")
            given[key] = value
        elif key == "standard":
            given[key] = values.text("look.standard", value)
        else:
            given[key] = values.number(f"look.{key}", value)
    return Look(**given)


def defects(table: dict[str, Any] | None) -> Positions | None:
    """Read ``[defects]``."""
    if table is None:
        return None
    name = "defects.positions"
    pairs = values.items(name, table.get("positions"))
    checked = [values.integers(name, pair, 2, 0, 65535) for pair in pairs]
    return tuple((line, column) for line, column in checked)


def shading(table: dict[str, Any] | None) -> Shading | None:
    """Read ``[shading]``."""
    if table is None:
        return None
    width, height = values.integers("shading.cell", table.get("cell"), 2, 1, 4095)
    if width % 4:
        raise UserError(f"shading.cell must be a multiple of 4 wide, not {width}")
    rows = [
        values.items("shading.mesh", row) for row in values.items("shading.mesh", table.get("mesh"))
    ]
    columns = len(rows[0]) if rows else 0
    if (
        not (2 <= len(rows) <= MESH_SIZE[0] and 2 <= columns <= MESH_SIZE[1])
        or len({len(row) for row in rows}) != 1
    ):
        raise UserError("shading.mesh must have 2..16 rows of 2..32 nodes, all rows alike")
    nodes = [[values.integers("shading.mesh", node, 4, 0, 65535) for node in row] for row in rows]
    return Shading(np.array(nodes, dtype=np.uint16), (width, height))


def illuminants(tables: Any) -> tuple[Illuminant, ...] | None:
    """Read all ``[[illuminant]]``."""
    if tables is None:
        return None
    lights = []
    for table in tables:
        for key in table:
            if key not in _LIGHT:
                known = ", ".join(_LIGHT)
                raise UserError(f"keys of illuminant must be among {known}, not {key}")
        kelvin, red, blue = (
            values.number(f"illuminant.{key}", table.get(key))
            for key in ("temperature", "red", "blue")
        )
        lights.append(
            Illuminant(
                name=values.text("illuminant.name", table.get("name")) or "",
                temperature=kelvin,
                white_balance=(red, blue),
                ccm=values.matrix("illuminant.ccm", table.get("ccm")),
            )
        )
    return tuple(lights)
