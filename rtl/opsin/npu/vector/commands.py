# SPDX-License-Identifier: MIT
"""What each part of the vector unit has to know of a descriptor."""

from typing import Any

from amaranth.hdl import Module, Mux, Shape, Signal, Value, signed, unsigned
from amaranth.lib import data
from amaranth.lib.enum import Enum
from amaranth.utils import ceil_log2

from ...config import NpuConfig
from ..descriptor import Descriptor
from ..isa import Opcode
from ..requantize import Clip

__all__ = ["Kind", "Settings", "Source", "Target", "address_width", "prepare"]

_ONE = 0x3F800000  # 1.0


class Kind(Enum, shape=unsigned(2)):
    """The opcode's lowest bits."""

    REQUANTIZE = 0
    ADD = 1
    MAXIMUM = 2
    MEAN = 3


def address_width(config: NpuConfig) -> int:
    """Return the bits of an address in either local memory."""
    return ceil_log2(max(config.scratchpad_words, config.accumulator_rows))


def _some(shape: Shape, *names: str) -> dict[str, Shape]:
    return dict.fromkeys(names, shape)


class Source(data.StructLayout):
    """What is read: for every ``n``, for every ``k``; of ADD, from ``operand`` too."""

    def __init__(self, config: NpuConfig) -> None:
        width = unsigned(address_width(config))
        super().__init__(
            {
                "kind": Kind,
                **_some(width, "source", "n0_stride", "n1_stride", "k0_stride", "k1_stride"),
                **_some(width, "operand", "operand_n0_stride", "operand_n1_stride"),
                **_some(unsigned(16), "n0", "n1", "k0", "k1"),
                **_some(signed(8), "source_zero", "operand_zero"),
            }
        )


class Settings(data.StructLayout):
    """What is done to it. If not with ``parameters``, with no biases and one scale."""

    def __init__(self, config: NpuConfig) -> None:
        super().__init__(
            {
                "own": 1,  # parameters
                "parameters": ceil_log2(config.scratchpad_words),
                "scale": 32,
                "operand_scale": 32,
                "clip": Clip(),
            }
        )


class Target(data.StructLayout):
    """Where it goes."""

    def __init__(self, config: NpuConfig) -> None:
        width = unsigned(address_width(config))
        super().__init__(
            _some(width, "local", "n0_stride", "n1_stride") | _some(unsigned(16), "n0", "n1")
        )


class Command(data.StructLayout):
    """A descriptor for all parts."""

    def __init__(self, config: NpuConfig) -> None:
        parts = {"source": Source(config), "settings": Settings(config), "target": Target(config)}
        super().__init__(parts)


def prepare(m: Module, descriptor: Value, config: NpuConfig) -> Any:
    """Work out what the parts have to know of a descriptor."""
    one: Any = data.View(Descriptor(Opcode.REQUANTIZE), descriptor)
    two: Any = data.View(Descriptor(Opcode.ADD), descriptor)
    window: Any = data.View(Descriptor(Opcode.MEAN), descriptor)
    made: Any = Signal(Command(config), name="prepared")
    source, settings, target = made.source, made.settings, made.target
    kind = descriptor[:2]
    windowed, largest = kind[1], kind == Kind.MAXIMUM
    m.d.comb += [
        source.kind.eq(kind),
        source.source.eq(one.source),
        source.operand.eq(two.operand),
        source.source_zero.eq(Mux(largest, 0, two.source_zero)),
        source.operand_zero.eq(two.operand_zero),
        settings.own.eq(kind == Kind.REQUANTIZE),
        settings.parameters.eq(one.parameters),
        settings.scale.eq(Mux(largest, _ONE, two.source_scale)),
        settings.operand_scale.eq(two.operand_scale),
        settings.clip.zero_point.eq(Mux(largest, 0, one.zero_point)),
        settings.clip.minimum.eq(one.minimum),
        settings.clip.maximum.eq(one.maximum),
        target.local.eq(one.local),
    ]
    for n in "n0", "n1":
        m.d.comb += [
            source[n].eq(one[n]),
            target[n].eq(one[n]),
            source[f"{n}_stride"].eq(one[f"source_{n}_stride"]),
            source[f"operand_{n}_stride"].eq(two[f"operand_{n}_stride"]),
            target[f"{n}_stride"].eq(one[f"local_{n}_stride"]),
        ]
    for k in "k0", "k1":
        m.d.comb += [
            source[k].eq(Mux(windowed, window[k], 1)),
            source[f"{k}_stride"].eq(window[f"source_{k}_stride"]),
        ]
    return made
