# SPDX-License-Identifier: MIT
"""Camera settings: from files and options to register values."""
