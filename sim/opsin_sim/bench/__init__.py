# SPDX-License-Identifier: MIT
"""Parts that every cocotb bench is made of.

They speak to a component through handles of its ports: ``StreamDriver(dut, "i")`` drives
``dut.i__payload`` and ``dut.i__valid``. Payloads are integers; :func:`integers` makes them of
packed arrays. What checks raises AssertionError, which fails the running test, wherever it runs.
"""

from .checkers import ProtocolChecker, VideoChecker
from .memory import MemoryModel
from .patterns import PATTERNS, Pattern
from .scoreboard import Scoreboard
from .setup import parameters, start
from .streams import StreamDriver, StreamMonitor, StreamSink, integers

__all__ = [
    "PATTERNS",
    "MemoryModel",
    "Pattern",
    "ProtocolChecker",
    "Scoreboard",
    "StreamDriver",
    "StreamMonitor",
    "StreamSink",
    "VideoChecker",
    "integers",
    "parameters",
    "start",
]
