"""The terminal: a thread that follows the feed and prints its lines, also while a person types."""

from __future__ import annotations

import readline
import signal
import threading
from typing import TYPE_CHECKING, Final

from agent.demo.lines import Lines

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

    from agent.demo.feed import Feed

LOOK_EVERY_S: Final = 0.1
"""How soon the thread sees that it shall stop."""
CLEAR_LINE: Final = "\r\x1b[K"
PROMPT: Final = "menshen> "


class Screen:
    """Shows a feed on a console. `start`, then `stop`, which shows what is left first.

    To be made in the main thread, which gets SIGHUP when the console's file is closed.
    """

    def __init__(self, feed: Feed, console: Console) -> None:
        self.console = console
        self._feed = feed
        self._lines = Lines()
        self._shown = 0
        self._stopping = threading.Event()
        self._writing = threading.Lock()
        self._caught_up = threading.Condition()
        self._prompting = False
        self._main = threading.get_ident()
        self._thread = threading.Thread(target=self._follow, name="demo-screen", daemon=True)

    def start(self) -> None:
        """Begin to follow the feed."""
        self._thread.start()

    def stop(self) -> None:
        """Show what is left, and end. May be called again."""
        self._stopping.set()
        if self._thread.ident is not None:
            self._thread.join()

    def say(self, *lines: str | Text) -> None:
        """Print lines after all that was seen so far."""
        self._catch_up()
        with self._writing:
            self._print(lines)

    def ask(self) -> str:
        """Return the next line that the person types. Raises EOFError at the end of the input.

        What happens meanwhile is shown above the line, which keeps what was typed.
        """
        self._catch_up()
        readline.set_startup_hook(self._begin_prompt if self.console.is_terminal else None)
        try:
            return input(PROMPT if self.console.is_terminal else "")
        except (EOFError, KeyboardInterrupt):
            self._prompting = False
            if self.console.is_terminal:
                self.console.print()  # leave the line that was begun
            raise
        finally:
            with self._writing:
                self._prompting = False
            readline.set_startup_hook(None)

    def _begin_prompt(self) -> None:
        self._prompting = True

    def _catch_up(self) -> None:
        """Wait until all that was seen so far is printed."""
        wanted = self._feed.mark()
        with self._caught_up:
            self._caught_up.wait_for(lambda: self._shown >= wanted or not self._thread.is_alive())

    def _follow(self) -> None:
        while True:
            last = self._stopping.is_set()
            sights = self._feed.since(self._shown, 0.0 if last else LOOK_EVERY_S)
            lines = [line for sight in sights for line in self._lines.of(sight)]
            try:
                with self._writing:
                    self._print(lines)
            except (OSError, SystemExit):  # the second is what rich makes of a pipe that nobody reads
                signal.pthread_kill(self._main, signal.SIGHUP)
                return
            with self._caught_up:
                self._shown += len(sights)
                self._caught_up.notify_all()
            if last:
                return

    def _print(self, lines: list[Text] | tuple[str | Text, ...]) -> None:
        if not lines:
            return
        if self._prompting:
            self.console.file.write(CLEAR_LINE)
        for line in lines:
            self.console.print(line, soft_wrap=True, highlight=False, markup=False)
        if self._prompting:
            self.console.file.write(PROMPT + readline.get_line_buffer())
        self.console.file.flush()
