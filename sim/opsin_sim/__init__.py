# SPDX-License-Identifier: MIT
"""The chip's world in Python: golden models, simulators, device models, benches."""
