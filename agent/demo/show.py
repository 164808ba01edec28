"""The demo from first to last: comes up, tells its story, lets the person play, and cleans up."""

from __future__ import annotations

import readline
import signal
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Final, NoReturn

from rich.console import Console

from agent.cli.words import say
from agent.clock import SystemClock
from agent.demo.commands import completions
from agent.demo.feed import Feed, NotSeen, Phrase, Title
from agent.demo.screen import Screen
from agent.demo.script import STORY, TimeIsUp, play
from agent.demo.session import converse
from agent.demo.town import Town

if TYPE_CHECKING:
    from types import FrameType

    from agent.demo.broker import BrokerKind

ENDING: Final = (signal.SIGTERM, signal.SIGHUP)
"""What ends the demo besides ^C: a supervisor, a terminal that is closed."""
INTERRUPTING: Final = (*ENDING, signal.SIGINT, signal.SIGALRM)
DIED_OF: Final = 128
"""What a shell adds to a signal's number in an exit code."""


def show(*, headless: bool, seconds: float | None, kind: BrokerKind | None) -> int:
    """Run the demo and return 0 when all of its story happened.

    headless: end after the story. seconds: give up, or leave the prompt, after so long. kind: of broker; None
    takes what there is. Raises NotSeen with what did not happen, Unavailable without a broker, and
    KeyboardInterrupt. Whatever happens, no process, thread or file is left.
    """
    clock = SystemClock()
    began = clock.monotonic()
    feed = Feed(clock.monotonic)
    screen = Screen(feed, Console(file=sys.stdout, highlight=False))
    with ExitStack() as stack:
        stack.callback(screen.say, say("demo.goodbye"))
        signal.pthread_sigmask(signal.SIG_BLOCK, INTERRUPTING)  # a folder half made would be nobody's
        try:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="menshen-demo-")))
            _heed_signals(stack, seconds)
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, INTERRUPTING)
        stack.callback(screen.stop)
        screen.start()
        feed.put(Title(None, Phrase("opening"), Phrase("opening_about"), up=False))
        try:
            town = stack.enter_context(Town(folder, clock, feed, kind))
        except NotSeen as error:
            raise NotSeen(say("demo.not_started", why=error)) from error
        stack.callback(screen.stop)  # before the town is taken down: how it ends is nobody's story
        stack.callback(_end_in_peace)
        play(STORY, town, feed, clock.monotonic)
        took_s = clock.monotonic() - began
        screen.say("", say("demo.happened", count=len(STORY), s=took_s))
        if not headless:
            _complete_words()
            try:
                converse(town, feed, clock, screen.ask, screen.say)
            except TimeIsUp as error:
                screen.say("", str(error))
    return 0


def _heed_signals(stack: ExitStack, seconds: float | None) -> None:
    """Let signals and the end of the time arrive as exceptions in this thread, until `stack` is left."""

    def ended(number: int, _frame: FrameType | None) -> NoReturn:
        raise SystemExit(DIED_OF + number)

    def over(_number: int, _frame: FrameType | None) -> NoReturn:
        raise TimeIsUp(say("demo.time_over", seconds=seconds))

    for number in ENDING:
        before = signal.getsignal(number)
        if before is not signal.SIG_IGN:  # nohup means it
            stack.callback(signal.signal, number, before)
            signal.signal(number, ended)
    stack.callback(signal.signal, signal.SIGINT, signal.getsignal(signal.SIGINT))
    if seconds is not None:
        stack.callback(signal.signal, signal.SIGALRM, signal.signal(signal.SIGALRM, over))
        stack.callback(signal.setitimer, signal.ITIMER_REAL, 0)
        signal.setitimer(signal.ITIMER_REAL, seconds)


def _end_in_peace() -> None:
    """Let nothing interrupt the clean-up: it is bounded, and what it would leave behind is not."""
    signal.setitimer(signal.ITIMER_REAL, 0)
    for number in (*ENDING, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)


def _complete_words() -> None:
    """Have the tab key complete commands, cards and doors."""

    def complete(word: str, state: int) -> str | None:
        found = completions(readline.get_line_buffer()[: readline.get_endidx()], word)
        return found[state] if state < len(found) else None

    readline.set_completer(complete)
    readline.set_completer_delims(" ")
    readline.parse_and_bind("tab: complete")
