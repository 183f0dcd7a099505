# SPDX-License-Identifier: MIT
"""Building blocks every subsystem may use; knows nothing of ISP, NPU or SoC."""
