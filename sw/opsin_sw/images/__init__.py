# SPDX-License-Identifier: MIT
"""Raw pictures from files, finished pictures to files.

========================  =====================================================================
.dng                      through LibRaw, with its levels, white balance, colour matrix, phase;
                          so are .nef, .nrw, .cr2, .arw, .orf, .rw2 and .pef
.png, .tif, .tiff         one channel of 8 or 16 bits
.pgm                      P2 or P5, ``bits`` from the greatest value
.npy                      two-dimensional array of uint8 or uint16
.raw                      16-bit little-endian samples and nothing else; needs width and height
========================  =====================================================================

What a file does not say may stand in its name, as ``_768x512`` (size, for .raw only), followed or
not by ``_rggb`` or ``_rggb10`` (phase; bits): ``chart_1920x1080_rggb10.raw``.
"""

from .files import read_raw, write_png
from .picture import RawPicture

__all__ = ["RawPicture", "read_raw", "write_png"]
