# SPDX-License-Identifier: MIT
"""Column window against NumPy's mirrored windows."""

import numpy as np
import pytest
from amaranth.hdl import unsigned
from amaranth.lib import data

from opsin.common.column_window import ColumnWindow
from opsin.isp import Conveyor
from opsin_sim.blocks import PAUSES, conveyor_cycles
from opsin_sim.golden import isp
from opsin_sim.harness import Model, pack, unpack

BITS = {"a": 5, "b": 8, "c": 3}
SHAPE = data.StructLayout({name: unsigned(bits) for name, bits in BITS.items()})


@pytest.mark.parametrize(
    ("ppc", "spans"),
    [
        (1, {"a": 3, "b": 5, "c": 1}),
        (1, {"a": 7, "b": 1, "c": 7}),
        (2, {"a": 3, "b": 3, "c": 3}),
        (4, {"a": 1, "b": 3, "c": 5}),
    ],
)
def test_model(ppc: int, spans: dict[str, int]) -> None:
    """Frame after frame, each of another size; every field over its own rows."""
    rows = max(spans.values())
    window = ColumnWindow(SHAPE, spans=spans, max_width=32, ppc=ppc)
    rng = np.random.default_rng(rows)
    with Model(Conveyor(window, max_width=32)) as model:
        for width, height in ((4 * ppc, rows // 2 + 1), (20, 9), (2 * ppc, 4), (32, 6)):
            fields = {name: rng.integers(0, 1 << bits, (height, width), dtype=np.uint16)
                      for name, bits in BITS.items()}  # fmt: skip
            model.set("width", width)
            model.set("height", height)
            marks = isp.frames_to_beats([fields["a"][:, ::ppc]])
            pixel = {name: field.reshape(-1, ppc) for name, field in fields.items()}
            beats = pack(
                model.boundary.sources["i"], {"pixel": pixel, "sof": marks.sof, "eol": marks.eol}
            )
            for pauses in PAUSES.values():
                model.run(cycles=60, sinks={"o": None})
                run = model.run({"i": beats}, {"o": len(beats)}, **pauses)
                got = unpack(model.boundary.sinks["o"], run.outputs["o"])
                for name, span in spans.items():
                    column = isp.windows(fields[name], span, 1).reshape(-1, ppc, span)
                    assert np.array_equal(got["pixel"][name], column)
                assert np.array_equal(got["sof"], marks.sof)
                assert np.array_equal(got["eol"], marks.eol)
                if not pauses and width >= 4 * ppc:
                    slots = (height + rows // 2) * width // ppc
                    assert run.cycles == conveyor_cycles(slots, window.latency)


@pytest.mark.parametrize(
    ("spans", "message"),
    [
        ({"a": 2, "b": 3, "c": 1}, "spans must be odd, not {'a': 2, 'b': 3, 'c': 1}"),
        ({"a": 1, "b": 1, "c": 1}, "rows must be odd and at least 3, not 1"),
    ],
)
def test_rejects(spans: dict[str, int], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        ColumnWindow(SHAPE, spans=spans, max_width=32)
