# SPDX-License-Identifier: MIT
"""Ports for bursts: what they refuse, and their members."""

import pytest
from amaranth.hdl import Shape

from opsin.common.burst_port import ReadPort, WritePort


@pytest.mark.parametrize("port", [ReadPort, WritePort])
@pytest.mark.parametrize("word_bytes", [0, 3, -8])
def test_rejects_word_bytes(port: type, word_bytes: int) -> None:
    with pytest.raises(ValueError, match=f"word_bytes must be a power of two, not {word_bytes}"):
        port(word_bytes)


@pytest.mark.parametrize("word_bytes", [4, 32])
def test_widths(word_bytes: int) -> None:
    read, write = ReadPort(word_bytes).create(), WritePort(word_bytes).create()
    for port in (read, write):
        assert Shape.cast(port.request.payload.shape()).width == 36
    assert Shape.cast(read.response.payload.shape()).width == 8 * word_bytes + 1
    assert Shape.cast(write.words.payload.shape()).width == 9 * word_bytes + 1
    assert Shape.cast(write.response.payload.shape()).width == 1
