# SPDX-License-Identifier: MIT
"""What the settings of the camera pipeline's outputs are."""

from collections.abc import Iterator

from .setting_kinds import COLOR, SHARE, Setting

__all__ = ["output_texts"]


def output_texts(which: str, table: str, *, enable: int) -> Iterator[tuple[str, Setting]]:
    """Yield the settings of an output; after reset all of the frame, RGB of full-range BT.709."""
    yield "enable", Setting(f"1: there is {which}.", reset=enable)
    yield "scale_bypass", Setting(f"1: {which} has the frame's size.", reset=1)
    yield "scale_width_out", Setting(f"Pixels per line of {which}.", "pixels", 1920)
    yield "scale_height_out", Setting(f"Lines of {which}.", "lines", 1080)
    for axis, of in (("x", "pixel of a line"), ("y", "line")):
        yield (
            f"scale_phase_{axis}",
            Setting(f"Place of the first {of}, at least -2, of {which}.", "signed Q4.16", 2048),
        )
    for axis, of in (("x", "pixel"), ("y", "line")):
        about = f"Averages from one {of} to the next, of {which}."
        yield f"scale_step_{axis}", Setting(about, "unsigned Q4.16", 65536)
    for axis, of in (("x", "Pixels"), ("y", "Lines")):
        about = f"{of} that are averaged first: 1, 2, 4 or 8, of {which}."
        yield f"scale_average_{axis}", Setting(about, "logarithm to base 2")
    yield "scale_bank", Setting(f"Tables in use for {which}; {table}_SCALE_ROW writes the others.")
    about = f"Colour differences of {which}: YUV444 0, YUV422 1, YUV420 2."
    yield "chroma_format", Setting(about)
    yield "chroma_centred", Setting("1: they lie between the pixels, not on the left one.")
    yield "rgb_bypass", Setting(f"1: {which} is YCbCr, not RGB.")
    for name, text, reset in (
        ("luma", "Of luma in red, green and blue", 32672),
        ("red_cr", "Of Cr in red", 51452),
        ("green_cb", "Of Cb in green", -6120),
        ("green_cr", "Of Cr in green", -15295),
        ("blue_cb", "Of Cb in blue", 60626),
    ):
        yield f"rgb_{name}", Setting(f"{text}, of {which}.", COLOR, reset)
    yield "rgb_offset", Setting(f"Added to red, green and blue of {which}.", SHARE)
    formats = "RGB24 0, BGR24 1, XBGR32 2, RGB565 3, YUYV 4, UYVY 5, GREY 6"
    yield "format", Setting(f"Bytes of {which}: {formats}.")
    yield "dither", Setting(f"1: ordered dither of RGB565 of {which}, not rounding.")
