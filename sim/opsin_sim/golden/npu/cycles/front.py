# SPDX-License-Identifier: MIT
"""The dispatcher in front of the queues: descriptors are fetched, read, checked, released."""

from collections.abc import Callable, Iterator

from ..codes import UNITS, Opcode, Unit
from .checks import check_cycles
from .clock import Clock
from .ring import Ring
from .walk import Visit

__all__ = ["Front"]

_READ = 24  # cycles of a LOOP, and until others are offered
_NEXT = 2  # from the offer's acceptance to the next descriptor
_AGAIN = 12  # more, when a further round begins
_CHECK = 4  # and its steps
_STOP = 3  # from the last one to the end of fetching
_ROOM = 7  # commands of a unit that are not finished


class Front:
    """Hand the commands of ``visits`` to ``release``; call ``ended`` behind the last one.

    Descriptors come by ``ring``, which ``come`` is to be told by. ``reserved`` counts the commands
    of each unit from their check on, ``drained`` tells whether all have finished.
    """

    ring: Ring

    def __init__(
        self,
        clock: Clock,
        visits: Iterator[Visit],
        release: Callable[[Visit], None],
        drained: Callable[[], bool],
        ended: Callable[[], None],
    ) -> None:
        self.clock, self._visits = clock, visits
        self._release, self._drained, self._ended = release, drained, ended
        self.reserved = dict.fromkeys(Unit, 0)
        self.waits = {"fetch": 0.0, "room": 0.0, "order": 0.0}
        self._wanted: Visit | None = None  # waits for its words
        self._offered: Visit | None = None
        self._shown: Visit | None = None  # checked
        self._since = self._since_shown = 0.0
        self._checking = self._fenced = self._stopped = False

    def begin(self) -> None:
        """Begin the job."""
        self.ring.ask()
        self._read()

    def _stop(self) -> None:
        self._stopped = True
        self._end()

    def _end(self) -> None:
        """End the job, if nothing is being fetched."""
        if self._stopped and self.ring.arrived == self.ring.asked:
            self._ended()

    def come(self, position: int) -> None:
        """Go on with a descriptor that has come, if it is waited for."""
        if self._wanted and self._wanted.position == position:
            self.waits["fetch"] += self.clock.now - self._since
            self.clock.at(self.clock.now + 1, self._there)
        self._end()

    def _read(self) -> None:
        visit = next(self._visits, None)
        if visit is None:
            return
        self._wanted, self._since = visit, self.clock.now
        self.ring.keep(visit.kept)
        if visit.position < self.ring.arrived:
            delay = _AGAIN if visit.again else 0
            self.clock.at(self.clock.now + delay, self._there)

    def _there(self) -> None:
        visit, self._wanted = self._wanted, None
        assert visit is not None
        if visit.opcode is Opcode.LOOP:
            self.clock.at(self.clock.now + _READ, self._read)
            return

        def offer() -> None:
            self._offered, self._since = visit, self.clock.now
            self.accept()

        self.clock.at(self.clock.now + _READ, offer)

    def accept(self) -> None:
        """Take what is offered to the check, if that is free and there is room behind it."""
        visit = self._offered
        if visit is None or self._checking:
            return
        cycles = 1 - _CHECK
        if visit.opcode is not Opcode.HALT:
            unit = UNITS[visit.opcode]
            if self.reserved[unit] == _ROOM:
                return
            self.reserved[unit] += 1
            cycles = check_cycles(visit.opcode, visit.fields)
        self.waits["room"] += self.clock.now - self._since
        self._offered, self._checking = None, True

        def show() -> None:
            self._shown, self._since_shown = visit, self.clock.now
            self.order()

        self.clock.at(self.clock.now + _CHECK + cycles, show)
        self.clock.at(self.clock.now + _NEXT, self._read)

    def order(self) -> None:
        """Release what is checked, unless it has to wait for all before it."""
        visit = self._shown
        if visit is None:
            return
        last, fence = visit.opcode is Opcode.HALT, bool(visit.fields.get("fence", 0))
        if (last or fence or self._fenced) and not self._drained():
            return
        self.waits["order"] += self.clock.now - self._since_shown
        self._shown, self._fenced = None, fence
        if last:
            self.ring.stop()
            self.clock.at(self.clock.now + _STOP, self._stop)
            return
        self._release(visit)

        def idle() -> None:
            self._checking = False
            self.accept()

        self.clock.at(self.clock.now + 1, idle)
