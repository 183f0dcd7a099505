# SPDX-License-Identifier: MIT
"""The camera pipeline's registers."""

from collections.abc import Iterator

from ..common.registers import Access, Field, Register, RegisterMap
from ..config import IspConfig
from .frame_guard import FrameStatus
from .setting_registers import setting_registers
from .statistics_registers import statistics_registers
from .table_registers import TABLES, table_registers, tables

__all__ = ["CHAIN", "ISP_ID", "isp_register_map"]

ISP_ID = int.from_bytes(b"OISP", "big")
"""What the first register reads as."""

VERSION = (3, 3)
TABLES_BASE = 0x40
STATISTICS_BASE = 0x80
SETTINGS_BASE = 0x100
FRAMES_BASE = 0x400

CHAIN = {"complete": 0, "lite": 1, "first_light": 2, "mini": 3}
"""Numbers of chains, as CAPABILITIES tells them."""
DEMOSAIC = {"directional": 0, "malvar": 1}

_FAULTS = {
    "short_line": "A line ended early and was filled with 0.",
    "long_line": "A line did not end and was cut.",
    "early_sof": "A frame began before the one before was complete.",
    "stray": "Beats outside a frame were dropped.",
    "stopped": "The source stopped in mid-frame, which was filled with 0.",
}


def _bits(names: dict[str, str]) -> tuple[Field, ...]:
    return tuple(
        Field(name=name, description=text, lsb=lsb)
        for lsb, (name, text) in enumerate(names.items())
    )


def _control(config: IspConfig) -> Iterator[Register]:
    frames = config.frame_buffer
    faults = {name: _FAULTS[name] for name in FrameStatus().members}
    events = {
        "frame": "A frame began.",
        "settings": "A frame began with settings that had been committed.",
        "curve_lost": "A segment of the tone curve was refused.",
        "table_lost": "What was written to another table was refused.",
        **faults,
        **({"memory_error": "Memory refused an access to a frame buffer."} if frames else {}),
    }

    def constant(
        name: str, address: int, description: str, **fields: tuple[int, int, str]
    ) -> Register:
        lsb, made = 0, []
        for key, (width, value, text) in fields.items():
            made.append(Field(name=key, description=text, width=width, lsb=lsb, reset=value))
            lsb += width
        return Register(
            name=name,
            address=address,
            access=Access.CONSTANT,
            fields=tuple(made),
            description=description,
        )

    yield constant(
        "id", 0x00, "Says that this is the camera pipeline.", value=(32, ISP_ID, "ASCII OISP.")
    )
    yield constant(
        "version", 0x04, "Of this register map. Software needs the same major number.",
        minor=(16, VERSION[1], "Counts additions."), major=(16, VERSION[0], "Counts changes."),
    )  # fmt: skip
    yield constant(
        "config", 0x08, "What the hardware was built for.",
        depth=(8, config.depth, "Bits per sample."),
        ppc=(8, config.ppc, "Pixels per beat."),
        max_width=(16, config.max_width, "Pixels of the longest line."),
    )  # fmt: skip
    yield Register(
        name="commit",
        address=0x0C,
        access=Access.WRITE,
        fields=_bits(
            {"settings": "1: frames that begin from now on use all settings as they are."}
        ),
        description="Makes staged registers take effect, all together.",
    )
    yield Register(
        name="status",
        address=0x10,
        access=Access.READ,
        fields=(
            *_bits({"pending": "Committed settings wait for a frame to begin."}),
            *(
                Field(
                    name=f"{name}_ready",
                    description=f"The table for {name} that is not in use may be written.",
                    lsb=lsb,
                )
                for lsb, name in enumerate(TABLES, 1)
                if name in tables(config)
            ),
        ),
        description="What the pipeline does now.",
    )
    yield Register(
        name="frames",
        address=0x14,
        access=Access.READ,
        fields=(Field(name="value", description="Modulo 2^32.", width=32, unit="frames"),),
        description="Frames that began since reset.",
    )
    yield Register(
        name="events",
        address=0x18,
        access=Access.CLEAR,
        fields=_bits(events),
        description="What happened since its bit was cleared.",
    )
    yield Register(
        name="interrupt_enable",
        address=0x1C,
        access=Access.READ_WRITE,
        fields=_bits(events),
        description="Events whose bit is 1 raise the interrupt while they are set.",
    )
    yield constant(
        "capabilities", 0x20, "What else it was built for.",
        chain=(4, CHAIN[config.chain], "Blocks: complete 0, lite 1, first_light 2, mini 3."),
        demosaic=(4, DEMOSAIC[config.demosaic], "Method: directional 0, malvar 1."),
        frame_buffer=(1, config.frame_buffer, "1: merge of exposures, temporal noise reduction."),
        lean_scalers=(1, config.lean_scalers, "1: half the width for averaged or added lines."),
        reserved=(6, 0, "0."),
        second_width=(16, config.second_width, "Pixels of the second output's longest line."),
    )  # fmt: skip
    yield from table_registers(config, TABLES_BASE)
    yield from statistics_registers(config, STATISTICS_BASE)


def isp_register_map(config: IspConfig) -> RegisterMap:
    """Return the registers of a pipeline built for ``config``: control, then every setting.

    The settings are those of :class:`~opsin.isp.settings.IspSettings`, a register for each value,
    from address 0x100 on in the order of its members, those of blocks with frame buffers from
    0x400 on. Registers of blocks that ``config`` lacks are left out, and no others move.
    """
    return RegisterMap(
        name="opsin_isp",
        description="Opsin camera pipeline",
        version=VERSION,
        registers=(*_control(config), *setting_registers(config, SETTINGS_BASE, FRAMES_BASE)),
    )
