# SPDX-License-Identifier: MIT
"""Reader of cameras' own formats."""

from pathlib import Path

import numpy as np

from ..errors import UserError
from ..tuning import Tuning
from ..tuning.illuminant import daylight_illuminant
from .picture import RawPicture

__all__ = ["read_camera"]


def read_camera(path: Path, options: Tuning) -> RawPicture:
    """Read a camera's raw file through LibRaw, with all it says of itself."""
    import rawpy

    with path.open("rb"):
        pass  # LibRaw does not tell a missing file from a bad one
    try:
        with rawpy.imread(str(path)) as raw:
            colours = raw.raw_colors_visible[:2, :2].tolist()
            samples = raw.raw_image_visible.copy()
            levels = list(raw.black_level_per_channel)
            white = int(raw.white_level)
            balance = list(raw.camera_whitebalance)
            ccm = np.array(raw.color_matrix)[:3, :3].tolist()  # to linear sRGB
            from_xyz = np.array(raw.rgb_xyz_matrix)[:3].tolist()  # for D65; 0 if not known
    except rawpy.LibRawError as error:
        raise UserError(f"not a raw file that LibRaw reads: {error}") from error
    phase = "".join("RGBG"[colour] for row in colours for colour in row)
    if samples.ndim != 2 or phase not in ("RGGB", "GRBG", "GBRG", "BGGR"):
        raise UserError(f"must have a Bayer filter, not {phase}")

    y, x = divmod(phase.index("R"), 2)
    black = [float(levels[colours[y ^ row][x ^ column]]) for row in (0, 1) for column in (0, 1)]
    red, green, blue = balance[:3]
    known = Tuning(
        bits=max(8, white.bit_length(), int(samples.max(initial=0)).bit_length()),
        phase=phase,
        black=(black[0], black[1], black[2], black[3]),
        white=white,
        white_balance=(red / green, blue / green) if min(red, green, blue) > 0 else None,
        ccm=tuple((r, g, b) for r, g, b in ccm) if np.allclose(np.sum(ccm, axis=1), 1) else None,
        illuminants=(daylight_illuminant(from_xyz),) if _invertible(from_xyz) else None,
    )
    return RawPicture(samples, known)


def _invertible(matrix: list[list[float]]) -> bool:
    return bool(np.isfinite(matrix).all() and abs(np.linalg.det(matrix)) > 1e-6)
