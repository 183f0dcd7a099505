# SPDX-License-Identifier: MIT
"""Descriptors as text, there and back."""

from pathlib import Path

import numpy as np
import pytest

from opsin.npu.isa import FIELDS, Opcode
from opsin_sim.dispatch import encode
from opsin_sw.assembly import assemble, disassemble
from opsin_sw.assembly.trace import trace
from opsin_sw.cli import main
from opsin_sw.compiler import Program
from opsin_sw.digits import MODEL
from opsin_sw.errors import UserError

SOURCE = """; three times eight rows
again:  LOOP count=3 length=@end step_0=0x200
        LOAD signal=array fill=0x80 memory=0x1000 row_bytes=64 rows=8 planes=1 memory_loop0=1
        matmul wait=load+vector weights=0x100 k0=4 k1=1 k2=1 n0=8 n1=1 n2=1  # four tiles
        ADD source_scale=0.5 operand_scale=-1e-3 n0=2 n1=1 source_zero=-3 word_4=0x10
        WORDS 99 0xffffffff
end:
        HALT
"""


def there_and_back(program: bytes) -> None:
    assert assemble("\n".join(disassemble(program))) == program


def test_source() -> None:
    program = assemble(SOURCE)
    whole = b"".join(
        [
            encode(Opcode.LOOP, count=3, length=4, step_0=0x200),
            encode(
                Opcode.LOAD, signal=2, fill=128, memory=4096, row_bytes=64, rows=8, planes=1,
                memory_loop0=1,
            ),
            encode(Opcode.MATMUL, wait=5, weights=256, k0=4, k1=1, k2=1, n0=8, n1=1, n2=1),
        ]
    )  # fmt: skip
    assert program[: len(whole)] == whole
    words = np.frombuffer(program, np.uint32).reshape(-1, 16)
    assert len(words) == 6
    assert words[3, 12:14].view(np.float32).tolist() == [0.5, np.float32(-1e-3)]
    assert (words[3, 4], words[3, 11]) == (0x10, 0xFD000000)
    assert words[4].tolist() == [99, 0xFFFFFFFF] + [0] * 14
    assert words[5].tolist() == [Opcode.HALT.value] + [0] * 15
    there_and_back(program)
    lines = disassemble(program)
    assert lines[0] == "LOOP count=3 length=4 step_0=512"
    assert lines[2] == "    MATMUL wait=load+vector weights=0x100 k0=4 k1=1 k2=1 n0=8 n1=1 n2=1"
    assert "source_scale=0.5 operand_scale=-0.001" in lines[3]
    assert lines[3].endswith("word_4=0x10")


@pytest.mark.parametrize("opcode", list(Opcode), ids=lambda opcode: opcode.name)
def test_every_field_there_and_back(opcode: Opcode) -> None:
    fields = {name: field for name, field in FIELDS[opcode].items() if name != "opcode"}
    for name, field in fields.items():
        for value in {1, 2**field.width - 1, 2 ** (field.width - 1)}:
            signed = value - 2**field.width if field.signed and value >> field.width - 1 else value
            raw = encode(opcode, **{name: signed})
            assert f"{name}=" in disassemble(raw)[0]
            there_and_back(raw)


def test_random_bits_there_and_back() -> None:
    rng = np.random.default_rng(1)
    words = rng.integers(0, 2**32, (300, 16), np.uint32)
    words[:250].view(np.uint8)[:, 0] = rng.choice([op.value for op in Opcode], 250)
    there_and_back(words.tobytes())
    numbers = np.zeros((300, 16), np.uint32)
    numbers[:, 0] = Opcode.ADD.value
    numbers[:, 12] = rng.integers(0, 2**32, 300, np.uint32)
    numbers[:4, 13] = [0x7F800000, 0xFFC00001, 0x80000000, 1]
    there_and_back(numbers.tobytes())


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("HALT\n\nFLY", "line 3: opcode must be one of LOAD"),
        ("LOAD rows", "line 1: 'rows' is not field=value"),
        ("LOAD row=1", "LOAD has no field 'row'"),
        ("LOAD opcode=1", "LOAD has no field 'opcode'"),
        ("LOAD rows=1 rows=1", "rows is there twice"),
        ("LOAD rows=65536", "rows must be in 0..65535, not 65536"),
        ("LOAD row_stride=x", "row_stride must be a number, not 'x'"),
        ("LOAD wait=array+store+cache", "wait must be of load, array, vector, store, not 'cache'"),
        ("LOAD word_1=1", "word_1 must have no bits of fields"),
        ("LOOP length=@end", "there is no label 'end'"),
        ("end: LOOP length=@end", "label 'end' is not behind"),
        ("a:\na: HALT", "line 2: there is a label 'a' already"),
        ("ADD source_scale=1e99", "1e99 does not fit binary32"),
        ("WORDS", "WORDS must be followed by 1..16 numbers, not 0"),
    ],
)
def test_mistakes(text: str, words: str) -> None:
    with pytest.raises(UserError) as caught:
        assemble(text)
    assert words in str(caught.value)
    assert str(caught.value).startswith("line ")


