# SPDX-License-Identifier: MIT
"""One way to run programs on the golden model and on the hardware."""
