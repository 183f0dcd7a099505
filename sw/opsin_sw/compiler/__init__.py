# SPDX-License-Identifier: MIT
"""Quantized ONNX models to program files.

``compile_model`` reads a model (:mod:`.importer`) into a graph of convolutions (:mod:`.graph`),
cuts each into tiles that fit the local memories (:mod:`.tiling`), writes the descriptors that do
them (:mod:`.schedule`) and puts everything into one :class:`Program`.
"""

from .compile import compile_model
from .program import Program

__all__ = ["Program", "compile_model"]
