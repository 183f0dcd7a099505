# SPDX-License-Identifier: MIT
"""What each of the camera pipeline's settings is, and its value after reset.

After reset the pipeline makes a sound picture of any sensor's frames: what needs to know the sensor
is bypassed or does nothing, all else is on, moderately.
"""

from collections.abc import Iterator

from .color_correction import MATRIX_FRACTION
from .frame_texts import frame_texts
from .output_texts import output_texts
from .setting_kinds import BYPASS, COLOR, ON, SAMPLES, SHARE, Setting, full, scale
from .white_balance import GAIN_FRACTION

__all__ = ["SETTINGS"]

_PIXELS = "R, Gr, Gb, B"
_ONE = 1 << MATRIX_FRACTION
_PICTURE = "samples of 10 bits"


def _zones(top: int, width: int, height: int) -> Iterator[tuple[str, Setting]]:
    """Yield where zones are, after reset in the middle of 1920 × 1080 pixels."""
    yield "left", Setting("First column of the first zone, even.", "pixels")
    yield "top", Setting("First line of the first zone, even.", "lines", top)
    yield "zone_width", Setting("Columns of a zone, at least 8 beats.", "pixels", width)
    yield "zone_height", Setting("Lines of a zone, at least 2.", "lines", height)


# Every member of IspSettings, by the names of nested members joined with "_".
SETTINGS = {
    "width": Setting(
        "Pixels per line; the nearest that the hardware can do is taken.", "pixels", 1920
    ),
    "height": Setting("Lines per frame, at least 5.", "lines", 1080),
    "phase": Setting("Colours of the first pixels: RGGB 0, GRBG 1, GBRG 2, BGGR 3."),
    "timeout": Setting(
        "Cycles without a pixel after which a frame is completed; 0: never.", "cycles"
    ),
    "crop_bypass": BYPASS,
    "crop_x": Setting("First column that is kept.", "pixels"),
    "crop_y": Setting("First line that is kept.", "lines"),
    "crop_width": Setting("Columns that are kept, all within the frame.", "pixels", 1920),
    "crop_height": Setting("Lines that are kept, all within the frame.", "lines", 1080),
    "decompand_bypass": BYPASS,
    "decompand_bank": Setting("Table in use; DECOMPAND_SLOPE writes the other one."),
    "black": Setting(f"Black level of {_PIXELS}.", SAMPLES),
    "defect_bypass": ON,
    "defect_dynamic": Setting("1: find defects; 0: only those of the list.", reset=1),
    "defect_hot_level": Setting("Sample from where on a pixel is stuck.", SAMPLES, full(15, 16)),
    "defect_dead_level": Setting("Sample down to which a pixel is stuck.", SAMPLES),
    "defect_hot_margin": Setting(
        "What a stuck bright pixel is above its neighbours.", SAMPLES, full(1, 32)
    ),
    "defect_dead_margin": Setting(
        "What a stuck dark pixel is below its neighbours.", SAMPLES, full(1, 500)
    ),
    "defect_margin": Setting("What other defects are beyond.", SAMPLES, full(1, 4)),
    "defect_stuck_slope": Setting(
        "Of the neighbours' contrast, for stuck pixels.", "unsigned Q2.4"
    ),
    "defect_slope": Setting("Of the neighbours' contrast, for others.", "unsigned Q2.4", 48),
    "defect_entries": Setting(
        "Length of the list that DEFECT_ENTRY writes. To change it, first set 0 and await a frame."
    ),
    "green_bypass": BYPASS,
    "green_threshold": Setting("Difference of greens that is made even.", SAMPLES),
    "green_slope": Setting("What is added to it, of the mean.", "unsigned Q0.8"),
    "green_edge": Setting("Contrast from where on nothing is done.", SAMPLES),
    "shading_bypass": BYPASS,
    "shading_cell_width": Setting("Columns from node to node, a multiple of 4.", "pixels", 128),
    "shading_cell_height": Setting("Lines from node to node.", "lines", 90),
    "shading_step_x": Setting("Reciprocal of the columns.", "unsigned Q0.20", 8192),
    "shading_step_y": Setting("Reciprocal of the lines.", "unsigned Q0.20", 11650),
    "shading_bank": Setting("Mesh in use; SHADING_GAIN writes the other one."),
    "raw_nr_bypass": BYPASS,
    "raw_nr_constant": Setting("Variance of noise at sample 0.", "2^-28 of full scale squared"),
    "raw_nr_slope": Setting("Growth of the variance with the sample.", "2^-21 of full scale"),
    **{f"awb_{name}": about for name, about in _zones(28, 60, 32)},
    "awb_dark": Setting("Least sample that counts.", SAMPLES, full(1, 64)),
    "awb_saturation": Setting("Greatest sample that counts.", SAMPLES, full(15, 16)),
    "awb_scale": scale(60 * 32 // 2),
    "ae_green_only": Setting("1: the histogram counts green pixels only.", reset=1),
    "ae_skip": Setting("Of 2 to the power of this pairs of lines the histogram counts one.", "", 2),
    **{f"ae_zones_{name}": about for name, about in _zones(12, 120, 66)},
    "ae_zones_bright": Setting("Least sample that counts as bright.", SAMPLES, full(15, 16)),
    "ae_zones_scale": scale(120 * 66),
    **{f"af_{name}": about for name, about in _zones(4, 240, 134)},
    "af_coarse": Setting("1: the coarse filter, for pictures far out of focus."),
    "af_threshold": Setting("Detail that is noise.", SAMPLES, full(1, 64)),
    "af_scale": scale(240 * 134 // 2, 1, 8),
    "flicker_lines": Setting("A row has 2 to the power of this, and one, lines.", ""),
    "flicker_scale": scale(1920 * 2),
    "gain": Setting(
        f"White balance of {_PIXELS}.",
        f"unsigned Q{16 - GAIN_FRACTION}.{GAIN_FRACTION}",
        1 << GAIN_FRACTION,
    ),
    "false_color_bypass": ON,
    "false_color_threshold": Setting("Oscillation of green that is none.", SAMPLES, full(1, 5)),
    "false_color_rise": Setting("How fast the effect grows.", "1/4 per full scale", 5),
    "false_color_strength": Setting("Greatest effect, 0..16.", "1/16", 16),
    "ccm": Setting(
        "Colour matrix by rows: output red, green, blue.",
        f"signed Q{15 - MATRIX_FRACTION}.{MATRIX_FRACTION}",
        (_ONE, 0, 0, 0, _ONE, 0, 0, 0, _ONE),
    ),
    "offset": Setting("Added after the matrix to red, green, blue.", SAMPLES),
    "tone_map_bypass": BYPASS,
    "tone_map_strength": Setting("Contrast that the base loses.", "unsigned Q0.8", 64),
    "tone_map_pivot": Setting("Logarithm of the base that stays.", "unsigned Q4.8", 3840),
    "tone_map_brighten": Setting("Logarithm of the greatest gain.", "unsigned Q2.8", 512),
    "tone_map_darken": Setting("Logarithm of the least, inverse.", "unsigned Q2.8", 256),
    "tone_map_ratio": Setting("How far like neighbours are apart, of luma.", "unsigned Q0.4", 2),
    "tone_map_floor": Setting("What is added to it.", SAMPLES, full(1, 1000)),
    "curve_bank": Setting("Tone curve tables in use; CURVE_SLOPE writes the others."),
    "space_bypass": ON,
    "space_matrix": Setting(
        "From red, green, blue, by rows: Y, Cb, Cr; after reset full-range BT.709.",
        COLOR,
        (6966, 23436, 2366, -3754, -12630, 16384, 16384, -14882, -1502),
    ),
    "space_offset": Setting("Added to Y, Cb, Cr.", SHARE, (0, 32768, 32768)),
    "chroma_nr_bypass": ON,
    "chroma_nr_luma": Setting("How far luma of like neighbours is apart.", _PICTURE, 61),
    "chroma_nr_chroma": Setting("How far their colour differences are.", _PICTURE, 41),
    "sharpen_bypass": ON,
    "sharpen_gain": Setting("Of detail.", "unsigned Q3.5", 32),
    "sharpen_wide": Setting("Share of the larger window.", "unsigned Q1.2", 2),
    "sharpen_core": Setting("Detail that is noise.", "1/16 samples of 10 bits", 33),
    "sharpen_edge": Setting("Contrast from where on the gain falls.", _PICTURE, 256),
    "sharpen_fall": Setting("How much it falls in full scale.", "", 2),
    "sharpen_overshoot": Setting("How far pixels go above neighbours.", "1/64 of contrast", 3),
    "sharpen_undershoot": Setting("How far pixels go below neighbours.", "1/64 of contrast", 3),
    "adjust_bypass": ON,
    "adjust_contrast": Setting("Factor of luma.", "unsigned Q4.12", 4096),
    "adjust_brightness": Setting("Added to luma.", "signed Q4.16 of full scale"),
    "adjust_cosine": Setting("Saturation times the hue's cosine.", "signed Q4.12", 4096),
    "adjust_sine": Setting("Saturation times the hue's sine.", "signed Q4.12"),
    "overlay_bypass": BYPASS,
    "overlay_x": Setting("First column of the bitmap.", "pixels"),
    "overlay_y": Setting("First line of the bitmap.", "lines"),
    "overlay_width": Setting("Columns of the bitmap.", "pixels"),
    "overlay_height": Setting("Lines of the bitmap.", "lines"),
    "overlay_base": Setting("First word of the bitmap.", "words"),
    "overlay_palette": Setting("Which palette."),
    **{f"output_{k}": about for k, about in output_texts("the first output", "OUTPUT", enable=1)},
    **{f"second_{k}": about for k, about in output_texts("the second output", "SECOND", enable=0)},
    "defringe_bypass": BYPASS,
    "defringe_edge": Setting("Contrast from where on fringes are looked for.", _PICTURE, 64),
    "defringe_core": Setting("Excess of blue that stays.", _PICTURE, 8),
    "defringe_limit": Setting("Excess that a strong fringe has.", _PICTURE, 128),
    **dict(frame_texts()),
}
