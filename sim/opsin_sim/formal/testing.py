# SPDX-License-Identifier: MIT
"""Mark for tests that prove something; needs pytest."""

import pytest

from .prove import missing

__all__ = ["needs_sby"]

needs_sby = pytest.mark.skipif(missing() is not None, reason=str(missing()))
"""Skip where SymbiYosys or what it needs is not installed."""
