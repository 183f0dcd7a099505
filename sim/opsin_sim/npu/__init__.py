# SPDX-License-Identifier: MIT
"""The neural processor in simulators, beside its golden model."""

from .jobs import Job, image, initial_job, random_job
from .pair import Pair

__all__ = ["Job", "Pair", "image", "initial_job", "random_job"]
