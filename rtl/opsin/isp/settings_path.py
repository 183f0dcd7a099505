# SPDX-License-Identifier: MIT
"""Settings that go through several blocks with their frame."""

from collections.abc import Iterable
from typing import Any

from amaranth import Module
from amaranth.hdl import ShapeLike
from amaranth.lib import data

from ..common.shadow import Shadow

__all__ = ["settings_path"]


def settings_path(
    m: Module, block: Any, settings: dict[str, ShapeLike], places: Iterable[Any]
) -> Any:
    """Add registers which hand the ports ``settings`` of ``block`` on, and return the last.

    The first is loaded when ``sof`` passes the first of the streams ``places``, each further one
    from the one before. Between two places there must fit no more beats than a frame has, so that
    no frame meets the settings of the next. The block behind the last place samples with ``sof``.
    """
    shape: Any = data.StructLayout(settings)
    last: Any = {name: getattr(block, name) for name in settings}
    for place in places:
        shadow = Shadow(shape)
        m.submodules += shadow
        m.d.comb += shadow.take.eq(place.valid & place.ready & place.p.sof)
        m.d.comb += [shadow.i[name].eq(last[name]) for name in settings]
        last = shadow.o
    return last
