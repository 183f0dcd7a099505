# SPDX-License-Identifier: MIT
"""Cores as files for other people's projects."""

from .isp import BUSES, export_isp
from .npu import NPU_BUSES, export_npu

__all__ = ["BUSES", "NPU_BUSES", "export_isp", "export_npu"]
