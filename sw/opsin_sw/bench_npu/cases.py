# SPDX-License-Identifier: MIT
"""Rows of the benchmark: what is run, and what it has to reach."""

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from ..compiler.graph import Convolution, Graph
from .workloads import RESNET_18, RESNET_50, Shape, conv, gemm, graph

__all__ = ["CASES", "QUICK", "Case"]

Measure = Literal["cycles", "utilisation", "memory", "speed-up", "diagonal", "scaling"]
"""What has to be reached.

``memory``: share of the cycles in which memory moves the weights. ``speed-up``: over the same
layer as one of dense groups. ``diagonal``: over the cycles that the array would take for tiles of
weights on a diagonal. ``scaling``: over the configuration of half the size.
"""


@dataclass(frozen=True, kw_only=True)
class Case:
    """A row called ``name``: all ``shapes``, each as often as it says, one by one.

    ``bits`` is the width of the weights; ``dense`` makes a depthwise layer one of groups as wide
    as the mesh. Operands of a ``resident`` one are in the scratchpad: it takes the cycles by which
    a job is longer that uses them than one that only loads them. It runs on ``config``, else on the
    one asked for.
    """

    name: str
    title: str
    shapes: tuple[Shape, ...]
    measure: Measure
    reach: float | None = None
    bits: int = 8
    dense: bool = False
    resident: bool = False
    config: str | None = None

    def graph(self, shape: Shape, rows: int) -> Graph:
        """Graph of one of the shapes, for a mesh of so many rows."""
        geometry = shape.geometry
        if self.dense:
            geometry = replace(geometry, groups=max(geometry.channels // rows, 1))
        made = graph(geometry)
        (layer,) = made.layers
        assert isinstance(layer, Convolution)
        if self.bits == 4:
            layer = replace(layer, weights=layer.weights >> 4)
        if self.dense:
            diagonal = np.arange(geometry.channels) % rows
            kept = np.arange(layer.weights.shape[-1]) == diagonal[:, None]
            layer = replace(layer, weights=layer.weights * kept[:, None, None])
        return replace(made, layers=[layer])


def _layers() -> list[Case]:
    return [
        Case(
            name=f"resnet18-{shape.name.split()[0].lower()}",
            title=f"ResNet-18 {shape.name}",
            shapes=(shape,),
            measure="utilisation",
            reach=0.95 if shape.geometry.kernel == (3, 3) else 0.85,
        )
        for shape in RESNET_18
    ]


def _depthwise() -> list[Case]:
    cases = []
    for size, channels in ((112, 32), (56, 128), (28, 256), (14, 512), (7, 1024)):
        shape = Shape(f"{size}² {channels}", conv(size, channels, channels, 3, groups=channels))
        name, title = f"depthwise-{size}", f"Depthwise 3×3 {shape.name}"
        cases.append(
            Case(name=f"{name}-dense", title=f"{title}, dense groups", shapes=(shape,),
                 measure="cycles", dense=True)
        )  # fmt: skip
        cases.append(Case(name=name, title=title, shapes=(shape,), measure="speed-up", reach=8))
        cases.append(
            Case(name=f"{name}-array", title=f"{title}, array alone", shapes=(shape,),
                 measure="diagonal", reach=8, resident=True)
        )  # fmt: skip
    return cases


def _scaling() -> list[Case]:
    shapes = (Shape("1024³", gemm(1024, 1024, 1024)),)
    sizes = (("small", 8), ("base", 16), ("large", 32))
    return [
        Case(name=f"scaling-{name}", title=f"GEMM 1024³, {size}×{size}", shapes=shapes,
             measure="cycles" if name == "small" else "scaling",
             reach=None if name == "small" else 3.9, config=name)
        for name, size in sizes
    ]  # fmt: skip


def _gemv(bits: int) -> Case:
    shapes = (Shape("1×2048×2048", gemm(1, 2048, 2048)),)
    title = f"GEMV 1×2048×2048 int{bits}"
    return Case(name=f"gemv-int{bits}", title=title, shapes=shapes, measure="memory", reach=0.95,
                bits=bits)  # fmt: skip


_GEMM = (Shape("", gemm(512, 512, 512)),)

CASES = [
    Case(name="scratchpad-512", title="GEMM 512×512×512 from scratchpad", shapes=_GEMM,
         measure="utilisation", reach=0.994, resident=True),
    Case(name="gemm-512", title="GEMM 512×512×512", shapes=_GEMM,
         measure="utilisation", reach=0.97),
    Case(name="gemm-128", title="GEMM 128×256×256", shapes=(Shape("", gemm(128, 256, 256)),),
         measure="cycles", reach=35_000),
    *_layers(),
    Case(name="resnet50", title="ResNet-50 224², all convolutions", shapes=tuple(RESNET_50),
         measure="cycles", reach=16_200_000),
    *_depthwise(),
    _gemv(8),
    _gemv(4),
    *_scaling(),
]  # fmt: skip

QUICK = ("gemm-128", "resnet18-c3", "resnet18-c6", "resnet18-c9", "gemv-int4")
"""Rows that take less than a minute together, once the hardware is built."""
