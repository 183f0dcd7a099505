# SPDX-License-Identifier: MIT
"""Software: compiler, driver, tuning, command line."""
