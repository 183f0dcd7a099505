# SPDX-License-Identifier: MIT
"""What tests that prove something have in common; needs pytest."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import pytest
from amaranth import Module

from .mutant import mutant
from .prove import Verdict, missing, prove
from .rules import step

__all__ = ["each", "expect_bug", "needs_sby", "prove_step"]

needs_sby = pytest.mark.skipif(missing() is not None, reason=str(missing()))
"""Skip where SymbiYosys or what it needs is not installed."""


def each(arguments: str, cases: Iterable[Any], slow: Collection[str] = ()) -> pytest.MarkDecorator:
    """Run a test for each case; those that are, or begin with, a name in ``slow`` are slow."""
    marked = [
        pytest.param(
            *([case] if isinstance(case, str) else case),
            marks=[pytest.mark.slow] * ((case if isinstance(case, str) else case[0]) in slow),
        )
        for case in cases
    ]
    return pytest.mark.parametrize(arguments, marked)


def expect_bug(
    case: tuple[Any, Any], right: str, wrong: str, rule_name: str, *, depth: int | None = 40
) -> None:
    """Plant a bug in a block and expect its proof to find it by the rule of that name."""
    block, proof = case
    module: Module = proof(mutant(block, right, wrong))
    verdict = prove(module, depth=depth, timeout=300)
    assert not verdict
    assert any(rule_name in broken for broken in verdict.broken), verdict


def prove_step(case: tuple[Any, Any], steps: Mapping[str, Sequence[str]], name: str) -> Verdict:
    """Prove one step of a block's proof (see :func:`~opsin_sim.formal.rules.step`)."""
    block, proof = case
    with step(steps, name):
        module: Module = proof(block)
    return prove(module, timeout=300)
