# SPDX-License-Identifier: MIT
"""Program files: what is saved is loaded, and anything else is refused."""

import contextlib
import json
import zipfile
from pathlib import Path

import pytest

from opsin.config import NPU_TINY
from opsin_sw.compiler import Program, compile_model
from opsin_sw.digits import MODEL
from opsin_sw.errors import UserError


@pytest.fixture(scope="module")
def program() -> Program:
    return compile_model(MODEL, NPU_TINY, 2)


@pytest.fixture
def path(program: Program, tmp_path: Path) -> Path:
    program.save(tmp_path / "m.opsin")
    return tmp_path / "m.opsin"


def test_round_trip(program: Program, path: Path, tmp_path: Path) -> None:
    assert Program.load(path) == program
    program.save(tmp_path / "again.opsin")
    assert path.read_bytes() == (tmp_path / "again.opsin").read_bytes()


def test_cut_off(path: Path) -> None:
    data = path.read_bytes()
    for size in (0, 1, 100, len(data) // 2, len(data) - 1):
        path.write_bytes(data[:size])
        with pytest.raises(UserError, match="not an Opsin program, or cut off"):
            Program.load(path)


def test_every_damaged_byte_is_noticed_or_harmless(program: Program, path: Path) -> None:
    data = path.read_bytes()
    for position in range(0, len(data), 97):
        changed = bytearray(data)
        changed[position] ^= 0x55
        path.write_bytes(changed)
        with contextlib.suppress(UserError):
            assert Program.load(path) == program


def rewrite(path: Path, image: bytes | None = None, **values: object) -> None:
    with zipfile.ZipFile(path) as archive:
        head = json.loads(archive.read("program.json")) | values
        image = archive.read("image.bin") if image is None else image
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("program.json", json.dumps(head))
        archive.writestr("image.bin", image)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"format": "other"}, "not an Opsin program"),
        ({"version": 99}, "program version 99, not 2; compile it again"),
        ({"config": {"rows": 4}}, "not an Opsin program, or damaged"),
        ({"inputs": 3}, "not an Opsin program, or damaged"),
        ({"memory_bytes": 100}, "not an Opsin program, or damaged"),
        ({"batch": 100_000}, "not an Opsin program, or damaged"),
        ({"image": b"other"}, "its image is damaged"),
    ],
)
def test_foreign_contents(values: dict[str, object], words: str, path: Path) -> None:
    rewrite(path, **values)  # type: ignore[arg-type]
    with pytest.raises(UserError, match=words):
        Program.load(path)


def test_other_files(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"none\.opsin: No such file"):
        Program.load(tmp_path / "none.opsin")
    with pytest.raises(UserError, match="not an Opsin program"):
        Program.load(MODEL)
    with pytest.raises(UserError, match="No such file"):
        compile_model(MODEL, NPU_TINY).save(tmp_path / "none" / "m.opsin")
