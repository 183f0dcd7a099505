# SPDX-License-Identifier: MIT
"""What goes wrong with waveforms, in one line."""

__all__ = ["WaveError"]


class WaveError(ValueError):
    """The file, the window or the choice of signals cannot be shown; one line says why."""
