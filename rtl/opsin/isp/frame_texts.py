# SPDX-License-Identifier: MIT
"""What the settings of the blocks with frame buffers are; after reset they pass frames on."""

from collections.abc import Iterator

from .setting_kinds import BYPASS, SAMPLES, Setting, full

__all__ = ["frame_texts"]

_VARIANCE = "2^-28 of full scale squared"
_GROWTH = "2^-21 of full scale"
_OCTAVES = "1/16 octaves"


def frame_texts() -> Iterator[tuple[str, Setting]]:
    """Yield the settings of the merge of exposures, then those of temporal noise reduction."""
    for name, about in (*_hdr(), *_place("the stored exposure", 0)):
        yield f"hdr_{name}", about
    for name, about in (*_temporal(), *_place("the mean of frames", 1 << 23)):
        yield f"temporal_nr_{name}", about


def _place(what: str, base: int) -> Iterator[tuple[str, Setting]]:
    yield "base", Setting(f"Address of {what} in memory, that of a word.", "bytes", base)
    yield "stride", Setting("From line to line in memory, whole words.", "bytes", 4096)


def _motion(threshold: int) -> Iterator[tuple[str, Setting]]:
    about = "Squared difference over variance from where on something moves."
    yield "threshold", Setting(about, _OCTAVES, threshold)
    yield "motion_slope", Setting("How fast that takes effect.", "logarithm to base 2", 3)


def _hdr() -> Iterator[tuple[str, Setting]]:
    roles = "PASS 0, STORE 1, MERGE 2, TURNS (stored and merged by turns) 3"
    yield "role", Setting(f"What the frame is for: {roles}.")
    yield "ratio", Setting("Long over short exposure.", "unsigned Q8.8", 16 << 8)
    yield "black", Setting("Black level of both exposures.", SAMPLES)
    yield "knee", Setting("Long sample from where on the short one counts.", SAMPLES, full(17, 20))
    about = "It counts alone at full scale divided by 2 to the power of this above."
    yield "knee_slope", Setting(about, "", 4)
    yield "constant", Setting("Variance of their difference at sample 0.", _VARIANCE)
    yield "slope", Setting("Growth of that variance with the long sample.", _GROWTH)
    yield from _motion(32)
    yield "shift", Setting("What is merged is divided by 2 to the power of this.", "", 4)
    yield "pedestal", Setting("Then this is added: the new black level.", SAMPLES)
    yield "stored_long", Setting("1: the frame that is stored is the long exposure.", reset=1)


def _temporal() -> Iterator[tuple[str, Setting]]:
    yield "bypass", BYPASS
    yield "forget", Setting("1: the frame begins a new mean.")
    yield "constant", Setting("Variance of noise at sample 0.", _VARIANCE)
    yield "slope", Setting("Growth of the variance with the sample.", _GROWTH)
    yield from _motion(24)
    yield "max_weight", Setting("Weight of the mean at most.", "1/256", 255)
