# SPDX-License-Identifier: MIT
"""Waveforms: save files for viewers, pictures without one."""
