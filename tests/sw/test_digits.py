# SPDX-License-Identifier: MIT
"""The digit network: what is committed is what its training says."""

import numpy as np
import onnx

from opsin_sim.qdq import onnx_runtime
from opsin_sw.digits import MODEL, held_out, split
from opsin_sw.digits.network import Network, cross_entropy


def test_held_out_digits() -> None:
    pictures, labels = held_out()
    assert pictures.shape == (200, 1, 8, 8)
    assert pictures.dtype == np.float32
    assert (pictures.min(), pictures.max()) == (0, 16)
    assert (np.bincount(labels) > 10).all()
    assert split()[2].sum() == 200


def test_committed_network() -> None:
    assert MODEL.stat().st_size < 100_000
    pictures, labels = held_out()
    logits = onnx_runtime(onnx.load(MODEL), {"image": pictures})["logits"]
    assert (logits.argmax(axis=1) == labels).mean() >= 0.98


def test_gradients() -> None:
    rng = np.random.default_rng(1)
    network = Network([(3, 1), (2, 2)], size=4, classes=3, rng=rng)
    x, labels = rng.normal(0, 1, (5, 1, 4, 4)).astype(np.float32), rng.integers(0, 3, 5)
    gradients = network.backward(cross_entropy(network.forward(x), labels)[1])
    for parameter, gradient in zip(network.parameters, gradients, strict=True):
        index = np.unravel_index(np.abs(gradient).argmax(), gradient.shape)
        losses = []
        for step in (1e-3, -1e-3):
            parameter[index] += np.float32(step)
            losses.append(cross_entropy(network.forward(x), labels)[0])
            parameter[index] -= np.float32(step)
        assert np.isclose((losses[0] - losses[1]) / 2e-3, gradient[index], rtol=0.05)
