# SPDX-License-Identifier: MIT
"""The camera pipeline's settings, one structure for all blocks."""

from amaranth.hdl import signed, unsigned
from amaranth.lib import data

from ..common.video import BayerPhase
from .bayer import PerChannel
from .color_correction import MATRIX_FRACTION
from .white_balance import GAIN_FRACTION

__all__ = ["IspSettings"]


class IspSettings(data.StructLayout):
    """Everything that may change from frame to frame.

    ==============  ==============================================================================
    width, height   pixels per line, lines per frame
    phase           colour filter at the first pixel
    black           black level of R, Gr, Gb, B, in samples
    gain            white balance of R, Gr, Gb, B, unsigned Q4.12
    ccm             colour matrix, signed Q3.12, rows are output red, green, blue
    offset          what is added after the matrix, in samples
    curve_bank      tone curve table to use
    ==============  ==============================================================================

    Parameters
    ----------
    depth : int
        Bits per sample.
    """

    def __init__(self, depth: int) -> None:
        row = data.ArrayLayout(signed(4 + MATRIX_FRACTION), 3)
        super().__init__(
            {
                "width": unsigned(16),
                "height": unsigned(16),
                "phase": BayerPhase,
                "black": PerChannel(unsigned(depth)),
                "gain": PerChannel(unsigned(4 + GAIN_FRACTION)),
                "ccm": data.ArrayLayout(row, 3),
                "offset": data.ArrayLayout(signed(depth + 1), 3),
                "curve_bank": unsigned(1),
            }
        )
