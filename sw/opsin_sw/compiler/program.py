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
from .graph import Dense, Quantization
from .ports import InputPort, Layer, OutputPort, Placement

__all__ = ["Program"]

_FORMAT = "opsin program"
_VERSION = 2


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
            program = _program(values, image)
            _check(program)
            return program
        except (KeyError, TypeError, ValueError) as error:
            raise UserError(f"{path}: not an Opsin program, or damaged") from error


def _check(program: Program) -> None:
    """Raise ValueError unless everything lies where memory is."""
    config, limit = program.config, program.memory_bytes
    if config.rows != config.cols or config.rows < 1:
        raise ValueError(f"cols must equal rows ({config.rows}), not {config.cols!r}")
    if not (program.batch >= 1 and len(program.image) <= limit <= 1 << 32):
        raise ValueError(f"memory_bytes must hold the image, not {limit!r}")
    places = [place for port in program.inputs for place in port.placements]
    for place in places + [port.placement for port in program.outputs]:
        size = place.size(program.batch, config.rows)
        if not (place.address >= 0 and 0 <= size <= limit - place.address):
            raise ValueError(f"address must be inside memory, not {place.address!r}")


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
    quantization, dense = values["quantization"], values["dense"]
    return Placement(
        int(values["address"]),
        tuple(values["view"]),
        (height, width, channels),
        Quantization(**quantization) if quantization else None,
        Dense(**dense) if dense else None,
    )
