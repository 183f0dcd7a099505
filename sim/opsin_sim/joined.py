# SPDX-License-Identifier: MIT
"""Blocks of a conveyor that are tested together."""

from amaranth import Module
from amaranth.lib import wiring

from opsin.common.flow import FlowBlock, join

__all__ = ["Joined"]

_SHARED = ("width", "height", "phase")


class Joined(FlowBlock):
    """Blocks one behind the other, as one.

    Parameters
    ----------
    blocks : FlowBlock
        By their names, in order.

    Members
    -------
    width, height, phase
        Of all blocks that have them.

    And the blocks' others, ``block_port``.
    """

    def __init__(self, **blocks: FlowBlock) -> None:
        self._blocks = blocks
        self._ports = {
            (block, port): port if port in _SHARED else f"{block}_{port}"
            for block, component in blocks.items()
            for port in component.signature.members
            if port not in ("i", "o")
        }
        parts = [*blocks.values()]
        super().__init__(
            parts[0].pixel_in,
            parts[-1].pixel_out,
            ppc=parts[0].ppc,
            latency=sum(part.latency for part in parts),
            ports={
                own: blocks[block].signature.members[port]
                for (block, port), own in self._ports.items()
            },
        )

    def elaborate(self, platform: object) -> Module:  # noqa: D102 (Amaranth's)
        m = Module()
        for name, part in self._blocks.items():
            m.submodules[name] = part
        join(m, wiring.flipped(self.i), [*self._blocks.values()], wiring.flipped(self.o))
        for (block, port), own in self._ports.items():
            m.d.comb += getattr(self._blocks[block], port).eq(getattr(self, own))
        return m
