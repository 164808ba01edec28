"""A sight of the feed as a line for people: how long after what, who, and what. Pure but for its memory."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final, assert_never

from rich.cells import cell_len
from rich.text import Text

from agent.cli.words import known, say
from agent.demo.feed import Act, Note, Phrase, Relay, Sight, Title, Told, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator

    from protocols.mqtt.events import Event

TIME_CELLS: Final = 10
WHO_CELLS: Final = 9
WORTH_TIMING_S: Final = 100.0
"""What follows so long after somebody acted does not follow from that act."""
MS_UP_TO_S: Final = 1.0
CAUSED_WITHIN_S: Final = 2.0
"""A relay that is on and driven again so soon after an act is driven for that act; else it is a renewal."""
ID_SHOWN: Final = 10
"""Characters of an opaque id: enough to compare two lines by eye."""

QUIET: Final = frozenset(
    {
        "agent.started",
        "clock.changed",
        "door.released",  # the relay's own line says it
        "link.up",
        "message.dropped",
        "order.accepted",  # its sender's line says it
        "roster.enforced",  # the receipts say it
    }
)
"""Events that are shown only where the whole backlog is."""

PROMPTER: Final = "demo"
"""Who answers at the prompt: what it says follows from what was typed, after no time."""

GOOD: Final = "green"
BAD: Final = "bold red"
STYLES: Final = {
    "entry.granted": GOOD,
    "entry.denied": "red",
    "order.refused": "red",
    "door.forced": BAD,
    "door.held": BAD,
    "door.release_failed": BAD,
    "device.offline": BAD,
    "fire.on": BAD,
}


class Lines:
    """Turns sights into lines, in their order. Remembers who acted last, and which relays are on."""

    def __init__(self) -> None:
        self._acted_at = -math.inf
        self._on_until: dict[str, float] = {}
        self._driven: set[str] = set()
        self._up = False

    def of(self, sight: Sight) -> Iterator[Text]:
        """Give the lines of a sight; none for what says nothing new."""
        match sight.what:
            case Title(number, what, about, up):
                self._up = up
                mark = "" if number is None else f"{number} "
                yield Text()
                yield Text(f"{mark}{_words(what)}", style="bold cyan")
                for line in _words(about).splitlines():
                    yield Text(f"{' ' * len(mark)}{line}", style="dim")
            case Verdict(_, what, _, good):
                mark = "✓" if good else "✗"
                line = f"{'':>{TIME_CELLS}}  {mark} {_words(what)}"
                yield Text(line, style=f"bold {GOOD}" if good else BAD)
            case Act(who, what):
                self._acted_at = sight.at
                self._driven.clear()
                yield self._line(sight.at, who, Text(_words(what), style="bold"))
            case Note(who, what, good):
                at = self._acted_at if who == PROMPTER else sight.at
                yield self._line(at, who, Text(_words(what), style="" if good else "red"))
            case Relay(door, for_s):
                yield from self._relay(sight.at, door, for_s)
            case Told(event):
                yield from self._told(sight.at, event)
            case _:
                assert_never(sight.what)

    def _relay(self, at: float, door: str, for_s: float) -> Iterator[Text]:
        was_on = at < self._on_until.get(door, -math.inf)
        self._on_until[door] = at + for_s
        if for_s <= 0:
            if was_on:
                yield self._line(at, "relay", Text(say("demo.relay_off", door=door)))
            return
        caused = at - self._acted_at < CAUSED_WITHIN_S and door not in self._driven
        self._driven.add(door)
        if was_on and not caused:
            return
        held = math.isinf(for_s)
        text = say("demo.relay_held", door=door) if held else say("demo.relay_on", door=door, s=for_s)
        yield self._line(at, "relay", Text(text, style="bold yellow"))

    def _told(self, at: float, event: Event) -> Iterator[Text]:
        backlog = event.historical and self._up
        if not backlog and (event.kind in QUIET or not known(f"demo.{event.kind}")):
            return
        if event.kind == "door.closed" and event.body.get("unwatched"):
            return  # the first look at a door that was closed all along
        text = Text()
        text.append(f"#{event.seq} ", style="dim")
        text.append(about(event), style=STYLES.get(event.kind, ""))
        if backlog:
            text.append(f" · {say('demo.old', s=at - event.mono_ms / 1000)}", style="dim")
        yield self._line(at, "centre", text)

    def _line(self, at: float, who: str, text: Text) -> Text:
        line = Text()
        line.append(f"{_time(at - self._acted_at):>{TIME_CELLS}}  ", style="dim")
        name = say(f"demo.who_{who}")
        line.append(name + " " * max(1, WHO_CELLS - cell_len(name)), style="cyan")
        return line.append_text(text)


def about(event: Event) -> str:
    """Return what an event says, in people's words; its kind where there are none."""
    key = f"demo.{event.kind}"
    said = say(key, **event.body) if known(key) else event.kind
    parts = [f"{event.door}: {said}" if event.door else said]
    reason = event.body.get("reason")
    if isinstance(reason, str):
        parts.append(reason_in_words(reason))
    person = event.body.get("person")
    if isinstance(person, str):
        parts.append(say("demo.person", person=f"{person[:ID_SHOWN]}…"))
    return " · ".join(parts)


def reason_in_words(code: str) -> str:
    """Return a reason code with its words; the code alone where there are none."""
    key = f"reason.{code}"
    return say("demo.because", code=code, reason=say(key)) if known(key) else code


def _words(phrase: Phrase) -> str:
    """Return a phrase in the language of the locale; a reason code in it gets its words."""
    values = dict(phrase.values)
    if isinstance(reason := values.get("reason"), str):
        values["reason"] = reason_in_words(reason)
    return say(f"demo.{phrase.key}", **values)


def _time(after_s: float) -> str:
    if not 0 < after_s < WORTH_TIMING_S:
        return ""
    return f"+{after_s * 1000:.0f} ms" if after_s < MS_UP_TO_S else f"+{after_s:.1f} s"
