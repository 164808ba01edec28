"""One turn on the wire: a command out, bytes in, until its answer has come or the waiting ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

from protocols.osdp.framing import Deframer, Noise

if TYPE_CHECKING:
    from drivers.contract import Monotonic
    from drivers.ports import Port
    from drivers.worker import Wake
    from protocols.osdp.happenings import Timings
    from protocols.osdp.reader import Reader

QUIET_WITHIN_S = 0.1
"""A line that babbles for longer is spoken on all the same: it will not get quieter by our waiting."""

SPIN_S = 0.0001
"""A shorter wait is not slept: a sleep of Linux ends some 0.08 ms late and takes as much of the processor."""

DAMAGED = frozenset({"check", "shape"})


class Carrier:
    """Carries one exchange at a time over a port. For the line's thread only; its counters for any."""

    def __init__(self, clock: Monotonic, timings: Timings, baud: int) -> None:
        self._clock = clock
        self._timings = timings
        self._baud = baud
        self._deframer = Deframer(timings.receive_bytes)
        self._idle_s = timings.wire_s(timings.idle_characters, baud)
        self._longest_s = timings.wire_s(timings.receive_bytes, baud)
        self._unclean = True  # something unasked may wait in the port
        self._speaks_by = 0.0
        self._heard_at = 0.0
        self.free_at = 0.0
        """From when on the line has been idle long enough for the next command."""
        self.bytes_out = 0
        self.bytes_in = 0
        self.babble_bytes = 0

    def turn(self, port: Port, reader: Reader) -> float:
        """Put the reader's command on the wire and hand it what comes. Returns the seconds lost in vain."""
        self._deframer.reset()
        if self._unclean:
            self.babble_bytes += len(port.read(0))
        at = self._clock()
        wire = reader.speak(at, self._baud)
        port.write(wire)
        self.bytes_out += len(wire)
        answered = self._listen(port, reader)
        now = self._clock()
        # What the last byte was read before is as long ago at least: making sense of it counts as idle time.
        self.free_at = (self._heard_at if answered else now) + self._idle_s
        self._speaks_by = now + QUIET_WITHIN_S
        self._unclean = not answered
        return 0.0 if answered else now - at

    def idle(self, port: Port, within_s: float, wake: Wake) -> bool:
        """Wait until it is time for a turn. False: `wake` rang, or something babbled, before it was.

        What comes meanwhile is nobody's answer.
        """
        until = self._clock() + within_s
        if within_s <= SPIN_S:
            while self._clock() < until:
                pass
            within_s = 0.0
        babble = port.read(within_s, wake)
        if babble:
            self.babble_bytes += len(babble)
            self.free_at = min(self._clock() + self._idle_s, self._speaks_by)
            return False
        if self._clock() < until:
            wake.clear()
            return False
        return True

    def _listen(self, port: Port, reader: Reader) -> bool:
        """Return whether the reader's turn ended by an answer."""
        deadline = reader.deadline
        limit = deadline
        damaged = False
        while True:
            data = port.read(limit - self._clock())
            at = self._clock()
            if data:  # also what came while this process was not given the processor
                self._heard_at = at
                self.bytes_in += len(data)
                self._deframer.receive(data)
                while (found := self._deframer.next()) is not None:
                    if reader.hear(found, at):
                        return True
                    damaged = damaged or (isinstance(found, Noise) and found.why in DAMAGED)
                limit = deadline
                if self._deframer.missing:  # a frame has begun: it may end late, as long as it goes on
                    limit = min(at + self._timings.gap_s, deadline + self._longest_s)
                elif damaged and not self._deframer.held:
                    reader.garbled(at)
                    return True
            if at >= limit:  # also under babble without end
                if damaged or self._deframer.missing:
                    reader.garbled(at)
                else:
                    reader.unanswered(at)
                return damaged
