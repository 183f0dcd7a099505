# SPDX-License-Identifier: MIT
"""The neural processor's registers."""

from amaranth.utils import ceil_log2

from ..common.registers import Access, Field, Register, RegisterMap
from ..config import NpuConfig
from .counters import COUNTERS

__all__ = ["NPU_ID", "npu_register_map"]

NPU_ID = int.from_bytes(b"ONPU", "big")
"""What the first register reads as."""

VERSION = (1, 0)
WATCHDOG = 1_000_000
"""Cycles, after reset."""

_EVENTS = {"done": "A job has ended.", "failed": "One has ended with an error."}


def _bits(names: dict[str, str]) -> tuple[Field, ...]:
    return tuple(
        Field(name=name, description=text, lsb=lsb)
        for lsb, (name, text) in enumerate(names.items())
    )


def _word(
    name: str, address: int, access: Access, description: str, text: str, unit: str, *,
    width: int = 32, reset: int = 0,
) -> Register:  # fmt: skip
    field = Field(name="value", description=text, width=width, unit=unit, reset=reset)
    return Register(
        name=name, address=address, access=access, fields=(field,), description=description
    )


def _fields(name: str, address: int, access: Access, description: str, *fields: Field) -> Register:
    return Register(
        name=name, address=address, access=access, fields=fields, description=description
    )


def npu_register_map(config: NpuConfig) -> RegisterMap:
    """Return the registers of a neural processor built for ``config``."""
    constant, keep, read = Access.CONSTANT, Access.READ_WRITE, Access.READ
    last = len(COUNTERS) - 1
    return RegisterMap(
        name="opsin_npu",
        description="Opsin neural processor",
        version=VERSION,
        size=256,
        registers=(
            _word(
                "id", 0x00, constant, "Says that this is the neural processor.", "ASCII ONPU.", "",
                reset=NPU_ID,
            ),
            _fields(
                "version", 0x04, constant,
                "Of this register map. Software needs the same major number.",
                Field(name="minor", description="Counts additions.", width=16, reset=VERSION[1]),
                Field(
                    name="major", description="Counts changes.", width=16, lsb=16, reset=VERSION[0]
                ),
            ),
            _fields(
                "config", 0x08, constant, "What the hardware was built for.",
                Field(
                    name="size", description="Rows and columns of the mesh, bytes of a word.",
                    width=8, reset=config.rows,
                ),
                Field(
                    name="lanes", description="Values of the vector unit per cycle.",
                    width=8, lsb=8, reset=config.lanes,
                ),
                Field(
                    name="banks", description="Banks of the scratchpad.",
                    width=8, lsb=16, reset=config.banks,
                ),
                Field(
                    name="counters", description="Counters.", width=8, lsb=24, reset=last + 1
                ),
            ),
            _word(
                "scratchpad_words", 0x0C, constant, "Size of the scratchpad.", "Words.", "words",
                reset=config.scratchpad_words,
            ),
            _word(
                "accumulator_rows", 0x10, constant, "Size of the accumulator.", "Rows.", "rows",
                reset=config.accumulator_rows,
            ),
            _word(
                "entry", 0x14, keep, "Address of a job's first descriptor; a multiple of 64.",
                "Taken when the job starts.", "bytes",
            ),
            _word(
                "memory_begin", 0x18, keep, "First byte of memory that a job may use.",
                "Taken when the job starts.", "bytes",
            ),
            _word(
                "memory_end", 0x1C, keep, "The byte behind the last one that a job may use.",
                "Taken when the job starts; 0 stands for 2^32.", "bytes",
            ),
            _word(
                "watchdog", 0x20, keep, "How long nothing may happen before a job is ended.",
                "Taken when the job starts; 0: for ever.", "cycles", reset=WATCHDOG,
            ),
            _fields(
                "start", 0x24, Access.WRITE, "Starts a job. An error while one runs.",
                *_bits({"job": "1: start it."}),
            ),
            _fields(
                "stop", 0x28, Access.WRITE, "Ends the job that runs, with the error STOPPED.",
                *_bits({"job": "1: end it."}),
            ),
            _fields(
                "status", 0x2C, read, "What the processor does now.",
                *_bits({"running": "A job runs.", "done": "One has ended since reset, none runs."}),
            ),
            _word(
                "error", 0x30, read, "How the last job ended.",
                "Number of the error (docs/isa.md); 0: none. Valid when DONE.", "", width=8,
            ),
            _word(
                "error_index", 0x34, read, "At which descriptor it ended.",
                "Counted in memory from the entry on.", "descriptors",
            ),
            _word(
                "error_address", 0x38, read, "What memory refused, else that descriptor's address.",
                "Of a READ or WRITE.", "bytes",
            ),
            _fields(
                "events", 0x3C, Access.CLEAR, "What happened since its bit was cleared.",
                *_bits(_EVENTS),
            ),
            _fields(
                "interrupt_enable", 0x40, keep,
                "Events whose bit is 1 raise the interrupt while they are set.", *_bits(_EVENTS),
            ),
            _word(
                "counter", 0x44, keep, "Which counter COUNT shows.",
                f"0..{last}, in the order of docs/npu.md.", "", width=ceil_log2(last + 1),
            ),
            _word(
                "count", 0x48, read, "What the counter has counted since the job's start.",
                "Modulo 2^32; whole 70 cycles after the job's end.", "",
            ),
        ),
    )  # fmt: skip
