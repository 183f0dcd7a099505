# SPDX-License-Identifier: MIT
"""ONNX graphs to program files."""
