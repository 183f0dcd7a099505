# SPDX-License-Identifier: MIT
"""Ports with the flat names that other people's tools expect."""

from typing import Any

from amaranth import Module
from amaranth.lib import wiring

__all__ = ["attach", "flat"]


def flat(prefix: str, signature: Any) -> dict[str, wiring.Member]:
    """Members of a signature without nested ones, as members called ``PREFIX_NAME``."""
    return {f"{prefix}_{name}": member for name, member in signature.members.items()}


def attach(m: Module, top: Any, prefix: str, inner: Any) -> None:
    """Connect ``top``'s ports of :func:`flat` to the interface of a part that has their role."""
    for name, member in inner.signature.members.items():
        outer, port = getattr(top, f"{prefix}_{name}"), getattr(inner, name)
        m.d.comb += outer.eq(port) if member.flow == wiring.Out else port.eq(outer)
