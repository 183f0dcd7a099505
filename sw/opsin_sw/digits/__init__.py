# SPDX-License-Identifier: MIT
"""Handwritten digits: the demonstration's network and the pictures it never saw.

The network, ``digits.onnx``, was trained on scikit-learn's digits and quantized by
:mod:`opsin_sw.digits.train`. Every ninth of the 1797 pictures, 200 in all, was held out.
"""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

__all__ = ["MODEL", "held_out", "split"]

MODEL = Path(__file__).with_name("digits.onnx")
"""Quantized network: input ``image`` (N, 1, 8, 8) float32 in 0 … 16, output ``logits`` (N, 10)."""

_EVERY = 9


def split() -> tuple[NDArray[np.float32], NDArray[np.int64], NDArray[np.bool_]]:
    """Return all pictures (N, 1, 8, 8), their labels, and which are held out."""
    from sklearn.datasets import load_digits

    digits = load_digits()
    pictures = digits.images.astype(np.float32)[:, np.newaxis]
    return pictures, digits.target.astype(np.int64), np.arange(len(pictures)) % _EVERY == 0


def held_out() -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Return the 200 pictures the network never saw, and their labels."""
    pictures, labels, held = split()
    return pictures[held], labels[held]
