"""One turn on the wire: a command out, bytes in, until its answer has come or the waiting ends."""

from __future__ import annotations

from enum import Enum, auto
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


class Heard(Enum):
    """How a turn ended."""

    ANSWER = auto()
    DAMAGED = auto()
    NOTHING = auto()


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
        """Put the reader's command on the wire and hand it what comes.

        Returns the seconds that it took where nothing came of them: no answer, or one that was damaged.
        """
        self._deframer.reset()
        if self._unclean:
            self.babble_bytes += len(port.read(0))
        at = self._clock()
        wire = reader.speak(at, self._baud)
        port.write(wire)
        self.bytes_out += len(wire)
        heard = self._listen(port, reader)
        now = self._clock()
        # What the last byte was read before is as long ago at least: making sense of it counts as idle time.
        self.free_at = (now if heard is Heard.NOTHING else self._heard_at) + self._idle_s
        self._speaks_by = now + QUIET_WITHIN_S
        self._unclean = heard is Heard.NOTHING
        return 0.0 if heard is Heard.ANSWER else now - at

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

    def _listen(self, port: Port, reader: Reader) -> Heard:
        """Hand the reader what comes until its turn is over, and say how it ended.

        No device takes longer than a reply time-out to begin, and the longest frame that it may send to end:
        what a hostile one makes of both is what it costs the others at most.
        """
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
                        return Heard.ANSWER
                    damaged = damaged or (isinstance(found, Noise) and found.why in DAMAGED)
                limit = deadline
                if self._deframer.missing:  # a frame has begun: it may end late, as long as it goes on
                    limit = min(at + self._timings.gap_s, deadline + self._longest_s)
                elif damaged and not self._deframer.held:
                    reader.garbled(at)
                    return Heard.DAMAGED
            if at >= limit:  # also under babble without end
                if damaged or self._deframer.missing:
                    reader.garbled(at)
                    return Heard.DAMAGED if damaged else Heard.NOTHING
                reader.unanswered(at)
                return Heard.NOTHING
