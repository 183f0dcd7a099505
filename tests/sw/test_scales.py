# SPDX-License-Identifier: MIT
"""The order of float operations in a layer's scale, on sums that lie next to rounding ties.

Random models cannot tell ``x·w/y`` in one order of float32 operations from another; these can:
with another order, one result in twenty differs.
"""

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import helper, numpy_helper

from opsin.config import NPU_SMALL
from opsin_sim.qdq import onnx_runtime
from opsin_sw.compiler import compile_model
from opsin_sw.driver import GoldenDevice


def model(operator: str, rng: np.random.Generator, outputs: int) -> tuple[onnx.ModelProto, float]:
    """One layer of per-channel scales, and the share of results that another order changes.

    Input 0 to 99 are one, the rest 255, so that weights can make any sum.
    """
    scale_x = np.float32(rng.uniform(0.03, 0.06))
    scale_y = np.float32(rng.uniform(60, 120))
    scale_w = rng.uniform(0.03, 0.05, outputs).astype(np.float32)
    scale = (scale_x * scale_w) / scale_y
    other = scale_w * (scale_x / scale_y)
    sums = np.rint((rng.integers(-90, 90, outputs) + 0.5) / scale.astype(float)).astype(np.int64)
    coarse = sums // 255
    weights = np.zeros((outputs, 600), np.int8)
    for rest, columns in ((sums - 255 * coarse, range(100)), (coarse, range(100, 600))):
        left = rest.copy()
        for column in columns:
            weights[:, column] = np.clip(left, -127, 127)
            left -= weights[:, column]
        assert not left.any()
    constants = []

    def constant(array: object) -> str:
        constants.append(numpy_helper.from_array(np.asarray(array), f"c{len(constants)}"))
        return constants[-1].name

    conv = operator == "Conv"
    shape = (outputs, 600, 1, 1) if conv else (outputs, 600)
    laid = weights.reshape(shape) if operator != "MatMul" else np.ascontiguousarray(weights.T)
    zero = constant(np.zeros(outputs, np.int8))
    axis = 1 if operator == "MatMul" else 0
    attributes = {"transB": 1} if operator == "Gemm" else {}
    nodes = [
        helper.make_node(
            "DequantizeLinear", ["x", constant(scale_x), constant(np.uint8(0))], ["r"]
        ),
        helper.make_node(
            "DequantizeLinear", [constant(laid), constant(scale_w), zero], ["w"], axis=axis
        ),
        helper.make_node(operator, ["r", "w"], ["s"], name="layer", **attributes),
        helper.make_node(
            "QuantizeLinear", ["s", constant(scale_y), constant(np.uint8(128))], ["y"]
        ),
    ]
    tail = [1, 1] if conv else []
    kind = onnx.TensorProto.UINT8
    graph = helper.make_graph(
        nodes,
        "g",
        [helper.make_tensor_value_info("x", kind, ["N", 600, *tail])],
        [helper.make_tensor_value_info("y", kind, ["N", outputs, *tail])],
        constants,
    )
    product = sums.astype(np.float32)
    changed = np.rint(product * scale) != np.rint(product * other)
    opsets = [helper.make_opsetid("", 17)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=8), float(changed.mean())


@pytest.mark.parametrize("operator", ["Conv", "Gemm", "MatMul"])
def test_scales_round_as_in_onnx_runtime(operator: str, tmp_path: Path) -> None:
    rng = np.random.default_rng(7)
    made, changed = model(operator, rng, 1024)
    assert changed > 0.03
    onnx.save(made, tmp_path / "m.onnx")
    x = np.array([1] * 100 + [255] * 500, np.uint8).reshape(1, 600)
    x = x.reshape(1, 600, 1, 1) if operator == "Conv" else x
    (expected,) = onnx_runtime(made, {"x": x}).values()
    outputs, _ = GoldenDevice().run(compile_model(tmp_path / "m.onnx", NPU_SMALL), {"x": x})
    assert np.array_equal(outputs["y"], expected)
