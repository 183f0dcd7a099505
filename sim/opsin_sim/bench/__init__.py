# SPDX-License-Identifier: MIT
"""Parts that every cocotb bench is made of."""
