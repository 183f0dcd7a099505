# SPDX-License-Identifier: MIT
"""What a calibration found, for the command line."""

from __future__ import annotations

from collections.abc import Sequence

from rich.table import Table

from .calibrate import Calibration
from .chart_picture import Developed

__all__ = ["lines", "table"]


def table(found: Calibration, developed: Sequence[Developed]) -> Table:
    """Return ΔE00 of every chart before and after."""
    result = Table(title="ColorChecker, ΔE00 mean / greatest")
    result.add_column("chart", overflow="fold")
    for name in ("light", "balanced", "with matrix", "developed"):
        result.add_column(name, justify="right", no_wrap=True)
    for fit, light, done in zip(
        found.charts, found.tuning.illuminants or (), developed, strict=True
    ):
        result.add_row(
            fit.chart.name,
            f"{light.temperature:.0f} K",
            *(f"{d.mean:.2f} / {d.max:.2f}" for d in (fit.color.before, fit.color.after, done[0])),
        )
    return result


def lines(found: Calibration) -> list[str]:
    """Return what was found, in words, and warnings."""
    tuning = found.tuning
    said = ["black level R, Gr, Gb, B: " + ", ".join(f"{v:.2f}" for v in tuning.black or ())]
    for light in tuning.illuminants or ():
        red, blue = light.white_balance
        said.append(f"{light.name}: white balance red {red:.3f}, blue {blue:.3f}")
    if tuning.noise is not None:
        noise = tuning.noise
        said.append(
            f"noise: variance = {noise.constant:.4g} + {noise.slope:.4g} · (sample − black)"
        )
    if tuning.shading is not None:
        rows, columns = tuning.shading.mesh.shape[:2]
        most = tuning.shading.mesh.max() / (1 << 14)
        said.append(f"lens shading: {columns}×{rows} nodes, greatest gain {most:.2f}")
    if found.defects is not None:
        said.append(f"defective pixels: {len(found.defects.positions)}")
        if found.defects.left_out:
            said.append(
                f"warning: the defect map is full; {found.defects.left_out} of the less bad pixels "
                "are left to dynamic correction"
            )
    for fit in found.charts:
        if fit.clipped:
            said.append(f"warning: {fit.chart.name}: {fit.clipped} patches are clipped, not used")
    return said
