"""Lines that are cut, that hang, and brokers that die: nothing is lost, and nothing is sent out of order."""

from __future__ import annotations

import random
import time
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

from agent.sync.facts import LinkUp, Sent
from tests.peers.broker import Broker
from tests.peers.centre import Centre, until
from tests.peers.gateway import NAME, Gateway, plain
from tests.peers.relay import Relay

CUTS = 20
OPEN_FILES = Path("/proc/self/fd")


def test_nothing_is_lost_over_twenty_cuts_at_random_moments(tmp_path: Path) -> None:
    chance = random.Random(20261122)
    (tmp_path / "broker").mkdir()
    with (
        Broker(tmp_path / "broker") as broker,
        Centre(broker.port) as centre,
        Relay(broker.port) as wire,
        Gateway(tmp_path, plain(wire.port)) as gateway,
    ):
        last = 0
        gateway.up()
        held = len(list(OPEN_FILES.iterdir()))
        for cut in range(CUTS):
            gateway.up(cut + 1, within_s=30)
            last = gateway.record(chance.choice([1, 7, 90, 700]))
            passed = wire.passed
            if chance.random() < 0.7:  # in the middle of what is being sent, where there is enough of it
                until(lambda before=passed: wire.passed > before, 5)  # type: ignore[misc]
                time.sleep(chance.random() * 0.02)
            wire.cut()
            gateway.down(cut + 1)
        gateway.sent(last, within_s=30)
        until(lambda: centre.numbers(NAME) == set(range(1, last + 1)))
        assert len(list(OPEN_FILES.iterdir())) <= held + 8, "a session leaves nothing open"
        epochs = [fact.epoch for fact in gateway.facts(LinkUp)]
        assert epochs == sorted(set(epochs))
        history = [event.seq for event in centre.events(NAME) if event.historical]
        assert_rises_but_for_what_is_sent_again(history, CUTS)
        told = [fact.seq for fact in gateway.facts(Sent)]
        assert told == sorted(set(told))


def assert_rises_but_for_what_is_sent_again(numbers: list[int], sessions: int) -> None:
    """History is in order within a session, and a new session begins at or below where the last one was."""
    falls = sum(later <= earlier for earlier, later in pairwise(numbers))
    assert falls <= sessions


def test_a_line_that_hangs_without_a_word_is_given_up_and_made_anew(tmp_path: Path) -> None:
    (tmp_path / "broker").mkdir()
    with (
        Broker(tmp_path / "broker") as broker,
        Centre(broker.port) as centre,
        Relay(broker.port) as wire,
        Gateway(tmp_path, replace(plain(wire.port), keepalive_s=1)) as gateway,
    ):
        gateway.up()
        wire.held = True
        last = gateway.record(5)
        gateway.down()
        wire.held = False
        gateway.up(2)
        gateway.sent(last)
        until(lambda: centre.numbers(NAME) == set(range(1, last + 1)))


def test_a_broker_that_is_restarted_many_times_ends_with_everything(tmp_path: Path) -> None:
    (tmp_path / "broker").mkdir()
    with (
        Broker(tmp_path / "broker", persistent=True) as broker,
        Centre(broker.port) as centre,
        Gateway(tmp_path, plain(broker.port)) as gateway,
    ):
        last = 0
        for turn in range(4):
            gateway.up(turn + 1)
            last = gateway.record(400)
            broker.restart(kill=turn % 2 == 1)
        gateway.up(5)
        gateway.sent(last, within_s=30)
        whole = set(range(1, last + 1))
        for _ in range(5):  # a killed broker loses what it had not saved; a centre asks for the gaps
            try:
                until(lambda: centre.numbers(NAME) >= whole, 3)
            except AssertionError:
                missing = sorted(whole - centre.numbers(NAME))
                centre.replay(NAME, missing[0], missing[-1])
        assert centre.numbers(NAME) == whole
