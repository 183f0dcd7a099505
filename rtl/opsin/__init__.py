# SPDX-License-Identifier: MIT
"""Synthesizable hardware. Everything under this package becomes gates."""
