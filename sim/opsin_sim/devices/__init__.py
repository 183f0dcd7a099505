# SPDX-License-Identifier: MIT
"""Models of what stands around the chip: sensor, memory, UART."""
