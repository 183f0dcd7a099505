# SPDX-License-Identifier: MIT
"""Registers without a pipeline behind them."""

from opsin.config import IspConfig
from opsin.isp.register_map import isp_register_map

__all__ = ["Recorder"]


class Recorder:
    """A bus whose registers keep what is written, and whose tables are always ready.

    Parameters
    ----------
    config : IspConfig
        Of the pipeline.
    """

    def __init__(self, config: IspConfig) -> None:
        registers = isp_register_map(config)
        self.words = {address: r.reset(k) for address, r, k in registers.words()}
        status = registers["status"]
        self.words[status.address] = status.mask & ~1
        self.writes: list[tuple[int, int]] = []

    def read(self, offset: int) -> int:
        """Return a register's word."""
        return self.words[offset]

    def write(self, offset: int, value: int) -> None:
        """Keep a word, and that it was written."""
        self.words[offset] = value
        self.writes.append((offset, value))