def test_trace() -> None:
    program = assemble(
        """LOOP count=2 length=@end step_0=0x200
        LOAD signal=array memory=0x1000 row_bytes=21 before=3 rows=8 planes=1 memory_loop0=1
        MATMUL wait=load weights=0x100 k0=4 k1=1 k2=1 n0=8 n1=1 n2=1 packed=1
        end: MAXIMUM n0=4 n1=2 k0=3 k1=3
        ADD n0=4 n1=2
        REQUANTIZE n0=4 n1=2
        STORE fence=1 memory=0x100 row_bytes=2 rows=4 planes=2
        HALT"""
    )
    lines = list(trace(program, rows=16))
    assert len(lines) == 9
    assert "memory 0x1200 → scratchpad 0x0: 168 bytes to 16 words [signals array]" in lines[2]
    assert "8 vectors × 4 tiles" in lines[3]
    assert "(4 bits) to accumulator 0x0: 8,192 products [waits for load]" in lines[3]
    assert "windows of 3×3 → scratchpad 0x0: 72 words to 8" in lines[4]
    assert lines[7].endswith("16 bytes from 8 words [fence]")
    assert lines[8].split() == ["8", "@7", "HALT"]
    plane = "DEPTHWISE k0=3 k1=3 k2=1 n0=4 n1=2 n2=1 edges=0b1001 padding=7"
    line, _ = trace(assemble(f"{plane}\nHALT"), rows=16)
    assert "8 vectors × 9 taps" in line
    assert "weights 0x0, padded left+bottom with 7 to accumulator 0x0: 1,152 products" in line
    (line,) = trace(assemble("LOOP length=1"), rows=4)
    assert line.endswith("error COUNT")


def opsin(*arguments: object) -> int:
    with pytest.raises(SystemExit) as caught:
        main(["npu", *map(str, arguments)])
    return int(caught.value.code or 0)


def test_commands(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source, binary = tmp_path / "a.s", tmp_path / "a.bin"
    source.write_text(SOURCE)
    assert opsin("asm", source, "-o", binary) == 0
    assert "6 descriptors" in capsys.readouterr().out
    assert opsin("disasm", binary) == 0
    text = capsys.readouterr().out
    assert assemble(text) == binary.read_bytes() == assemble(SOURCE)
    assert opsin("disasm", binary, "--trace", "--limit", 3) == 0
    assert "more than 3 lines" in capsys.readouterr().out
    source.write_text("HALT now")
    assert opsin("asm", source, "-o", binary) == 2
    assert capsys.readouterr().err == f"opsin: {source}: line 1: 'now' is not field=value\n"
    binary.write_bytes(b"123")
    for arguments in (
        ("disasm", binary),
        ("disasm", tmp_path / "none"),
        ("asm", tmp_path / "none", "-o", binary),
        ("disasm", source, "--config", "huge"),
    ):
        assert opsin(*arguments) == 2
        assert capsys.readouterr().err.count("\n") == 1


def test_predict(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    binary = tmp_path / "a.bin"
    text = "LOAD signal=array row_bytes=1024 rows=1 planes=1\n"
    binary.write_bytes(assemble(f"{text} STORE wait=load row_bytes=16 rows=2 planes=1\nHALT"))
    assert opsin("predict", binary) == 2
    assert "never come" in capsys.readouterr().err
    binary.write_bytes(assemble(f"{text} STORE row_bytes=16 rows=2 planes=1\nHALT"))
    assert opsin("predict", binary, "--commands", "--latency", 80) == 0
    out = capsys.readouterr().out
    assert "LOAD 1×1 rows of 1024 bytes" in out
    assert "load at work" in out
    assert opsin("predict", binary, "--config", "huge") == 2


def test_compiled_program(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    program = tmp_path / "m.opsin"
    assert opsin("compile", MODEL, "-o", program, "--config", "tiny") == 0
    capsys.readouterr()
    assert opsin("disasm", program) == 0
    text = capsys.readouterr().out
    loaded = Program.load(program)
    code = assemble(text)
    assert loaded.image[loaded.entry :][: len(code)] == code
    assert text.splitlines()[-1] == "HALT"
    assert opsin("disasm", program, "--trace") == 0
    assert capsys.readouterr().out.splitlines()[-1].endswith(" HALT")
    assert opsin("predict", program, "--bandwidth", 4) == 0
    assert "array at work" in capsys.readouterr().out
