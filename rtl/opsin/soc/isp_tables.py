# SPDX-License-Identifier: MIT
"""Writes of the camera pipeline's tables, from its registers."""

from typing import Any

from amaranth import Cat, Module, Value
from amaranth.lib import stream

from ..common.register_bank import RegisterBank
from ..isp.table_registers import TABLES

__all__ = ["connect_table"]


def connect_table(m: Module, bank: RegisterBank, name: str, port: stream.Interface) -> Value:
    """Offer what software writes to the table ``name``; returns whether it is refused now.

    Members of the stream's payload come from the fields of that name of the table's two registers;
    ``gain`` from both of SHADING_GAIN. The stream takes a write in the next cycle if it is ready.
    """
    place, data = TABLES[name]
    given: dict[str, Any] = {}
    for view, register in ((bank.values, place), (bank.write_values, data)):
        fields = [field.name for field in bank.map[register].fields]
        whole = view[register]
        given |= {f: whole if len(fields) == 1 else whole[f] for f in fields}
    if name == "shading":
        given["gain"] = Cat(given.pop("first"), given.pop("second"))
    written, refused = (Value.cast(view[data]) for view in (bank.written, bank.refused))
    ready = port.ready & ~port.valid
    m.d.comb += Value.cast(bank.busy[data]).eq(~ready)
    m.d.comb += bank.status.status[f"{name}_ready"].eq(ready)
    with m.If(port.ready):
        m.d.sync += port.valid.eq(0)
    with m.If(written.any()):
        m.d.sync += port.valid.eq(1)
        for member in dict(iter(port.p.shape())):
            m.d.sync += Value.cast(port.p[member]).eq(Value.cast(given[member]))
    return refused.any()
