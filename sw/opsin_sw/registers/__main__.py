# SPDX-License-Identifier: MIT
"""Write the generated files of this repository."""

from .copies import ROOT, copies

for path, text in copies().items():
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    print(path.relative_to(ROOT))
