# SPDX-License-Identifier: MIT
"""What a design is elaborated for."""

__all__ = ["is_ecp5"]


def is_ecp5(platform: object) -> bool:
    """Whether ``platform`` is a Lattice ECP5 device, so that its cells can be instantiated.

    Amaranth's Lattice platforms, and so those of amaranth-boards, name the family of their device.
    """
    return getattr(platform, "family", None) == "ecp5"
