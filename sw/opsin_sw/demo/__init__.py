# SPDX-License-Identifier: MIT
"""First light: a picture through the camera pipeline, digits through the neural processor."""
