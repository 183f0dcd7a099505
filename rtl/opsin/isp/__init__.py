# SPDX-License-Identifier: MIT
"""Camera pipeline: one file per block, one stream in, one stream out."""
