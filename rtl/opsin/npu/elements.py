# SPDX-License-Identifier: MIT
"""The kinds of processing elements, and which one a device gets."""

from ..common.target import has_mac16, is_ecp5
from .pe import PE, Element
from .pe_mac16 import Mac16Pair
from .pe_nibble_pair import NibblePair
from .pe_pair import Pair
from .pe_single import CarryPE, DspPE

__all__ = ["ELEMENTS", "element_for"]

ELEMENTS: dict[str, type[Element]] = {
    "plain": PE,
    "dsp": DspPE,
    "carry": CarryPE,
    "pair": Pair,
    "nibble_pair": NibblePair,
    "mac16_pair": Mac16Pair,
}
"""By name."""


def element_for(platform: object, weight_bits: int) -> type[Element]:
    """Return the kind to use on ``platform`` for weights of ``weight_bits`` bits.

    On an ECP5 two products share a multiplier; on an iCE40 with SB_MAC16 each makes two.
    """
    if is_ecp5(platform):
        return Pair if weight_bits == 8 else NibblePair
    if has_mac16(platform) and weight_bits == 8:
        return Mac16Pair
    return PE
