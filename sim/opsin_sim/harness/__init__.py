# SPDX-License-Identifier: MIT
"""Simulators: export, build cache, the compiled Verilator model, the cocotb runner."""
