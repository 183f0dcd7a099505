# SPDX-License-Identifier: MIT
"""Numbers of opcodes, units and errors, read from the instruction set's tables."""

from enum import IntEnum

__all__ = ["UNITS", "Error", "Opcode", "Unit"]


class Opcode(IntEnum):
    """First byte of a descriptor."""

    LOAD = 1
    STORE = 2
    MATMUL = 3
    REQUANTIZE = 4
    ADD = 5
    MAXIMUM = 6
    MEAN = 7
    LOOP = 8
    HALT = 9
    DEPTHWISE = 10


class Unit(IntEnum):
    """Who carries a descriptor out."""

    LOAD = 0
    ARRAY = 1
    VECTOR = 2
    STORE = 3


UNITS = {
    Opcode.LOAD: Unit.LOAD,
    Opcode.STORE: Unit.STORE,
    Opcode.MATMUL: Unit.ARRAY,
    Opcode.DEPTHWISE: Unit.ARRAY,
    Opcode.REQUANTIZE: Unit.VECTOR,
    Opcode.ADD: Unit.VECTOR,
    Opcode.MAXIMUM: Unit.VECTOR,
    Opcode.MEAN: Unit.VECTOR,
}


class Error(IntEnum):
    """Why a job stopped."""

    NONE = 0
    OPCODE = 1
    ALIGNMENT = 2
    RANGE = 3
    COUNT = 4
    MEMORY = 5
    LOOP = 6
    TOKEN = 7
    READ = 8
    WRITE = 9
    WATCHDOG = 10
    STOPPED = 11
