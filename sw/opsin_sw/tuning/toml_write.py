# SPDX-License-Identifier: MIT
"""Writing of tuning files."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path

from ..errors import UserError
from .color import Matrix
from .curve import Curve
from .tuning import Tuning

__all__ = ["tuning_text", "write_tuning"]


def write_tuning(path: Path, tuning: Tuning, *, remarks: Iterable[str] = ()) -> None:
    """Write a file that :func:`read_tuning` reads; remarks stand at its beginning.

    Raises
    ------
    UserError
        If the file cannot be written.
    """
    head = "".join(f"# {line}\n" for remark in remarks for line in remark.splitlines())
    try:
        path.write_text(head + tuning_text(tuning), encoding="utf-8")
    except OSError as error:
        raise UserError(f"{path}: {error.strerror or error}") from error


def tuning_text(tuning: Tuning) -> str:
    """Return the tuning as TOML; what is not known is left out."""
    return "\n".join(_lines(tuning)).strip() + "\n"


def _lines(tuning: Tuning) -> Iterator[str]:
    sensor: dict[str, object] = {
        key: getattr(tuning, key) for key in ("width", "height", "bits", "phase", "black", "white")
    }
    if any(value is not None for value in sensor.values()):
        yield "[sensor]"
        yield from (f"{key} = {_value(v)}" for key, v in sensor.items() if v is not None)
    if tuning.white_balance is not None:
        red, blue = tuning.white_balance
        yield from ("", "[white_balance]", f"red = {_value(red)}", f"blue = {_value(blue)}")
    if tuning.ccm is not None:
        yield from ("", "[color]", *_matrix(tuning.ccm))
    if tuning.curve is not None:
        yield from ("", "[tone]", _curve(tuning.curve))
    if tuning.noise is not None:
        yield from ("", "[noise]", f"constant = {_value(tuning.noise.constant)}")
        yield f"slope = {_value(tuning.noise.slope)}"
    for light in tuning.illuminants or ():
        red, blue = light.white_balance
        yield from ("", "[[illuminant]]", f"name = {_value(light.name)}")
        yield f"temperature = {round(light.temperature)}"
        yield from (f"red = {_value(red)}", f"blue = {_value(blue)}", *_matrix(light.ccm))
    if tuning.shading is not None:
        yield from ("", "[shading]", f"cell = {_value(tuning.shading.cell)}", "mesh = [")
        yield from (f"    {_value(row)}," for row in tuning.shading.mesh.tolist())
        yield "]"
    if tuning.defects is not None:
        yield from ("", "[defects]", "positions = [")
        for k in range(0, len(tuning.defects), 8):
            yield "    " + " ".join(f"{_value(pair)}," for pair in tuning.defects[k : k + 8])
        yield "]"
    if tuning.look is not None:
        yield from ("", "[look]")
        known = {key: value for key, value in asdict(tuning.look).items() if value is not None}
        yield from (f"{key} = {_value(value)}" for key, value in known.items())


def _value(value: object) -> str:
    """Return a value as TOML; numbers with 7 digits."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return json.dumps(value)
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_value(item) for item in value) + "]"
    if isinstance(value, float):
        short = f"{value:.7g}"
        return short if any(c in short for c in ".en") else short + ".0"
    return str(value)


def _matrix(ccm: Matrix) -> list[str]:
    return ["ccm = [", *(f"    {_value([round(v, 6) for v in row])}," for row in ccm), "]"]


def _curve(curve: Curve) -> str:
    if isinstance(curve, str):
        return f"curve = {_value(curve)}"
    if isinstance(curve, int | float):
        return f"gamma = {_value(float(curve))}"
    return f"points = {_value(curve)}"
