# SPDX-License-Identifier: MIT
"""Train the digit network: ``python -m opsin_sw.digits.train [--output F] [--seed N]``.

Three convolutions with Relu and a matrix product, trained in NumPy by Adam on all digits but the
200 held out, each shifted by up to one pixel; exported as ONNX and quantized by ONNX Runtime
(QDQ, u8 activations, s8 weights per channel, calibrated on training pictures).

The committed network was made with seed 1 in 12 s on one core, and this was printed::

    float: trained on 1593/1597, held out 200/200
    int8: trained on 1591/1597, held out 200/200
    digits.onnx: 25219 bytes

The pictures held out are of the same writers as the others, so new writers will do worse.
"""

import argparse
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import helper, numpy_helper
from onnxruntime.capi.onnxruntime_inference_collection import InferenceSession
from onnxruntime.quantization.calibrate import CalibrationDataReader
from onnxruntime.quantization.quant_utils import QuantFormat, QuantType
from onnxruntime.quantization.quantize import quantize_static

from . import MODEL, split
from .network import Network, cross_entropy

__all__ = ["export", "quantize", "train"]

LAYERS = ((16, 1), (32, 1), (32, 2))  # outputs, stride
EPOCHS = 40
BATCH = 64
RATE = 2e-3
DECAY = 1e-4
OPSET = 17


def train(pictures: NDArray[np.float32], labels: NDArray[np.int64], *, seed: int) -> Network:
    """Train a new network by Adam with a falling rate."""
    rng = np.random.default_rng(seed)
    network = Network(LAYERS, size=8, classes=10, rng=rng)
    mean = [np.zeros_like(p) for p in network.parameters]
    square = [np.zeros_like(p) for p in network.parameters]
    steps = -(-len(pictures) // BATCH) * EPOCHS
    step = 0
    for epoch in range(EPOCHS):
        losses = []
        for batch in np.array_split(rng.permutation(len(pictures)), steps // EPOCHS):
            shift = tuple(int(v) for v in rng.integers(-1, 2, 2))
            shifted = np.roll(np.pad(pictures[batch], _MARGIN), shift, (2, 3))[..., 1:-1, 1:-1]
            logits = network.forward((shifted / 16).astype(np.float32))
            loss, gradient = cross_entropy(logits, labels[batch])
            losses.append(loss)
            step += 1
            rate = RATE * (1 - step / steps)
            for p, g, m, s in zip(
                network.parameters, network.backward(gradient), mean, square, strict=True
            ):
                m += 0.1 * (g - m)
                s += 0.001 * (g * g - s)
                corrected = (m / (1 - 0.9**step)) / (np.sqrt(s / (1 - 0.999**step)) + 1e-8)
                p -= np.float32(rate) * (corrected + np.float32(DECAY) * p).astype(np.float32)
        if epoch % 10 == 9:
            print(f"epoch {epoch + 1}: loss {np.mean(losses):.4f}")
    return network


_MARGIN = ((0, 0), (0, 0), (1, 1), (1, 1))


def export(network: Network) -> onnx.ModelProto:
    """Float ONNX model; the division of pixels by 16 goes into the first weights."""
    nodes, constants, value = [], [], "image"

    def constant(name: str, array: NDArray) -> str:
        constants.append(numpy_helper.from_array(array.astype(np.float32), name))
        return name

    for number, layer in enumerate(network.layers, 1):
        name = f"conv{number}"
        weights = layer.weights / 16 if number == 1 else layer.weights
        inputs = [value, constant(f"{name}.w", weights), constant(f"{name}.b", layer.bias)]
        nodes.append(
            helper.make_node(
                "Conv", inputs, [name], name=name, pads=[1] * 4, strides=[layer.stride] * 2
            )
        )
        value = f"relu{number}"
        nodes.append(helper.make_node("Relu", [name], [value], name=value))
    nodes.append(helper.make_node("Flatten", [value], ["features"], name="flatten"))
    inputs = ["features", constant("dense.w", network.weights), constant("dense.b", network.bias)]
    nodes.append(helper.make_node("Gemm", inputs, ["logits"], name="dense", transB=1))
    kind = onnx.TensorProto.FLOAT
    graph = helper.make_graph(
        nodes,
        "digits",
        [helper.make_tensor_value_info("image", kind, ["N", 1, 8, 8])],
        [helper.make_tensor_value_info("logits", kind, ["N", 10])],
        constants,
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=8)


class _Reader(CalibrationDataReader):
    """Pictures in batches, for the calibration."""

    def __init__(self, pictures: NDArray[np.float32]) -> None:
        self._batches: Iterator[NDArray] = iter(np.array_split(pictures, 8))

    def get_next(self) -> dict[str, NDArray] | None:  # type: ignore[override] # None ends it
        batch = next(self._batches, None)
        return None if batch is None else {"image": batch}


def quantize(model: onnx.ModelProto, pictures: NDArray[np.float32], output: Path) -> None:
    """Write the quantized model."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "float.onnx"
        onnx.save(model, path)
        quantize_static(
            path,
            output,
            _Reader(pictures),
            quant_format=QuantFormat.QDQ,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            per_channel=True,
            reduce_range=True,  # of weights: no sum saturates in ONNX Runtime on older processors
        )


def _correct(model: bytes, pictures: NDArray, labels: NDArray) -> int:
    session = InferenceSession(model, providers=["CPUExecutionProvider"])
    (logits,) = session.run(None, {"image": pictures})
    return int((np.asarray(logits).argmax(axis=1) == labels).sum())


def main() -> None:
    """Train, quantize, print what it reaches."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--output", type=Path, default=MODEL)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    pictures, labels, held = split()
    network = train(pictures[~held], labels[~held], seed=options.seed)
    model = export(network)
    quantize(model, pictures[~held], options.output)
    for name, data in (
        ("float", model.SerializeToString()),
        ("int8", options.output.read_bytes()),
    ):
        right = _correct(data, pictures[~held], labels[~held]), (~held).sum()
        kept = _correct(data, pictures[held], labels[held]), held.sum()
        print(f"{name}: trained on {right[0]}/{right[1]}, held out {kept[0]}/{kept[1]}")
    print(f"{options.output.name}: {options.output.stat().st_size} bytes")


if __name__ == "__main__":
    main()
