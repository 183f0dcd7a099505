# SPDX-License-Identifier: MIT
"""What a program does, descriptor by descriptor, its loops carried out."""

from collections.abc import Iterator, Mapping
from math import prod

import numpy as np

from opsin.npu.isa import FIELDS, UNITS, Opcode, Unit
from opsin_sim.golden.npu.codes import Error
from opsin_sim.golden.npu.program import Fault, Step, follow

__all__ = ["trace"]

Fields = Mapping[str, int]

_SIDES = ("left", "right", "top", "bottom")


def _decode(opcode: Opcode, words: tuple[int, ...]) -> dict[str, int]:
    found = {}
    for name, field in FIELDS[opcode].items():
        value = words[field.word] >> field.lsb & ((1 << field.width) - 1)
        if field.signed and value >> field.width - 1:
            value -= 1 << field.width
        found[name] = value
    return found


def _words_per_row(f: Fields, size: int) -> int:
    return -(-(f.get("before", 0) + f["row_bytes"] + f.get("after", 0)) // size)


def _copy(opcode: Opcode, f: Fields, size: int) -> str:
    padding = f.get("top", 0) + f.get("bottom", 0)
    moved = f["planes"] * f["rows"] * f["row_bytes"]
    words = f["planes"] * (f["rows"] + padding) * _words_per_row(f, size)
    shape = f"{f['planes']}×{f['rows']} rows of {f['row_bytes']} bytes"
    remote, local = f"memory {f['memory']:#x}", f"scratchpad {f['local']:#x}"
    if opcode is Opcode.STORE:
        return f"{shape}, {local} → {remote}: {moved:,} bytes from {words:,} words"
    around = [f["before"], f["after"], f["top"], f["bottom"]]
    padded = f", padded by {'/'.join(map(str, around))} with {f['fill']}" if any(around) else ""
    return f"{shape}{padded}, {remote} → {local}: {moved:,} bytes to {words:,} words"


def _products(opcode: Opcode, f: Fields, size: int) -> str:
    k, n = (prod(f[f"{name}{i}"] for i in range(3)) for name in "kn")
    macs = k * n * size * (1 if opcode is Opcode.DEPTHWISE else size)
    kind = "taps" if opcode is Opcode.DEPTHWISE else "tiles"
    how = "added to" if f["accumulate"] else "to"
    edges = "+".join(side for n, side in enumerate(_SIDES) if f.get("edges", 0) >> n & 1)
    more = " (4 bits)" if f.get("packed") else ""
    if edges:
        more = f", padded {edges} with {f['padding']}"
    return (
        f"{n} vectors × {k} {kind}, scratchpad {f['local']:#x}, weights {f['weights']:#x}"
        f"{more} {how} accumulator {f['accumulator']:#x}: {macs:,} products"
    )


def _vector(opcode: Opcode, f: Fields) -> str:
    n, k = f["n0"] * f["n1"], f.get("k0", 1) * f.get("k1", 1)
    source = f"{'accumulator' if opcode is Opcode.REQUANTIZE else 'scratchpad'} {f['source']:#x}"
    if opcode is Opcode.REQUANTIZE:
        source += f", parameters {f['parameters']:#x}"
    elif opcode is Opcode.ADD:
        source += f" and {f['operand']:#x}"
    else:
        source += f", windows of {f['k0']}×{f['k1']}"
    return f"{source} → scratchpad {f['local']:#x}: {n * k:,} words to {n:,}"


def _tokens(f: Fields) -> str:
    text = ""
    for name, words in (("wait", "waits for"), ("signal", "signals")):
        if units := [u.name.lower() for u in Unit if f[name] >> u.value & 1]:
            text += f" [{words} {', '.join(units)}]"
    return text + (" [fence]" if f["fence"] else "")


def _step(step: Step, size: int) -> str:
    opcode = Opcode(step.opcode.value)
    f = _decode(opcode, step.words)
    if opcode in (Opcode.LOAD, Opcode.STORE):
        what = _copy(opcode, f, size)
    elif UNITS[opcode] is Unit.ARRAY:
        what = _products(opcode, f, size)
    else:
        what = _vector(opcode, f)
    return f"{opcode.name} {what}{_tokens(f)}"


def trace(program: bytes, entry: int = 0, *, rows: int) -> Iterator[str]:
    """Yield a line for everything that is carried out, and how the job ends.

    Fields are not checked, but for what keeps a job from ending.

    Parameters
    ----------
    program : bytes
        Memory from address 0 on; descriptors at ``entry``.
    rows : int
        Of the mesh; bytes of a local word.
    """

    def check(opcode: object, words: tuple[int, ...]) -> Error:
        is_loop = words[0] & 0xFF == Opcode.LOOP.value
        return Error.COUNT if is_loop and not words[1] & 0xFFFF else Error.NONE

    memory = np.frombuffer(program, np.uint8)
    for n, step in enumerate(follow(memory, entry, check=check)):
        if isinstance(step, Fault):
            end = f"error {step.error.name}" if step.error else "HALT"
            yield f"{n:6} @{step.position:<5} {end}"
        else:
            yield f"{n:6} @{step.position:<5} {_step(step, rows)}"
