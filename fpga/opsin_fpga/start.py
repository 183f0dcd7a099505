# SPDX-License-Identifier: MIT
"""How a design begins, and begins again, on each family of FPGAs."""

from math import ceil
from typing import ClassVar, Protocol

from amaranth import ClockSignal, Elaboratable, Module, Signal, Value
from amaranth.hdl import Instance
from amaranth.lib.cdc import FFSynchronizer, ResetSynchronizer

__all__ = ["Ecp5Start", "Ice40Start", "Start"]


class Start(Protocol):
    """Part of a design that drives domain ``sync``, which its parent defines.

    Parameters
    ----------
    oscillator, frequency : float
        Of :attr:`oscillator` and :attr:`clock`, MHz.

    Attributes
    ----------
    RESET_LESS : bool
        What the domain is.
    clock : Value
        To be driven at the frequency of ``sync``.
    oscillator : Value
        To be driven by a clock that runs before :attr:`locked`, if there is one.
    locked : Signal
        To be driven: :attr:`clock` is stable.
    restart : Signal
        To be driven: begin again. Both are asynchronous.
    """

    RESET_LESS: ClassVar[bool]
    clock: Value
    oscillator: Value
    locked: Signal
    restart: Signal

    def __init__(self, *, oscillator: float, frequency: float) -> None: ...

    def elaborate(self, platform: object) -> Module:
        """Elaborate."""


class Ice40Start(Elaboratable):
    """Reset of ``sync`` until its clock is stable and block RAMs can be read; see :class:`Start`.

    ``restart`` does not wait for the block RAMs again. The oscillator is not used.
    """

    RESET_LESS: ClassVar[bool] = False
    SETTLE = 15.0
    """Microseconds after configuration; block RAMs read as 0 for some 3, Amaranth waits this."""

    def __init__(self, *, oscillator: float, frequency: float) -> None:
        self._settle = ceil(self.SETTLE * frequency)
        self.clock: Value = ClockSignal()
        self.oscillator: Value = Signal(name="oscillator_clk")
        self.locked = Signal()
        self.restart = Signal()

    def elaborate(self, platform: object) -> Module:
        """Elaborate."""
        m = Module()
        steady, ready = Signal(), Signal()
        cycles = Signal(range(self._settle + 1), reset_less=True)
        m.submodules.steady = FFSynchronizer(self.locked, steady)
        m.d.comb += ready.eq(cycles == self._settle)
        with m.If(steady & ~ready):
            m.d.sync += cycles.eq(cycles + 1)
        m.submodules.reset = ResetSynchronizer(~self.locked | ~ready | self.restart)
        return m


class Ecp5Start(Elaboratable):
    """The global set/reset network instead of a reset, while ``sync`` stands; see :class:`Start`.

    The network sets every register that is not excepted to its initial value, and takes no
    routing. It is not timed, so the clock of ``sync`` is stopped, without a short pulse, before
    the network acts and goes on after it.

    Timing
    ------
    The clock stops within 4 cycles of the oscillator and 3 of itself after ``locked`` falls or
    ``restart`` rises; a shorter pulse may go unnoticed if it falls between edges. It stands for
    :attr:`gap` cycles of the oscillator, less 3 of its own, before the network acts for at least
    :attr:`PULSE`, and for at least :attr:`gap` after that: enough for the network, whatever
    ``locked`` and ``restart`` do meanwhile.

    Attributes
    ----------
    released : Signal
        The network does not act.
    gap : int
        Cycles of the oscillator.
    """

    RESET_LESS: ClassVar[bool] = True
    PULSE = 4
    NETWORK = 4
    """Cycles of the oscillator that the network has at each of its edges."""

    def __init__(self, *, oscillator: float, frequency: float) -> None:
        self.clock: Value = Signal(name="pll_clk")
        self.oscillator: Value = Signal(name="oscillator_clk")
        self.locked = Signal()
        self.restart = Signal()
        self.gap = self.NETWORK + ceil(3 * oscillator / frequency)
        self.released = Signal()

    def elaborate(self, platform: object) -> Module:
        """Elaborate."""
        m = Module()
        # What happened in the last cycles decides, no state: no order of events gets past it.
        # A stop anywhere in ``window`` means that the network acts, and one at most ``gap`` before
        # or after a time at which it acts means that the clock stands.
        steps = 2 * self.gap + self.PULSE
        meta, history = Signal(), Signal(steps)
        window = history[self.gap : self.gap + self.PULSE]
        run, steady, enable = Signal(), Signal(), Signal()
        self._register(m, "meta", self.oscillator, self.locked & ~self.restart, meta)
        for k in range(steps):
            before = history[k - 1] if k else meta
            self._register(m, f"history_{k}", self.oscillator, before, history[k])
        self._register(m, "released", self.oscillator, window.all(), self.released)
        self._register(m, "run", self.oscillator, history.all(), run)
        m.submodules.network = Instance("SGSR", i_CLK=self.oscillator, i_GSR=self.released)

        # The gate takes its enable while the clock is low, so it must come with that clock.
        self._register(m, "steady", self.clock, run, steady)
        self._register(m, "enable", self.clock, steady, enable)
        m.submodules.gate = Instance("DCCA", i_CLKI=self.clock, i_CE=enable, o_CLKO=ClockSignal())
        return m

    def _register(self, m: Module, name: str, clock: Value, d: Value, q: Value) -> None:
        """Add a register that the network does not set; it is 0 after configuration."""
        m.submodules[name] = Instance("FD1S3AX", p_GSR="DISABLED", i_CK=clock, i_D=d, o_Q=q)
