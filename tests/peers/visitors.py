"""A site whose doors have readers of codes, and an office that issues passes for them."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import timedelta
from typing import TYPE_CHECKING, Self

from agent.clock import SystemClock
from agent.demo.building import GARAGE, GATEWAY, LOBBY
from agent.doors.passes import HELD_S
from agent.office.passes import issue_pass
from drivers.simulator.line import Line
from protocols.tokens.token import peek
from tests.peers.site import Site

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

    from agent.store.rows import Row

VISITOR = 0x0C0FFEE0

_PORT = """\
[[port]]
kind = "qr-serial"
name = "{reader}-port"
device = "{device}"
reader = "{reader}"
repeat_s = 0

"""


class Visitors:
    """A site with readers of codes. online: whether there is a broker, so that lists reach the gateway."""

    def __init__(
        self, folder: Path, *, online: bool = False, change: tuple[tuple[str, str], ...] = ()
    ) -> None:
        self.online = online
        clock = SystemClock(assume_synced=True)
        self.lines = {door: Line([], clock.monotonic) for door in (LOBBY, GARAGE)}
        ports = "".join(
            _PORT.format(reader=f"{door}-qr", device=line.path) for door, line in self.lines.items()
        )
        board = '[[port]]\nkind = "modbus"'
        readers = tuple(
            (
                f'readers = [{{ reader = "{door}-in"',
                f'readers = [{{ reader = "{door}-qr" }}, {{ reader = "{door}-in"',
            )
            for door in self.lines
        )
        self.site = Site(folder, change=((board, ports + board), *readers, *change))
        self._stack = ExitStack()
        self._read_at: dict[tuple[str, str], float] = {}

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            for line in self.lines.values():
                stack.enter_context(line)
            stack.enter_context(self.site)
            if not self.online:
                self.site.broker.kill()
            self.visitor = self.site.office.add_resident(VISITOR)
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.__exit__(kind, error, trace)

    def start(self) -> None:
        """Start the daemon, and wait until all its readers answer."""
        newest = self.site.head()
        self.site.start(online=self.online)
        self.readers_online(newest)

    def readers_online(self, after: int) -> None:
        """Wait until both readers of codes and the board are there, in records above `after`."""
        wanted = {"lobby-qr", "garage-qr", "board-1"}
        self.site.until(
            lambda: (
                wanted <= {row.data()["device"] for row in self.site.rows("device.online") if row.seq > after}
            ),
            "readers of codes online",
        )

    def issue(
        self,
        *,
        uses: int = 2,
        doors: tuple[str, ...] = (LOBBY,),
        for_s: float = 3600,
        host: str | None = None,
    ) -> str:
        """Have the office issue a pass that is good from now on; return its token."""
        now = self.site.clock.utc()
        token, _ = issue_pass(
            self.site.office.book,
            self.visitor,
            gateway=GATEWAY,
            doors=doors,
            valid_from=now,
            valid_until=now + timedelta(seconds=for_s),
            uses=uses,
            by="tester",
            at=now,
            host=host,
        )
        return token

    def number(self, token: str) -> str:
        """Return the number of a pass."""
        return str(peek(token)[1]["jti"])

    def say(self, token: str, door: str = LOBBY) -> None:
        """Have a reader print a code, at once."""
        self.lines[door].say(f"{token}\r\n".encode())

    def show(self, token: str, door: str = LOBBY) -> Row:
        """Show a code anew, as somebody who took it from the glass before; return the record of that."""
        clock = self.site.clock
        last = self._read_at.get((door, token), float("-inf"))
        self.site.until(lambda: clock.monotonic() > last + HELD_S, "a glass that was empty of it")
        before = self.site.head()
        self.say(token, door)
        self.site.until(lambda: bool(self.entries(before)), "the record of a pass")
        self._read_at[door, token] = clock.monotonic()
        return self.entries(before)[0]

    def entries(self, after: int = 0) -> list[Row]:
        """Return the records of all presentations above `after`."""
        return [row for row in self.site.rows() if row.kind.startswith("entry.") and row.seq > after]
