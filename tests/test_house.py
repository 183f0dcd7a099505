# SPDX-License-Identifier: MIT
"""The rules of the house: which package may import which, and what every file carries."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCES = sorted(p for d in ("rtl", "sim", "sw", "fpga") for p in (ROOT / d).rglob("*.py"))

# What each part may import of the project, longest match first. Arrows run one way only.
MAY_IMPORT = {
    "opsin.common": {"opsin.common", "opsin.config"},
    "opsin.config": set(),
    "opsin.isp": {"opsin.isp", "opsin.common", "opsin.config"},
    "opsin.npu": {"opsin.npu", "opsin.common", "opsin.config"},
    "opsin.soc": {"opsin.soc", "opsin.isp", "opsin.npu", "opsin.common", "opsin.config"},
    "opsin": {"opsin"},
    "opsin_sim.golden": {"opsin_sim.golden"},
    "opsin_sim": {"opsin_sim", "opsin"},
    "opsin_sw.compiler": {"opsin_sw.compiler", "opsin_sw.errors", "opsin.npu.isa", "opsin.config"},
    "opsin_sw.cli": {"opsin_sw", "opsin_sim", "opsin", "opsin_fpga"},
    "opsin_sw": {"opsin_sw", "opsin_sim", "opsin"},
    "opsin_fpga": {"opsin_fpga", "opsin"},
}


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts[1:]
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(path: Path) -> set[str]:
    """Absolute names of every project module that ``path`` imports, relative ones resolved."""
    package = module_name(path).split(".")
    if path.name != "__init__.py":
        package = package[:-1]
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            base = base + (node.module.split(".") if node.module else [])
            found |= {".".join([*base, alias.name]) for alias in node.names}
    return {name for name in found if name.split(".")[0].startswith("opsin")}


def within(name: str, part: str) -> bool:
    return name == part or name.startswith(part + ".")


@pytest.mark.parametrize("path", SOURCES, ids=module_name)
def test_arrows(path: Path) -> None:
    name = module_name(path)
    part = max((part for part in MAY_IMPORT if within(name, part)), key=len)
    wrong = {
        target
        for target in imports(path)
        if not any(within(target, allowed) for allowed in MAY_IMPORT[part])
    }
    assert not wrong, f"{name} must not import {sorted(wrong)}"


@pytest.mark.parametrize(
    "path", [*SOURCES, *sorted((ROOT / "tests").rglob("*.py"))], ids=lambda path: path.name
)
def test_licence_line_and_docstring(path: Path) -> None:
    text = path.read_text()
    assert text.startswith("# SPDX-License-Identifier: MIT\n")
    assert ast.get_docstring(ast.parse(text))
