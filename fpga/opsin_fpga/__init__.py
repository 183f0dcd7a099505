# SPDX-License-Identifier: MIT
"""FPGA boards, tops, build and reports."""
