# SPDX-License-Identifier: MIT
"""The modules and signals of a waveform as a tree for the terminal."""

from rich.markup import escape
from rich.tree import Tree

from .groups import Group
from .layout import label_of
from .names import Names
from .reader import Wave
from .signals import Signal
from .streams import Stream

__all__ = ["tree"]


def tree(wave: Wave, names: Names, groups: list[Group]) -> Tree:
    """Build a tree of ``groups``: modules with their streams and signals."""
    root = Tree(f"[bold]{escape(wave.path.name)}[/]  [dim]{wave.time(wave.end)}[/]")
    branches: dict[tuple[str, ...], Tree] = {(): root}
    for group in groups:
        above = max((scope for scope in branches if scope == group.scope[: len(scope)]), key=len)
        name = ".".join(group.scope[len(above) :])
        branch = branches[above].add(f"[bold cyan]{escape(name)}[/]")
        branches[group.scope] = branch
        for signal in group.clocks:
            branch.add(_signal(signal, names))
        for stream in group.streams:
            branch.add(_stream(stream))
        for signal in group.signals:
            branch.add(_signal(signal, names))
    return root


def _stream(stream: Stream) -> str:
    fields = ", ".join(
        escape(label_of(signal, stream)) + _width(signal) for signal in stream.payload
    )
    direction = f" {stream.direction}" if stream.direction else ""
    return f"[green]{escape(stream.name)}[/]  [dim]stream{direction}:[/] {fields}"


def _signal(signal: Signal, names: Names) -> str:
    table = names.table(signal)
    values = f"  [dim]{escape(' '.join(table.values()))}[/]" if table else ""
    return f"{escape(label_of(signal))}{_width(signal)}{values}"


def _width(signal: Signal) -> str:
    return f" [dim]{signal.width}[/]" if signal.width > 1 else ""
