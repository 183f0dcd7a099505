# SPDX-License-Identifier: MIT
"""Neural processor."""
