# SPDX-License-Identifier: MIT
"""Program files (``.opsin``): a zip archive of ``program.json`` and ``image.bin``.

The image, descriptors and constants, goes to address 0; inputs and outputs lie behind it. Every
tensor of a sample is (height, width, channels) signed bytes, see :mod:`.layout`.
"""

import json
import zipfile
import zlib
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from opsin.config import NpuConfig

from ..errors import UserError
from .graph import Quantization, Unfold

__all__ = ["InputPort", "Layer", "OutputPort", "Placement", "Program"]

_FORMAT = "opsin program"
_VERSION = 1


@dataclass(frozen=True)
class Placement:
    """Where a tensor is, and how a sample's (height, width, channels) comes from ``view``.

    ``axes`` are the axes of ``view`` in the order height, width, channels; see
    :class:`.graph.Feed`.
    """

    address: int
    view: tuple[int, ...]
    axes: tuple[int, int, int]
    quantization: Quantization | None = None
    unfold: Unfold | None = None

    @property
    def shape(self) -> tuple[int, int, int]:
        """Height, width, channels in memory."""
        height, width, channels = (self.view[axis] for axis in self.axes)
        if self.unfold:
            return height, self.unfold.width, channels * self.unfold.taps
        return height, width, channels


@dataclass(frozen=True)
class InputPort:
    """A model input; a float one is quantized as each placement says."""

    name: str
    dtype: str
    shape: tuple[int, ...]
    placements: tuple[Placement, ...]


@dataclass(frozen=True)
class OutputPort:
    """A model output of codes ``dtype``; float32 if the placement has a quantization."""

    name: str
    dtype: str
    shape: tuple[int, ...]
    placement: Placement


@dataclass(frozen=True)
class Layer:
    """What the report tells of a layer.

    ``macs`` are of one sample, without what pads channels; ``streamed`` and ``words`` are of a
    whole job: activation words through the mesh, words moved or written.
    """

    name: str
    operator: str
    macs: int
    descriptors: int
    streamed: int
    words: int


@dataclass(frozen=True)
class Program:
    """A compiled model.

    ``batch`` samples are run at once, with ``memory_bytes`` of memory, from ``entry``.
    """

    config: NpuConfig
    batch: int
    entry: int
    memory_bytes: int
    inputs: tuple[InputPort, ...]
    outputs: tuple[OutputPort, ...]
    layers: tuple[Layer, ...]
    image: bytes = field(repr=False)

    @property
    def macs(self) -> int:
        """Multiplications of one sample."""
        return sum(layer.macs for layer in self.layers)

    def save(self, path: Path) -> None:
        """Write a program file; the same program gives the same bytes."""
        values = asdict(self)
        del values["image"]
        head = {"format": _FORMAT, "version": _VERSION, "image_crc32": zlib.crc32(self.image)}
        text = json.dumps(head | values, indent=1)
        try:
            with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
                for name, data in (("program.json", text.encode()), ("image.bin", self.image)):
                    info = zipfile.ZipInfo(name)
                    info.compress_type = zipfile.ZIP_DEFLATED
                    archive.writestr(info, data)
        except OSError as error:
            raise UserError(f"{path}: {error.strerror or error}") from None

    @classmethod
    def load(cls, path: Path) -> "Program":
        """Read a program file.

        Raises
        ------
        UserError
            If it is missing, cut off, or not a program of this version.
        """
        try:
            with zipfile.ZipFile(path) as archive:
                values = json.loads(archive.read("program.json"))
                image = archive.read("image.bin")
        except OSError as error:
            raise UserError(f"{path}: {error.strerror or error}") from None
        except (
            zipfile.BadZipFile,
            KeyError,
            ValueError,
            EOFError,
            RuntimeError,
            zlib.error,
        ) as error:
            # RuntimeError: the file claims encryption, or a compression unknown here
            raise UserError(f"{path}: not an Opsin program, or cut off") from error
        if not isinstance(values, dict) or values.get("format") != _FORMAT:
            raise UserError(f"{path}: not an Opsin program")
        if values.get("version") != _VERSION:
            raise UserError(
                f"{path}: program version {values.get('version')}, not {_VERSION}; compile it again"
            )
        try:
            if values["image_crc32"] != zlib.crc32(image):
                raise UserError(f"{path}: its image is damaged")
            return _program(values, image)
        except (KeyError, TypeError, ValueError) as error:
            raise UserError(f"{path}: not an Opsin program, or damaged") from error


def _program(values: dict[str, Any], image: bytes) -> Program:
    return Program(
        config=NpuConfig(**values["config"]),
        batch=int(values["batch"]),
        entry=int(values["entry"]),
        memory_bytes=int(values["memory_bytes"]),
        inputs=tuple(
            InputPort(
                p["name"], p["dtype"], tuple(p["shape"]), tuple(map(_placement, p["placements"]))
            )
            for p in values["inputs"]
        ),
        outputs=tuple(
            OutputPort(p["name"], p["dtype"], tuple(p["shape"]), _placement(p["placement"]))
            for p in values["outputs"]
        ),
        layers=tuple(Layer(**layer) for layer in values["layers"]),
        image=image,
    )


def _placement(values: dict[str, Any]) -> Placement:
    height, width, channels = values["axes"]
    quantization, unfold = values["quantization"], values["unfold"]
    return Placement(
        int(values["address"]),
        tuple(values["view"]),
        (height, width, channels),
        Quantization(**quantization) if quantization else None,
        Unfold(**unfold) if unfold else None,
    )
