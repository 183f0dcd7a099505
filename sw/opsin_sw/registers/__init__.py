# SPDX-License-Identifier: MIT
"""What is generated from a register description: C header, Python constants, documentation.

``python -m opsin_sw.registers`` writes the copies that this repository keeps.
"""

from .c_header import c_header
from .copies import copies
from .markdown import markdown
from .python_constants import python_constants

__all__ = ["c_header", "copies", "markdown", "python_constants"]
