# SPDX-License-Identifier: MIT
"""Registers that synthesis does not merge."""

from amaranth import ClockSignal, Module, Signal, Value
from amaranth.hdl import Instance

from .target import is_ecp5

__all__ = ["lone_register"]


def lone_register(m: Module, platform: object, value: Value, *, name: str) -> Value:
    """Return ``value``, one bit, of the cycle before, from a register of its own.

    Synthesis merges registers that hold the same: where a bit passes several places side by side,
    those places would share one register with a long way to each. On an ECP5 this is the cell
    itself, which is not merged. No reset.
    """
    register = Signal(name=name, reset_less=True)
    if is_ecp5(platform):
        m.submodules[f"{name}_cell"] = Instance(
            "TRELLIS_FF",
            p_GSR="AUTO",
            p_CEMUX="1",
            p_CLKMUX="CLK",
            p_LSRMUX="LSR",
            p_REGSET="RESET",
            i_CLK=ClockSignal(),
            i_LSR=0,
            i_CE=1,
            i_DI=value,
            o_Q=register,
        )
    else:
        m.d.sync += register.eq(value)
    return register
