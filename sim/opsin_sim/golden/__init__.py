# SPDX-License-Identifier: MIT
"""Bit-exact reference models in NumPy. They define what the hardware must equal."""
