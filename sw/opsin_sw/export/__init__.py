# SPDX-License-Identifier: MIT
"""Cores as files for other people's projects."""

from .isp import BUSES, export_isp

__all__ = ["BUSES", "export_isp"]
