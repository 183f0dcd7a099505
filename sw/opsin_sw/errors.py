# SPDX-License-Identifier: MIT
"""The one exception a user's mistake raises."""


class UserError(Exception):
    """A mistake of the user: one line, printed as is by the command line (exit status 2)."""
