# SPDX-License-Identifier: MIT
"""Descriptors as text, one per line.

::

    ; eight rows, three times
    again:  LOOP count=3 length=@end step_0=0x200
            LOAD signal=array memory=0x1000 row_bytes=64 rows=8 planes=1 memory_loop0=1
            MATMUL wait=load weights=0x100 k0=4 k1=1 k2=1 n0=8 n1=1 n2=1
    end:    HALT

A line is ``label: OPCODE field=value …``, each part of it optional, and a comment from ``;`` or
``#`` on. Fields that are not named are zero. Values are integers, as in Python; of ``wait`` and
``signal`` units' names joined by ``+``; of fields that hold binary32 numbers also decimals
(``0.5``); of ``length`` also ``@label``: the body ends in front of it. ``word_5=0x10`` adds bits
that no field covers. ``WORDS`` and up to sixteen numbers is a descriptor whatever it means.
"""

from .assemble import assemble
from .disassemble import disassemble

__all__ = ["assemble", "disassemble"]
