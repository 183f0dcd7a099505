# SPDX-License-Identifier: MIT
"""Handwritten digits through the neural processor."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from opsin.config import NPU_SMALL, NPU_TINY

from ..compiler import compile_model
from ..digits import MODEL, held_out
from ..driver import device
from .page import Digit, DigitsPart, Fact, Wave
from .pictures import save, wave_picture

__all__ = ["BATCH", "digits_part", "digits_wave"]

BATCH = 50
"""Digits per job."""

_SHOWN = 40


def digits_wave(output: Path) -> Wave:
    """Classify one digit on the smallest configuration with every signal recorded."""
    pictures, _ = held_out()
    fst = output / "npu.fst"
    device("rtl", wave=fst).run(compile_model(MODEL, NPU_TINY, 1), {"image": pictures[:1]})
    text = "The neural processor (4 × 4) has checked its first descriptor, a LOAD, and begins."
    signals = ["memory.request", "memory.response", "load", "*.fsm_state"]
    return Wave(text, fst.name, wave_picture(fst, signals=signals, first_of="load"))


def digits_part(output: Path, *, progress: Callable[[int], None] | None = None) -> DigitsPart:
    """Classify the held-out digits on the RTL and compare with ONNX Runtime."""
    from onnxruntime.capi.onnxruntime_inference_collection import InferenceSession

    pictures, labels = held_out()
    program = compile_model(MODEL, NPU_SMALL, BATCH)
    outputs, report = device("rtl").run(program, {"image": pictures}, progress=progress)
    (logits,) = outputs.values()
    golden, _ = device("golden").run(program, {"image": pictures})
    session = InferenceSession(str(MODEL), providers=["CPUExecutionProvider"])
    reference = np.asarray(session.run(None, {"image": pictures})[0])

    answers, expected = logits.argmax(axis=1), reference.argmax(axis=1)
    equal = np.array_equal(logits, reference)
    shown = []
    for k in range(_SHOWN):
        ink = 255 - np.rint(pictures[k, 0] * (255 / 16)).astype(np.uint8)
        name = save(ink, output / f"digit_{k}.png", factor=6)
        shown.append(Digit(name, int(labels[k]), int(answers[k])))
    count = len(labels)
    layers = ", ".join(f"{layer.operator} {layer.macs // count:,}" for layer in report.layers)
    cycles = report.cycles or 0
    return DigitsPart(
        count=count,
        network=(
            "A small convolutional network, trained on scikit-learn’s digits and quantized to "
            f"8 bits by ONNX Runtime, classifies {count} digits it never saw "
            f"(multiplications per digit: {layers})."
        ),
        mesh=f"{NPU_SMALL.rows} × {NPU_SMALL.cols}",
        exact=equal and np.array_equal(logits, next(iter(golden.values()))),
        shown=shown,
        facts=[
            Fact(f"{np.mean(answers == labels):.1%}", "accuracy on the hardware description"),
            Fact(f"{np.mean(expected == labels):.1%}", "accuracy with ONNX Runtime"),
            Fact("yes" if equal else "NO", "every logit equal to ONNX Runtime’s, bit for bit"),
            Fact(f"{cycles:,}", f"clock cycles, {cycles / count:,.0f} per digit"),
            Fact(f"{report.utilisation:.1%}", "array utilisation"),
        ],
        counters=[(name.replace("_", " "), value) for name, value in report.counters.items()],
        wave=digits_wave(output),
    )
