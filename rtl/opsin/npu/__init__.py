# SPDX-License-Identifier: MIT
"""Neural processor: an integer systolic array that runs descriptors from memory."""
