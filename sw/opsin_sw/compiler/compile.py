# SPDX-License-Identifier: MIT
"""From a model file to a program."""

from dataclasses import replace
from pathlib import Path

from opsin.config import NpuConfig
from opsin.npu import isa

from ..errors import UserError
from .addition import schedule_addition
from .areas import Turns
from .cost import plan
from .emit import Address, Code
from .graph import Addition, Convolution, Graph, GraphInput, GraphOutput, Pool, Tensor
from .graph import Layer as GraphLayer
from .importer import import_model
from .layout import tensor_bytes
from .operation import Operation
from .overlap import overlapped
from .packing import pack_inputs
from .pool import schedule_pool
from .ports import InputPort, Layer, OutputPort, Placement
from .program import Program
from .schedule import schedule

__all__ = ["compile_graph", "compile_model"]

_ADDRESSABLE = 1 << 32  # bytes


def compile_model(path: Path, config: NpuConfig, batch: int | None = None) -> Program:
    """Compile an ONNX file.

    Parameters
    ----------
    path : Path
        Quantized (QDQ) model.
    config : NpuConfig
        Neural processor it will run on.
    batch : int or None
        Samples per job, if the model leaves its batch open; 1 if not given.

    Raises
    ------
    UserError
        If the model cannot be read, or something in it is not supported.
    """
    return compile_graph(import_model(path, batch), config)


def compile_graph(graph: Graph, config: NpuConfig) -> Program:
    """Compile an imported model."""
    macs = [_macs(layer) for layer in graph.layers]
    graph = pack_inputs(graph, config)
    code = Code(config.word_bytes)
    addresses: dict[Tensor, Address] = {}
    turns, chained = Turns(config), len(graph.layers) > 1

    def reserve(tensor: Tensor) -> None:
        addresses[tensor] = code.reserve(tensor_bytes(tensor, graph.batch, config.rows))
        if code.tensor_bytes > _ADDRESSABLE:
            raise UserError("the model's tensors need more than the 4 GiB that can be addressed")

    for port in graph.inputs:
        for feed in port.feeds:
            reserve(feed.tensor)
    for index, layer in enumerate(graph.layers):
        reserve(layer.output)
        code.layer = index
        _schedule(code, layer, graph.batch, config, addresses, turns, chained=chained)
    if chained:
        code.operations = overlapped(list(code.layers.values()), config)
    code.layer = -1
    code.add(Operation(isa.Opcode.HALT))
    image, bases = code.link()
    memory_bytes = bases["tensors"] + code.tensor_bytes
    if memory_bytes > _ADDRESSABLE:
        raise UserError("the model needs more than the 4 GiB that can be addressed")
    placed = {tensor: bases[a.segment] + a.offset for tensor, a in addresses.items()}
    return Program(
        config=config,
        batch=graph.batch,
        entry=0,
        memory_bytes=memory_bytes,
        inputs=tuple(_input(port, placed) for port in graph.inputs),
        outputs=tuple(_output(port, placed) for port in graph.outputs),
        layers=tuple(
            Layer(layer.name, layer.operator, macs[index], **vars(code.work[index]))
            for index, layer in enumerate(graph.layers)
        ),
        image=image,
    )


def _macs(layer: GraphLayer) -> int:
    return layer.geometry.macs if isinstance(layer, Convolution) else 0


def _schedule(
    code: Code,
    layer: GraphLayer,
    batch: int,
    config: NpuConfig,
    addresses: dict[Tensor, Address],
    turns: Turns,
    *,
    chained: bool,
) -> None:
    source, target = addresses[layer.input], addresses[layer.output]
    if isinstance(layer, Addition):
        both = source, addresses[layer.other]
        schedule_addition(
            code, layer, batch=batch, config=config, sources=both, target=target, turns=turns
        )
        return
    if isinstance(layer, Pool):
        turns.start(config.scratchpad_words)
        schedule_pool(code, layer, batch=batch, config=config, source=source, target=target)
        return
    tiling = plan(layer, batch, config, chained=chained)
    if tiling is None:
        raise UserError(
            f"operator {layer.operator} (node '{layer.name}') does not fit the memories of "
            f"configuration '{config.name}'"
        )
    areas = replace(tiling.areas, start=turns.start(tiling.areas.words))
    tiling = replace(tiling, areas=areas)
    schedule(code, layer, tiling, batch=batch, config=config, source=source, target=target)


def _input(port: GraphInput, addresses: dict[Tensor, int]) -> InputPort:
    placements = tuple(
        Placement(addresses[feed.tensor], feed.view, feed.axes, feed.quantization, feed.dense)
        for feed in port.feeds
    )
    return InputPort(port.name, port.dtype, port.shape, placements)


def _output(port: GraphOutput, addresses: dict[Tensor, int]) -> OutputPort:
    tensor = port.tensor
    if tensor.channels_last:
        view, axes = (tensor.height, tensor.width, tensor.channels), (0, 1, 2)
    else:
        view, axes = (tensor.channels, tensor.height, tensor.width), (1, 2, 0)
    placement = Placement(addresses[tensor], view, axes, port.dequantization)
    return OutputPort(port.name, port.dtype, port.shape, placement)
