# SPDX-License-Identifier: MIT
"""Names of a waveform's values: enumerations, states of state machines.

An FST file holds numbers only, so beside ``FILE.fst`` lies ``FILE.fst.json``::

    {"format": 1, "top": "dut", "signals": {"dut.sub.fsm_state": {"0": "IDLE", "1": "RUN"}}}

``signals`` maps the path of a signal in the FST file to a name for each value; values are the
signal's bits as an unsigned decimal number. A field of a structure is a signal of its own, with a
path such as ``dut.sub.status.mode`` or ``dut.i__payload.pixel[0].kind``; the backslash that Icarus
Verilog writes before such names is left out. Values without a name have none, and signals without
names are absent.
"""

import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from .errors import ToolError

__all__ = ["begin_wave", "decoded_names", "enum_names"]

_LINE = re.compile(
    r"module \\(?P<module>\S+)"
    r"|  attribute \\enum_value_(?P<bits>[01]+) \"(?P<name>[^\"]*)\""
    r"|  attribute (?P<other>.*)"
    r"|  wire .*\\(?P<wire>\S+)"
)


def enum_names(text: str) -> dict[str, dict[str, str]]:
    """Names that RTLIL ``text`` gives to values of its wires; modules are named by their path."""
    found: dict[str, dict[str, str]] = {}
    module, names = "", {}
    for line in text.splitlines():
        match = _LINE.fullmatch(line)
        if match is None:
            continue
        if match["module"]:
            module = match["module"]
        elif match["bits"]:
            names[str(int(match["bits"], 2))] = match["name"]
        elif match["wire"]:
            if names:
                found[f"{module}.{match['wire']}"] = names
            names = {}
    return found


def decoded_names(signals: Iterable[tuple[Any, tuple[str, ...]]]) -> dict[str, dict[str, str]]:
    """Names by signals' decoder functions, which is how Amaranth names states ("IDLE/0")."""
    found = {}
    for signal, path in signals:
        if signal.decoder is None or len(signal) > 12:
            continue
        names = {}
        for value in range(1 << len(signal)):
            try:
                names[str(value)] = str(signal.decoder(value)).removesuffix(f"/{value}")
            except (KeyError, ValueError, IndexError):
                continue  # a value that no state has
        found[".".join(path)] = names
    return found


def begin_wave(wave: Path, names: dict[str, dict[str, str]]) -> Path:
    """Make sure that the file ``wave`` can be written, and write its names into ``WAVE.json``.

    Returns
    -------
    Path
        Absolute path of ``wave``.

    Raises
    ------
    ToolError
        If it cannot be written.
    """
    wave = Path(wave).absolute()
    content = {"format": 1, "top": "dut", "signals": dict(sorted(names.items()))}
    try:
        wave.parent.mkdir(parents=True, exist_ok=True)
        wave.write_bytes(b"")
        wave.with_name(wave.name + ".json").write_text(json.dumps(content, indent=1) + "\n")
    except OSError as error:
        raise ToolError(f"waveform {wave} cannot be written: {error.strerror}") from error
    return wave
