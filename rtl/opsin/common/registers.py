# SPDX-License-Identifier: MIT
"""Description of a core's registers: the one source of its hardware, headers, driver and tables.

:class:`~opsin.common.register_bank.RegisterBank` makes hardware of a :class:`RegisterMap`;
:mod:`opsin_sw.registers` makes the C header, the Python constants and the page of documentation.
"""

import enum
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from amaranth.hdl import Shape, ShapeLike
from amaranth.lib import data

__all__ = ["WORD_BITS", "Access", "Field", "Register", "RegisterMap"]

WORD_BITS = 32
"""Bits of a register; it occupies four bytes of the address space."""


class Access(enum.Enum):
    """What software may do with a register."""

    CONSTANT = "constant"
    """Read what was decided when the hardware was built. Writing is an error."""
    READ = "read"
    """Read what the hardware says now. Writing is an error."""
    READ_WRITE = "read, write"
    """Keeps what was written. Single bytes may be written."""
    WRITE = "write"
    """Writing whole words does something, or is refused as an error. Reads as 0."""
    CLEAR = "read, write 1 to clear"
    """Bits that the hardware sets and software clears by writing 1; setting goes first."""


@dataclass(frozen=True, kw_only=True)
class Field:
    """Some bits of a register.

    ``reset`` is the value after reset, in a constant register the value. ``unit`` is what one step
    counts, or a number format such as ``unsigned Q4.12``.

    Raises
    ------
    ValueError
        If the field leaves the register or its reset value leaves the field.
    """

    name: str
    description: str
    width: int = 1
    lsb: int = 0
    signed: bool = False
    reset: int = 0
    unit: str = ""

    def __post_init__(self) -> None:
        if self.lsb < 0 or self.width < 1 or self.lsb + self.width > WORD_BITS:
            bits = f"{self.lsb + self.width - 1}:{self.lsb}"
            raise ValueError(f"{self.name} must be in bits {WORD_BITS - 1}:0, not {bits}")
        low = -(1 << (self.width - 1)) if self.signed else 0
        if not low <= self.reset < low + (1 << self.width):
            limits = f"{low}..{low + (1 << self.width) - 1}"
            raise ValueError(f"reset of {self.name} must be in {limits}, not {self.reset!r}")

    @property
    def shape(self) -> Shape:
        """Shape in hardware."""
        return Shape(self.width, self.signed)

    @property
    def mask(self) -> int:
        """Its bits in the register."""
        return ((1 << self.width) - 1) << self.lsb


@dataclass(frozen=True, kw_only=True)
class Register:
    """A word of fields, or ``count`` equal ones at consecutive addresses.

    A register whose only field is signed reads sign-extended. ``resets`` gives each word of a
    register with one field its own reset value. ``staged`` is for the reader: what is written
    takes effect only when it is committed.

    Raises
    ------
    ValueError
        If fields overlap or share a name, there is none, the address is not a multiple of four, or
        ``resets`` does not suit.
    """

    name: str
    address: int
    access: Access
    fields: tuple[Field, ...]
    description: str
    count: int = 1
    resets: tuple[int, ...] = ()
    staged: bool = False

    def __post_init__(self) -> None:
        if self.address < 0 or self.address % 4:
            raise ValueError(
                f"address of {self.name} must be a multiple of 4, not {self.address!r}"
            )
        if not self.fields or self.count < 1:
            raise ValueError(f"{self.name} must have at least one field and one word")
        if len({field.name for field in self.fields}) < len(self.fields):
            raise ValueError(f"fields of {self.name} must have different names")
        if sum(field.mask for field in self.fields) != self.mask:
            raise ValueError(f"fields of {self.name} must not overlap")
        if self.resets:
            if len(self.fields) > 1 or len(self.resets) != self.count:
                raise ValueError(f"resets of {self.name} must be one for each word of one field")
            for value in self.resets:
                replace(self.fields[0], reset=value)  # raises if it does not fit

    @property
    def mask(self) -> int:
        """Bits that belong to fields."""
        union = 0
        for field in self.fields:
            union |= field.mask
        return union

    def reset(self, index: int = 0) -> int:
        """Return what a word reads as after reset."""
        if self.resets:
            field = self.fields[0]
            return self.extended((self.resets[index] << field.lsb) & field.mask)
        bits = sum((field.reset << field.lsb) & field.mask for field in self.fields)
        return self.extended(bits)

    @property
    def addresses(self) -> range:
        """Byte addresses of its words."""
        return range(self.address, self.address + 4 * self.count, 4)

    @property
    def shape(self) -> ShapeLike:
        """Shape in hardware: of the only field, or a structure; an array if there are several."""
        word: ShapeLike = self.fields[0].shape
        if len(self.fields) > 1:
            word = data.StructLayout({field.name: field.shape for field in self.fields})
        return word if self.count == 1 else data.ArrayLayout(word, self.count)

    @property
    def init(self) -> Any:
        """Reset value, for :attr:`shape`."""
        word: Any = self.fields[0].reset
        if len(self.fields) > 1:
            word = {field.name: field.reset for field in self.fields}
        words = list(self.resets) or [word] * self.count
        return words[0] if self.count == 1 else words

    def extended(self, bits: int) -> int:
        """Return what is read when the fields hold ``bits``."""
        field = self.fields[0]
        if len(self.fields) == 1 and field.signed and bits >> (field.lsb + field.width - 1):
            return (1 << WORD_BITS) - (1 << (field.lsb + field.width)) | bits
        return bits


@dataclass(frozen=True, kw_only=True)
class RegisterMap:
    """All registers of a core, by ascending address.

    Parameters
    ----------
    name : str
        Of the core, a lower-case identifier: the prefix of generated names.
    description : str
        One line.
    version : (int, int)
        Major: something moved or changed its meaning. Minor: something was added.
    registers : tuple of Register
        Names must differ, addresses must not overlap.
    size : int
        Bytes of address space, a power of two; addresses without a register are errors.

    Raises
    ------
    ValueError
        If names or addresses collide or leave the space.
    """

    name: str
    description: str
    version: tuple[int, int]
    registers: tuple[Register, ...]
    size: int = 4096

    def __post_init__(self) -> None:
        if self.size < 4 or self.size & (self.size - 1):
            raise ValueError(f"size must be a power of two, not {self.size!r}")
        if len({register.name for register in self.registers}) < len(self.registers):
            raise ValueError("registers must have different names")
        end = 0
        for register in self.registers:
            if register.address < end:
                raise ValueError(
                    f"address of {register.name} must be at least {end:#x},"
                    f" not {register.address:#x}"
                )
            end = register.addresses.stop
        if end > self.size:
            raise ValueError(f"size must be at least {end} bytes, not {self.size}")

    @property
    def address_bits(self) -> int:
        """Bits of a byte address."""
        return self.size.bit_length() - 1

    def __getitem__(self, name: str) -> Register:
        """Register of this name."""
        return next(register for register in self.registers if register.name == name)

    def words(self) -> Iterator[tuple[int, Register, int]]:
        """Every word: byte address, register, index in it."""
        for register in self.registers:
            for index, address in enumerate(register.addresses):
                yield address, register, index

    def of(self, access: Access) -> Mapping[str, Register]:
        """Return the registers of this access by name."""
        return {r.name: r for r in self.registers if r.access is access}
