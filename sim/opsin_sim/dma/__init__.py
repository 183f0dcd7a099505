# SPDX-License-Identifier: MIT
"""What is around the units that copy: memory behind burst ports, a scratchpad, and who commands."""

from .bench import Log, copy
from .bursts import Conduct, serve_reads, serve_writes

__all__ = ["Conduct", "Log", "copy", "serve_reads", "serve_writes"]
