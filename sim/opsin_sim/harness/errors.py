# SPDX-License-Identifier: MIT
"""What can go wrong while building and running a simulation."""

__all__ = ["MemoryFault", "SimulationTimeout", "ToolError"]


class ToolError(Exception):
    """A program the simulation needs is missing or failed; the message is one line."""


class SimulationTimeout(Exception):  # noqa: N818
    """A simulation did not finish in its number of cycles; the message says what was still open."""


class MemoryFault(Exception):  # noqa: N818
    """The design asked a memory for a word that is not there."""
