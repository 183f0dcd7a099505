# SPDX-License-Identifier: MIT
"""What a design is elaborated for."""

__all__ = ["has_mac16", "is_ecp5"]


def is_ecp5(platform: object) -> bool:
    """Whether ``platform`` is a Lattice ECP5 device, so that its cells can be instantiated.

    Amaranth's Lattice platforms, and so those of amaranth-boards, name the family of their device.
    """
    return getattr(platform, "family", None) == "ecp5"


def has_mac16(platform: object) -> bool:
    """Whether ``platform`` is a Lattice iCE40 device with SB_MAC16 multipliers."""
    device = str(getattr(platform, "device", ""))
    return getattr(platform, "family", None) == "iCE40" and device.startswith("iCE40UP")
