# SPDX-License-Identifier: MIT
"""Other people's methods, if their packages are installed."""

import warnings
from collections.abc import Callable
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["MISSING", "Demosaic", "judges"]

MISSING = "colour-demosaicing is not installed: its methods are left out (pip install opsin[bench])"

_METHODS = {
    "bilinear": "demosaicing_CFA_Bayer_bilinear",
    "Malvar 2004": "demosaicing_CFA_Bayer_Malvar2004",
    "DDFAPD (Menon 2007)": "demosaicing_CFA_Bayer_Menon2007",
}

Demosaic = Callable[[NDArray[np.uint16]], NDArray[np.generic]]


def judges() -> dict[str, Demosaic]:
    """Return demosaics of colour-demosaicing, of RGGB frames, by name; none if it is missing."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # on packages that it could use besides
        try:
            library: Any = import_module("colour_demosaicing")
        except ImportError:
            return {}

    def method(function: Any) -> Demosaic:
        return lambda raw: np.asarray(function(raw.astype(np.float64), pattern="RGGB"))

    return {name: method(getattr(library, function)) for name, function in _METHODS.items()}
