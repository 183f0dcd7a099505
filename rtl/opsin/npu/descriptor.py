# SPDX-License-Identifier: MIT
"""Descriptors as hardware sees them: the fields of :mod:`opsin.npu.isa` over 512 bits."""

from amaranth.hdl import signed, unsigned
from amaranth.lib import data

from . import isa

__all__ = ["DESCRIPTOR_BITS", "Descriptor"]

DESCRIPTOR_BITS = 8 * isa.DESCRIPTOR_BYTES


class Descriptor(data.FlexibleLayout):
    """A descriptor read as one of ``opcode``."""

    def __init__(self, opcode: isa.Opcode) -> None:
        fields = {}
        for name, field in isa.FIELDS[opcode].items():
            shape = signed(field.width) if field.signed else unsigned(field.width)
            fields[name] = data.Field(shape, 32 * field.word + field.lsb)
        super().__init__(DESCRIPTOR_BITS, fields)
