"""One reader's life as the panel lives it: identify, secure, online, offline. No bytes are read here.

The bus asks `wish` what this reader needs and when, puts `speak`'s bytes on the wire, and hands back what it
heard, or that it heard nothing. What the agent should know comes out of `happenings`. A reader that must be
secure and cannot be is offline: nothing here steps down to clear or to the default key.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, assert_never

from protocols.errors import WireError
from protocols.osdp.codes import NakReason, nak_text
from protocols.osdp.commands import Abort, Command, Poll, SetKey, code_of
from protocols.osdp.exchange import LINK_NAKS, Exchange, Patience, Verdict
from protocols.osdp.expected import Expected
from protocols.osdp.framing import MARK, Frame, Noise
from protocols.osdp.happenings import (
    Came,
    Counters,
    End,
    Happening,
    Order,
    Rank,
    Reported,
    Security,
    Timings,
    Went,
)
from protocols.osdp.link import Link
from protocols.osdp.login import Login, LoginFailed, questions
from protocols.osdp.replies import Ack, Nak
from protocols.osdp.secure import SessionLost
from protocols.osdp.troubles import Troubles
from protocols.osdp.turns import Turns

if TYPE_CHECKING:
    from collections.abc import Callable

    from protocols.osdp.replies import Reply

SILENT_AFTER = 5
"""So many time-outs in a row, and the reader is asked rarely, so that it costs the others little. Of a quick
device they are one reply time-out together; a wire that loses one command in six gets there seldom."""

BABBLES_AFTER = 20
"""So many damaged answers in a row, and it is asked as rarely: what it says takes the others' time. A wire
that damages every second answer gets there once in some hours, and the next good one ends it."""

ANEW_AFTER_S = 2.0
"""After so long without a sign of life the link is begun anew: a device that was without power may not even
answer what it does not know any more. Before, the same bytes save an answer that was lost."""

FULL_WAIT_EVERY = 8
"""Of the probes of a silent reader, each eighth waits the full time, for devices slow to answer."""

NO_REPLY = "no reply"
BAD_CHECK = bytes((NakReason.BAD_CHECK,))


class Reader:
    """One reader's life. All times are seconds of the caller's clock.

    key: the site's key, with Security.REQUIRED and with nothing else. entropy: random bytes of the
    operating system. expected: what the configuration knows of the device ("serial", "cuid", hex digits).
    """

    def __init__(
        self,
        address: int,
        security: Security,
        timings: Timings,
        entropy: Callable[[int], bytes],
        key: bytes | None = None,
        *,
        expected: dict[str, str] | None = None,
        crc: bool = True,
    ) -> None:
        self.address = address
        self.security = security
        self.timings = timings
        self.online = False
        self.counters = Counters()
        self.happenings: deque[Happening] = deque()
        self.troubles = Troubles(self.happenings.append)
        self._expected = Expected(expected)
        self._link = Link(address, entropy, crc=crc)
        self._login = Login(self._link, security, key)
        self._turns = Turns(self.happenings.append)
        self._orders = self._turns.orders
        self._patience = Patience(timings.resend_after_s, timings.reply_within_s)
        self._exchange: Exchange | None = None
        self._order: Order | None = None
        self._rekey: Order | None = None
        self._asked: Command = Poll()
        self._avoided: set[int] = set()  # questions that cost this device its session
        self._alive_at: float | None = None  # any sign of life
        self._proven_at = 0.0  # an answer that counts: inside the session, where there must be one
        self._misses = 0
        self._damages = 0
        self._refusals = 0
        self._why = NO_REPLY
        self._probes = 0
        self._not_before = 0.0

    # --- what the bus asks -----------------------------------------------------------------------------

    @property
    def silent(self) -> bool:
        """Whether it does not answer at present."""
        if self._alive_at is None and self._misses > 0:
            return True
        return self._misses >= SILENT_AFTER or self._damages >= BABBLES_AFTER

    @property
    def deadline(self) -> float:
        """When to stop waiting for the answer to what was spoken last."""
        return 0.0 if self._exchange is None else self._exchange.deadline

    @property
    def secure(self) -> bool:
        """Whether a secure session stands."""
        return self._link.secure

    def wish(self, at: float) -> tuple[Rank, float]:
        """Return how urgently this reader wants the line, and from when on."""
        if self.silent:
            return Rank.PROBE, self._not_before
        if self._exchange is not None or not self._login.ready or self._not_before > at:
            return Rank.ORDINARY, self._not_before
        rank = self._turns.rank(at)
        return (Rank.ORDINARY, self._turns.due(at)) if rank is None else (rank, at)

    def order(self, order: Order, at: float) -> None:
        """Accept an order. It is settled exactly once, at the latest when the reader goes offline."""
        if isinstance(order.command, Abort):
            self._turns.loud()
        self._orders.accept(order, at, online=self.online)

    def speak(self, at: float, baud: int) -> bytes:
        """Return the bytes to put on the wire now, mark included: a new command, or the last one again."""
        exchange = self._exchange or self._begin(at)
        self.counters.sent += 1
        self.counters.resent += exchange.sent > 0
        patience_s = self._patience.allow(exchange.sent)
        if self.silent or self._alive_at is None:
            self._probes += 1
            full = self._probes % FULL_WAIT_EVERY == 0
            patience_s = self.timings.reply_within_s if full else self._patience.shortest_s
        wire_s = self.timings.wire_s(len(exchange.wire) + len(MARK), baud)
        return MARK + exchange.send(at, wire_s, patience_s)

    def hear(self, found: Frame | Noise, at: float) -> bool:
        """Take what came while this reader was asked. True: its turn is over."""
        exchange = self._exchange
        if exchange is None:
            return True
        if isinstance(found, Noise):
            self.counters.noise_bytes += len(found.dropped)
            return False
        match exchange.hear(found):
            case Verdict.ECHO:
                self.counters.echoes += 1
                return False
            case Verdict.STRANGER | Verdict.STALE:
                self.counters.strangers += 1
                self.troubles.again("strangers", "answers come to what was not asked of it", at)
                return False
            case Verdict.DAMAGED:
                self.garbled(at)
            case Verdict.BUSY:
                self.counters.busy += 1
                self._alive(at)
                self._not_before = at + self.timings.busy_wait_s
                self._give_up_if_late(at)
            case Verdict.ANSWER:
                self._alive(at)
                self._patience.observe(max(0.0, at - exchange.sent_at))
                self._answered(found, at)
            case verdict:
                assert_never(verdict)
        return True

    def garbled(self, at: float) -> None:
        """Take that an answer came damaged. It is asked for again by the same bytes."""
        self.counters.damaged += 1
        self._damages += 1
        self._misses = 0  # somebody spoke
        if self._alive_at is not None:
            self._alive_at = at
        self._give_up_if_late(at)

    def unanswered(self, at: float) -> None:
        """Take that the deadline passed without an answer."""
        self.counters.timeouts += 1
        self._misses += 1
        if self._alive_at is None or at - self._alive_at >= ANEW_AFTER_S:
            self._restart(at, forget=not self.online)  # it may have lost its power, and with it the session
        self._give_up_if_late(at)

    def expire(self, at: float) -> None:
        """Let what is too late be so. Call it after each turn, and now and then."""
        if self.online and at - self._proven_at >= self.timings.offline_after_s:
            self.leave(self._why, at)
        self.troubles.expire(at)
        self._give_up_if_late(at)
        self._orders.expire(at)

    def leave(self, why: str, at: float) -> None:
        """Go offline: forget the link, and fail what waits. Also for a bus whose port is gone."""
        if self._order is not None:
            self._orders.settle(self._order, End.UNPROVEN, at, detail=why)
            self._order = None
        if self._rekey is not None:
            self._orders.settle(self._rekey, End.UNPROVEN, at, detail=why)
            self._rekey = None
        self._restart(at, forget=True)
        self._avoided.clear()
        if self.online:
            self.online = False
            self.happenings.append(Went(why, at))
        self._orders.drop(End.OFFLINE, at, why)

    # --- one turn --------------------------------------------------------------------------------------

    def _begin(self, at: float) -> Exchange:
        if self._login.ready:
            command, self._order = self._turns.next(at)
        else:
            command = self._login.next()
        not_after = None if self._order is None else self._order.not_after
        if isinstance(command, SetKey):
            self._login.offer(command.key)
        self._asked = command
        sequence, wire = self._link.wrap(command)
        self._exchange = Exchange(self.address, sequence, wire, not_after, crc=self._link.crc)
        return self._exchange

    def _alive(self, at: float) -> None:
        self._misses = self._damages = 0
        self._alive_at = at

    def _answered(self, frame: Frame, at: float) -> None:
        if not self._login.ready:
            self._login_step(frame, at)
            return
        try:
            reply = self._link.unwrap(frame)
        except SessionLost:
            self._session_lost(at)
            return
        except WireError as error:
            self._over(at)
            self._malformed(str(error), at)
            if self._order is not None:
                order, self._order = self._order, None
                self._orders.settle(order, End.UNPROVEN, at, detail="its answer made no sense")
            return
        if isinstance(reply, Nak):
            self.counters.naks += 1
            if reply.reason == NakReason.BAD_CHECK:
                self._give_up_if_late(at)  # the same bytes again
                return
            if reply.reason in LINK_NAKS:
                self._link_refused(reply.reason, at)
                return
        self._over(at)
        self._take(reply, at)

    def _login_step(self, frame: Frame, at: float) -> None:
        if frame.block is None and frame.code == Nak.CODE and frame.data[:1] == BAD_CHECK:
            return  # the same bytes again
        self._exchange = None
        try:
            self._login.take(frame)
        except LoginFailed as failure:
            self._login_failed(failure, at)
        except SessionLost:
            self._session_lost(at)
        except WireError as error:
            self._not_before = at + self.timings.retry_key_s
            self._malformed(str(error), at)
            self._restart(at, forget=False)
        else:
            self._report_early(at)
            if self._login.ready:
                self._come(at)

    def _login_failed(self, failure: LoginFailed, at: float) -> None:
        """Try again in a while. Without the key it is offline at once; a mere no has as long as silence."""
        self._not_before = at + self.timings.retry_key_s
        if failure.security and self.online and failure.refused:
            self._refusals += 1
            self._why = str(failure)
            if self._refusals == 1:  # often it is only the session that the device has lost
                self._not_before = at + self.timings.busy_wait_s
            else:
                self.troubles.note("security", str(failure), at, active=True)
            self._restart(at, forget=False)
        elif failure.security:
            self.troubles.note("security", str(failure), at, active=True)
            self.leave(str(failure), at)
        else:
            self._restart(at, forget=False)

    def _report_early(self, at: float) -> None:
        """Pass on what it said of its own accord before its login was over."""
        for reply in self._login.reports:
            self.happenings.append(Reported(reply, at))
        self._login.reports.clear()

    def _over(self, at: float) -> None:
        """End the exchange: its answer is proven as far as this reader must prove anything."""
        self._exchange = None
        self._proven_at = at
        self.counters.replies += 1

    def _take(self, reply: Reply, at: float) -> None:
        order, self._order = self._order, None
        if order is not None:
            self._turns.answered(order.command, reply, at)
        if order is not None and isinstance(reply, Nak):
            self._orders.settle(order, End.REFUSED, at, reply, nak_text(reply.reason))
            self._login.withdraw()
        elif order is not None and isinstance(order.command, SetKey):
            self._order = order
            self._restart(at, forget=False)
        elif order is not None:
            self._orders.settle(order, End.DONE, at, reply)
        elif not isinstance(reply, Nak):
            self.troubles.note("security", "", at, active=False)
        if not isinstance(reply, Ack | Nak):
            self.happenings.append(Reported(reply, at, asked=order is not None))

    def _come(self, at: float) -> None:
        self._proven_at = at
        self._refusals = 0
        self._why = NO_REPLY
        if self._rekey is not None and isinstance(self._rekey.command, SetKey):
            proven = self._login.key == self._rekey.command.key
            end, detail = (End.DONE, "") if proven else (End.REFUSED, "it still has the key it had")
            self._orders.settle(self._rekey, end, at, Ack() if proven else None, detail)
            self._rekey = None
        self.counters.sessions += self._link.secure
        identity, capabilities = self._login.who
        if self.security is not Security.OFF:
            self.troubles.note("security", "", at, active=False)
        if not self.online:
            self.online = True
            self.happenings.append(Came(at, identity, capabilities, self._login.texts, self._login.cuid))
        self.troubles.in_use(self.security, self._login.key, at)
        changed = self._expected.differences(identity, self._login.cuid)
        self.troubles.note("identity_changed", changed, at, active=bool(changed))
        asked = questions(capabilities, self.timings.receive_bytes)
        self._turns.survey = deque(each for each in asked if code_of(each) not in self._avoided)

    # --- what goes wrong -------------------------------------------------------------------------------

    def _session_lost(self, at: float) -> None:
        self.counters.sessions_lost += 1
        self.troubles.again("sessions_lost", "its link breaks off again and again", at)
        if self._order is None and not isinstance(self._asked, Poll):
            self._avoided.add(code_of(self._asked))
        self._restart(at, forget=False)

    def _link_refused(self, reason: int, at: float) -> None:
        """Begin anew after a NAK of sequence or security; a clear link that is refused waits a little."""
        if not self._link.secure and reason != NakReason.SEQUENCE:
            self.troubles.note("security", f"in clear it refuses: {nak_text(reason)}", at, active=True)
            self._not_before = at + self.timings.retry_key_s
        self._session_lost(at)

    def _restart(self, at: float, *, forget: bool) -> None:
        """Forget the link. The order on the wire is sent anew: what it does, it does once or twice alike."""
        self._exchange = None
        self._login.restart(forget=forget)
        self._turns.restart()
        if self._order is not None:
            order, self._order = self._order, None
            if isinstance(order.command, SetKey):
                self._rekey = order  # only a session with the new key proves it
            else:
                self._orders.give_back(order, at)

    def _give_up_if_late(self, at: float) -> None:
        """Stop repeating an order whose time has passed. The device may have it: so the link begins anew."""
        if self._exchange is not None and self._exchange.late(at):
            self._restart(at, forget=False)

    def _malformed(self, detail: str, at: float) -> None:
        self.counters.malformed += 1
        self.troubles.malformed(detail, at)
