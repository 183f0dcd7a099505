# SPDX-License-Identifier: MIT
"""The neural processor in simulators, beside its golden model."""
