"""The list's keeper: takes the office's messages one by one, and says what became of each.

Called by the loop alone, on its thread. A call does a slice of some milliseconds; what is larger goes on in
`work`, so that a card never waits for a list. Doors read the list in force until the commit that replaces it.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final, TypeVar

from agent.errors import StoreError
from agent.roster.apply import ROWS_MOST, activation_steps, chunk_steps, delta_steps
from agent.roster.results import Applied, Ignored, Reason, Refusal, Refused, Result, Waiting, Wanted, Working
from agent.roster.snapshot import Assembly, Worth
from protocols.mqtt.errors import MessageError
from protocols.mqtt.roster_messages import Chunk, Delta, Head, SnapshotRef
from protocols.tokens.errors import TokenError
from protocols.tokens.token import LARGEST_CHARS, ROSTER_DELTA_TYP, ROSTER_HEAD_TYP, open_token

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Generator
    from datetime import datetime

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    from agent.store.roster_table import ListHead, RosterTable
    from agent.store.roster_writer import Staging
    from protocols.tokens.token import Opened

WAITING_MOST: Final = 4
"""Messages that wait behind the one in work, some MiB at most; for one more the call itself makes room."""

SMALL_BYTES: Final = 64 * 1024
"""A change of some hundred rows: below it the checks and the work go into one call."""

DOORS_TOLD: Final = 32
"""Unknown doors named in one result: enough to see the mistake."""

LONGEST_STEP: Final = 10_000
"""How far a key that may only stop cards may move the revision: however often it does, years are left."""

_D = TypeVar("_D", Head, Delta)


class Roster:
    """See the module. keys: gives the key of a name only if it is trusted with rosters.

    gw: this gateway, the audience of its messages. doors: those it has. stoppers: names of keys that may stop
    cards and passes, and do nothing else: what else they sign is refused.
    """

    def __init__(
        self,
        table: RosterTable,
        gw: str,
        keys: Callable[[str], Ed25519PublicKey | None],
        doors: Collection[str],
        stoppers: Collection[str] = (),
    ) -> None:
        self._table = table
        self._writer = table.writer
        self._gw = gw
        self._keys = keys
        self._doors = frozenset(doors)
        self._stoppers = frozenset(stoppers)
        self._head_key: str | None = None
        self._jobs: deque[Generator[None, None, Result]] = deque()
        self._done: deque[Result] = deque()
        self._need = max(table.floor, table.head().revision)
        self._diverged = False
        self._unswept = True
        self._at: datetime
        self._assembly = self._resumed()

    @property
    def busy(self) -> bool:
        """Say whether `work` has something to do."""
        return bool(self._jobs or self._done or self._unswept)

    @property
    def head(self) -> ListHead:
        """Which list is in force."""
        return self._table.head()

    @property
    def wanted(self) -> Wanted | None:
        """What this gateway lacks, as far as it knows."""
        have = self._table.head().revision
        if self._need <= have and not self._diverged:
            return None
        if have == 0:
            why = "no_list"
        elif self._table.rolled_back:
            why = "rolled_back"
        else:
            why = "wrong_digest" if self._diverged else "gap"
        return Wanted(have, max(self._need, have), why)

    def on_head(self, token: str | bytes, at: datetime) -> Result:
        """Take the retained head: the office's newest revision, and where a whole list is. at: aware."""
        return self._take(self._head_job(token), at)

    def on_delta(self, token: str | bytes, at: datetime) -> Result:
        """Take a change of the list. at: aware."""
        return self._take(self._delta_job(token), at)

    def on_chunk(self, revision: int, n: int, data: bytes, at: datetime) -> Result:
        """Take chunk `n` of the snapshot of `revision`, as the topic names them. at: aware."""
        return self._take(self._chunk_job(revision, n, data), at)

    def work(self, at: datetime) -> Result | None:
        """Carry on for some milliseconds: return what is finished, Working while something is in hand.

        None: there was only sweeping up to do. Call it whenever `busy`, between facts.
        """
        if self._done:
            return self._done.popleft()
        if self._jobs:
            result = self._step(at)
            return Working() if result is None else result
        try:
            self._unswept = self._writer.sweep()
        except StoreError:
            self._unswept = False  # what is retired opens nothing; it is swept after the next start
        return None

    def _take(self, job: Generator[None, None, Result], at: datetime) -> Result:
        self._jobs.append(job)
        if len(self._jobs) == 1:
            result = self._step(at)
            return Working() if result is None else result
        while len(self._jobs) > WAITING_MOST:
            if (result := self._step(at)) is not None:
                self._done.append(result)
        return Working()

    def _step(self, at: datetime) -> Result | None:
        """Do one slice of the first job; return its result if that was the last."""
        self._at = at
        try:
            next(self._jobs[0])
        except StopIteration as end:
            self._jobs.popleft()
            result: Result = end.value
            return result
        except Refusal as refusal:
            return self._refused(refusal.reason, refusal.detail)
        except StoreError as error:
            return self._refused(Reason.STORAGE, str(error))
        return None

    def _refused(self, reason: Reason, detail: str) -> Refused:
        self._jobs.popleft()
        self._writer.abandon()
        return Refused(reason, detail, self._need or None, self.wanted)

    # --- jobs: each yields between slices and returns what became of its message ---------------------------

    def _head_job(self, token: str | bytes) -> Generator[None, None, Result]:
        yield from ()
        opened = self._opened(token, ROSTER_HEAD_TYP)
        if opened.kid in self._stoppers:
            raise Refusal(Reason.WRONG_SCOPE, "this key may stop cards, and lay out no list")
        head = self._read(opened.body, Head)
        here = self._table.head()
        if here.granted <= head.revision < here.revision and not self._table.rolled_back:
            return Ignored("overtaken")  # the office's newest; all that came since stopped cards
        if head.revision < max(here.revision, self._table.floor):
            raise Refusal(Reason.ROLLBACK, f"revision {head.revision} after {here.revision}")
        if head.revision == here.revision:
            if (head.digest, head.count) != (here.digest.hex(), here.count):
                self._diverged = True
                raise Refusal(Reason.WRONG_DIGEST, f"another list was signed as revision {head.revision}")
            return Ignored("current")
        self._need = head.revision
        self._head_key = opened.kid
        ref = head.snapshot
        if ref is not None and ref.count > ROWS_MOST:
            raise Refusal(Reason.TOO_MANY, f"{ref.count} rows where {ROWS_MOST} are the most")
        if ref is None or ref.revision <= here.revision or ref.revision < self._table.floor:
            return Waiting(head.revision, (), self.wanted)
        if self._assembly is None or self._assembly.ref != ref:
            self._writer.stage(ref.revision, ref.encode().decode())
            self._assembly = Assembly(ref)
            self._unswept = True
        if not self._assembly.missing:
            return (yield from self._activate(self._assembly))
        return Waiting(ref.revision, self._assembly.missing, self.wanted)

    def _delta_job(self, token: str | bytes) -> Generator[None, None, Result]:
        opened = self._opened(token, ROSTER_DELTA_TYP)
        if len(opened.body) > SMALL_BYTES:
            yield
        delta = self._read(opened.body, Delta)
        if len(opened.body) > SMALL_BYTES:
            yield
        here = self._table.head()
        if delta.revision == here.revision:
            return Ignored("current")
        if delta.revision < max(here.revision, self._table.floor):
            raise Refusal(Reason.ROLLBACK, f"revision {delta.revision} after {here.revision}")
        granting = opened.kid not in self._stoppers
        if not granting:
            _check_stops(delta, here.revision)
        self._need = max(self._need, delta.revision)
        if delta.base != here.revision:
            raise Refusal(Reason.GAP, f"a change of revision {delta.base}, here is {here.revision}")
        try:
            change = yield from delta_steps(self._writer, delta, self._now, granting=granting)
        except Refusal as refusal:
            self._diverged = self._diverged or refusal.reason is Reason.WRONG_DIGEST
            raise
        self._in_force()
        return self._applied("delta", change.put, change.removed, opened.kid)

    def _chunk_job(self, revision: int, n: int, data: bytes) -> Generator[None, None, Result]:
        assembly = self._assembly
        worth = Worth.FOREIGN if assembly is None else assembly.judge(revision, n, data)
        if assembly is None or worth in {Worth.FOREIGN, Worth.DUPLICATE}:
            return Ignored(worth.value)
        if worth is not Worth.NEW:
            raise Refusal(Reason.WRONG_CHUNK, f"chunk {n} is not what the signed head names")
        try:
            chunk = Chunk.read(data)
        except MessageError as error:
            raise self._hopeless(Refusal(Reason.MALFORMED, str(error))) from error
        yield
        staging = self._staging()
        if (chunk.revision, chunk.n) != (revision, n):
            raise self._hopeless(Refusal(Reason.WRONG_CHUNK, f"chunk {n} says that it is another"))
        try:
            yield from chunk_steps(self._writer, staging, chunk)
        except Refusal as refusal:
            raise self._hopeless(refusal) from refusal
        self._assembly = assembly = assembly.having(n)
        if assembly.missing:
            return Waiting(revision, assembly.missing, self.wanted)
        return (yield from self._activate(assembly))

    def _activate(self, assembly: Assembly) -> Generator[None, None, Result]:
        staging = self._staging()
        try:
            yield from activation_steps(self._writer, staging, assembly.ref, self._now)
        except Refusal as refusal:
            raise self._hopeless(refusal) from refusal
        self._in_force()
        return self._applied("snapshot", staging.count, 0, self._head_key)

    # --- what they share ---------------------------------------------------------------------------------

    def _now(self) -> datetime:
        """Return the time of the call at work: a job may end some calls after it began."""
        return self._at

    def _opened(self, token: str | bytes, typ: str) -> Opened:
        """Return what a key trusted with rosters signed."""
        try:
            text = token if isinstance(token, str) else token.decode("ascii")
            return open_token(text, typ, self._keys, LARGEST_CHARS)
        except UnicodeDecodeError as error:
            raise Refusal(Reason.MALFORMED, "a token is ASCII") from error
        except TokenError as error:
            raise Refusal(Reason(error.code.value), str(error)) from error

    def _read(self, body: bytes, document: type[_D]) -> _D:
        """Return the document in `body`, if it is for this gateway."""
        try:
            found = document.read(body)
        except MessageError as error:
            raise Refusal(Reason.MALFORMED, str(error)) from error
        if found.aud != self._gw:
            raise Refusal(Reason.WRONG_AUDIENCE, "addressed to another gateway")
        return found

    def _staging(self) -> Staging:
        staging = self._writer.staging()
        if staging is None:
            raise self._hopeless(Refusal(Reason.STORAGE, "the staged list is gone"))
        return staging

    def _hopeless(self, refusal: Refusal) -> Refusal:
        """Give up the staged list: the office signed it as it is, so no other chunk will mend it."""
        self._writer.abandon()
        self._writer.drop_staging()
        self._assembly = None
        self._unswept = True
        return refusal

    def _in_force(self) -> None:
        """Read the new list's head and rules; give up a staged list that it has overtaken."""
        self._table.refresh()
        self._diverged = False
        self._unswept = True
        revision = self._table.head().revision
        if self._assembly is not None and self._assembly.ref.revision <= revision:
            self._writer.drop_staging()
            self._assembly = None

    def _applied(self, source: str, put: int, removed: int, key: str | None) -> Applied:
        head = self._table.head()
        named = {right.door for group in self._table.rules().groups.values() for right in group.rights}
        unknown = tuple(sorted(named - self._doors)[:DOORS_TOLD])
        digest, wanted = head.digest.hex(), self.wanted
        return Applied(
            head.revision, digest, head.count, self._at, source, put, removed, unknown, wanted, key
        )

    def _resumed(self) -> Assembly | None:
        """Take up the list that was being put together before a restart."""
        staging = self._writer.staging()
        if staging is None:
            return None
        try:
            ref = SnapshotRef.read(staging.head.encode())
        except MessageError:
            ref = None
        if ref is None or ref.revision <= self._table.head().revision:
            self._writer.drop_staging()
            return None
        return Assembly(ref, staging.chunks)


def _check_stops(delta: Delta, here: int) -> None:
    """Refuse a change by a key that may only stop cards where it does more, or leaps ahead of the office."""
    if not delta.only_stops:
        raise Refusal(Reason.WRONG_SCOPE, "this key may stop cards and passes, and do nothing else")
    if delta.revision - here > LONGEST_STEP:
        raise Refusal(Reason.WRONG_SCOPE, f"revision {delta.revision} is too far from {here} for this key")
