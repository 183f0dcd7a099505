# SPDX-License-Identifier: MIT
"""``opsin npu bench``: what layers take on the neural processor."""
