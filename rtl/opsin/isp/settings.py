# SPDX-License-Identifier: MIT
"""The camera pipeline's settings, one structure for all blocks."""

from collections.abc import Mapping

from amaranth.hdl import ShapeLike, signed, unsigned
from amaranth.lib import data

from ..common.video import BayerPhase
from .bayer import PerChannel
from .chroma_subsample import ChromaFormat
from .color_correction import MATRIX_FRACTION
from .color_space import SPACE_FRACTION
from .frame_settings import frame_settings
from .pixel_bytes import PixelFormat

__all__ = ["PICTURE_DEPTH", "IspSettings"]

PICTURE_DEPTH = 10
"""Bits per sample behind the tone curve."""


class IspSettings(data.StructLayout):
    """Everything that may change from frame to frame.

    A structure holds the settings ports of a block, under their names: what they mean stands there.
    Blocks that can be bypassed have ``bypass`` among them.

    ==================  ==========================================================================
    width, height       pixels per line, lines per frame, as they come
    phase               colour filter at the first pixel that comes
    timeout             cycles without a pixel after which a frame is completed; 0: never
    crop                :class:`~opsin.isp.Crop`; the frame behind it is ``crop.width`` ×
                        ``crop.height``, unless bypassed
    decompand           :class:`~opsin.isp.Decompand`
    black               black level of R, Gr, Gb, B, in samples
    defect              :class:`~opsin.isp.DefectCorrection`
    green               :class:`~opsin.isp.GreenEqualization`
    shading             :class:`~opsin.isp.LensShading`
    raw_nr              :class:`~opsin.isp.RawNoiseReduction`
    awb                 :class:`~opsin.isp.AwbStatistics`
    ae                  :class:`~opsin.isp.AeHistogram`
    ae_zones            :class:`~opsin.isp.AeZones`
    af                  :class:`~opsin.isp.AfStatistics`
    flicker             :class:`~opsin.isp.FlickerStatistics`
    gain                white balance of R, Gr, Gb, B, unsigned Q4.12
    false_color         :class:`~opsin.isp.FalseColorSuppression`
    ccm                 colour matrix, signed Q3.12, rows are output red, green, blue
    offset              what is added after the matrix, in samples
    tone_map            :class:`~opsin.isp.LocalToneMap`
    curve_bank          tone curve tables to use
    space               :class:`~opsin.isp.ColorSpace`, to YCbCr
    chroma_nr           :class:`~opsin.isp.ChromaNoiseReduction`
    sharpen             :class:`~opsin.isp.Sharpen`
    adjust              :class:`~opsin.isp.ColorAdjust`
    overlay             :class:`~opsin.isp.Overlay`
    output              the first output: whether there is one (``enable``), ``scale`` for
                        :class:`~opsin.isp.Scaler`, ``chroma`` for
                        :class:`~opsin.isp.ChromaSubsample`, ``rgb`` for
                        :class:`~opsin.isp.RgbSpace`, ``format`` and ``dither`` for
                        :class:`~opsin.isp.OutputFormat`
    second              the second output, like ``output``
    defringe            :class:`~opsin.isp.Defringe`
    hdr                 :class:`~opsin.isp.HdrMerge`, if there are frame buffers
    temporal_nr         :class:`~opsin.isp.TemporalNoiseReduction`, likewise
    ==================  ==========================================================================

    From ``space`` on samples have :data:`PICTURE_DEPTH` bits.

    Parameters
    ----------
    depth : int
        Bits per sample in front of the tone curve.
    frame_buffer : bool
        Whether there are frame buffers.
    """

    def __init__(self, depth: int, *, frame_buffer: bool = False) -> None:
        sample, picture = unsigned(depth), unsigned(PICTURE_DEPTH)
        bit = unsigned(1)
        correction = data.ArrayLayout(data.ArrayLayout(signed(4 + MATRIX_FRACTION), 3), 3)
        coefficient = signed(3 + SPACE_FRACTION)
        window = dict.fromkeys(("x", "y", "width", "height"), unsigned(16))
        levels = ("hot_level", "dead_level", "hot_margin", "dead_margin", "margin")
        colors = ("luma", "red_cr", "green_cb", "green_cr", "blue_cb", "offset")
        zones = dict.fromkeys(("left", "top", "zone_width", "zone_height"), unsigned(16))
        scaler = {
            **dict.fromkeys(("width_out", "height_out"), unsigned(16)),
            **dict.fromkeys(("phase_x", "phase_y"), signed(20)),
            **dict.fromkeys(("step_x", "step_y"), unsigned(20)),
            **dict.fromkeys(("average_x", "average_y"), unsigned(2)),
            "bank": bit,
        }
        output = {
            "enable": bit,
            "scale": block(scaler),
            "chroma": data.StructLayout({"format": ChromaFormat, "centred": bit}),
            "rgb": block(dict.fromkeys(colors, coefficient)),
            "format": PixelFormat,
            "dither": bit,
        }
        super().__init__(
            {
                "width": unsigned(16),
                "height": unsigned(16),
                "phase": BayerPhase,
                "timeout": unsigned(32),
                "crop": block(window),
                "decompand": block({"bank": bit}),
                "black": PerChannel(sample),
                "defect": block(
                    {
                        "dynamic": bit,
                        **dict.fromkeys(levels, sample),
                        **dict.fromkeys(("stuck_slope", "slope"), unsigned(6)),
                        "entries": unsigned(11),
                    }
                ),
                "green": block(
                    {"threshold": sample, "slope": unsigned(8), "edge": unsigned(depth + 2)}
                ),
                "shading": block(
                    {
                        **dict.fromkeys(("cell_width", "cell_height"), unsigned(12)),
                        **dict.fromkeys(("step_x", "step_y"), unsigned(20)),
                        "bank": bit,
                    }
                ),
                "raw_nr": block({"constant": signed(24), "slope": unsigned(16)}),
                "awb": data.StructLayout(
                    {**zones, **dict.fromkeys(("dark", "saturation"), sample), "scale": unsigned(2)}
                ),
                "ae": data.StructLayout({"green_only": bit, "skip": unsigned(3)}),
                "ae_zones": data.StructLayout({**zones, "bright": sample, "scale": unsigned(2)}),
                "af": data.StructLayout(
                    {**zones, "coarse": bit, "threshold": unsigned(depth + 3), "scale": unsigned(2)}
                ),
                "flicker": data.StructLayout({"lines": unsigned(2), "scale": unsigned(2)}),
                "gain": PerChannel(unsigned(16)),
                "false_color": block(
                    {"threshold": unsigned(depth + 2), "rise": unsigned(4), "strength": unsigned(5)}
                ),
                "ccm": correction,
                "offset": data.ArrayLayout(signed(depth + 1), 3),
                "tone_map": block(
                    {
                        "strength": unsigned(8),
                        "pivot": unsigned(12),
                        **dict.fromkeys(("brighten", "darken"), unsigned(10)),
                        "ratio": unsigned(4),
                        "floor": sample,
                    }
                ),
                "curve_bank": bit,
                "space": block(
                    {
                        "matrix": data.ArrayLayout(data.ArrayLayout(coefficient, 3), 3),
                        "offset": data.ArrayLayout(signed(18), 3),
                    }
                ),
                "chroma_nr": block({"luma": picture, "chroma": picture}),
                "sharpen": block(
                    {
                        "gain": unsigned(8),
                        "wide": unsigned(3),
                        **dict.fromkeys(("core", "edge"), picture),
                        **dict.fromkeys(("fall", "overshoot", "undershoot"), unsigned(4)),
                    }
                ),
                "adjust": block(
                    {
                        "contrast": unsigned(16),
                        "brightness": signed(20),
                        **dict.fromkeys(("cosine", "sine"), signed(16)),
                    }
                ),
                "overlay": block({**window, "base": unsigned(10), "palette": bit}),
                "output": data.StructLayout(output),
                "second": data.StructLayout(output),
                "defringe": block(dict.fromkeys(("edge", "core", "limit"), picture)),
                **(frame_settings(depth) if frame_buffer else {}),
            }
        )


def block(members: Mapping[str, ShapeLike]) -> data.StructLayout:
    """Return settings of a block that can be bypassed."""
    return data.StructLayout({"bypass": unsigned(1), **members})
