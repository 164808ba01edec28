"""The small pure parts: back-off, throttle, complaints, nonces, mirror, settings, bell and wishes."""

from __future__ import annotations

import select
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.sync.backoff import LONGEST_S, delay_s
from agent.sync.bell import Bell
from agent.sync.complaints import KINDS, QUIET_S, Complaints
from agent.sync.facts import Dropped
from agent.sync.mirror import TOPICS, Mirror, Shown, stamped, topic_of, will
from agent.sync.nonces import NONCE_BYTES, RENEWED_S, RENEWED_SYNCED_S, Nonces
from agent.sync.settings import LinkSettings, Tls
from agent.sync.throttle import Throttle
from agent.sync.wishes import Wishes
from protocols.mqtt.payloads import Birth, DoorState, Health, LinkHealth, OutboxHealth, State
from protocols.mqtt.roster_messages import ReceiptMessage
from protocols.tokens.command import OPEN_LIFE_S

AT = datetime(2026, 11, 22, 8, 15, 30, tzinfo=UTC)
LATER = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


@given(st.integers(-1, 10_000), st.floats(0, 1, exclude_max=True))
def test_a_delay_is_never_nothing_and_never_beyond_a_minute(failures: int, chance: float) -> None:
    assert 0.5 <= delay_s(failures, chance) <= LONGEST_S


def test_delays_double_and_chance_spreads_them() -> None:
    assert [delay_s(n, 0.0) for n in range(1, 9)] == [1, 2, 4, 8, 16, 32, 60, 60]
    assert delay_s(3, 0.5) == 3.0


def test_a_throttle_lets_a_burst_through_and_then_its_rate() -> None:
    throttle = Throttle(3, 2.0, 0.0)
    assert [throttle.admit(0.0) for _ in range(4)] == [True, True, True, False]
    assert [throttle.admit(0.5), throttle.admit(0.5)] == [True, False]
    assert throttle.admit(1000.0, cost=3)
    assert not throttle.admit(1000.0, cost=0.1)


def test_a_complaint_is_heard_once_a_minute_with_its_count() -> None:
    complaints = Complaints()
    assert complaints.note("cmd", "retained", 0.0) == Dropped("cmd", "retained", 1)
    assert [complaints.note("cmd", "retained", 1.0) for _ in range(5)] == [None] * 5
    assert complaints.note("cmd", "malformed", 1.0) == Dropped("cmd", "malformed", 1)
    assert complaints.note("cmd", "retained", QUIET_S) == Dropped("cmd", "retained", 6)


def test_complaints_are_bounded() -> None:
    complaints = Complaints()
    for number in range(2 * KINDS):
        complaints.note("kind", str(number), 0.0)
    assert complaints.note("kind", "another", QUIET_S) == Dropped("message", "other", KINDS)


def fresh(number: int) -> bytes:
    return bytes([number]) * NONCE_BYTES


def test_two_nonces_count_and_the_third_ends_the_first() -> None:
    nonces = Nonces()
    assert nonces.newest is None
    assert nonces.due(0.0, synced=True)
    one = nonces.renewed(fresh(1), 0.0)
    two = one.renewed(fresh(2), 10.0)
    three = two.renewed(fresh(3), 20.0)
    assert one.counting(1.0, synced=False) == (one.newest,)
    assert two.counting(11.0, synced=False) == (two.newest, one.newest)
    assert three.counting(21.0, synced=False) == (three.newest, two.newest)


def test_without_a_clock_no_nonce_is_believed_longer_than_an_open_lives() -> None:
    assert 2 * RENEWED_S <= OPEN_LIFE_S
    nonces = Nonces().renewed(fresh(1), 0.0).renewed(fresh(2), RENEWED_S)
    assert not nonces.due(RENEWED_S + RENEWED_S - 0.1, synced=False)
    assert nonces.due(2 * RENEWED_S, synced=False)
    assert nonces.counting(2 * RENEWED_S - 0.1, synced=False) == nonces.valid
    assert nonces.counting(2 * RENEWED_S, synced=False) == nonces.valid[:1]
    assert nonces.counting(3 * RENEWED_S, synced=False) == ()
    assert nonces.counting(RENEWED_SYNCED_S, synced=True) == nonces.valid


def test_a_nonce_is_made_of_sixteen_bytes() -> None:
    with pytest.raises(ValueError, match="16 random bytes"):
        Nonces().renewed(b"short", 0.0)


DOOR = DoorState(
    gw="gw", door="lobby", epoch=0, at=AT, lock="locked", contact="open", mode="held", fire=False
)
BIRTH = Birth(
    gw="gw",
    epoch=0,
    at=AT,
    started_at=AT,
    boot_id="b",
    clock="synced",
    version="0",
    mqtt="5",
    key="k",
    revision=0,
)
STATE = State(gw="gw", online=True, epoch=0, at=AT)
HEALTH = Health(
    gw="gw",
    epoch=0,
    at=AT,
    clock="synced",
    version="0",
    uptime_s=1,
    outbox=OutboxHealth(depth=0, sent=0, confirmed=0, capacity=1, percent=0),
    link=LinkHealth(mqtt="5", sessions=1),
)
RECEIPT = ReceiptMessage(gw="gw", revision=0, digest="0" * 64, enforced_at=None)


def test_each_document_has_its_topic() -> None:
    shown: list[Shown] = [BIRTH, STATE, HEALTH, DOOR, RECEIPT]
    assert [topic_of(one).removeprefix("menshen/v1/gw/") for one in shown] == [
        "birth",
        "state",
        "health",
        "door/lobby/state",
        "roster/receipt",
    ]


def test_a_document_goes_out_under_the_session_that_says_it() -> None:
    birth = Birth.read(stamped(BIRTH, 7, LATER, "3.1.1"))
    assert (birth.epoch, birth.at, birth.started_at, birth.mqtt) == (7, LATER, AT, "3.1.1")
    state = State.read(stamped(STATE, 7, LATER, "5"))
    assert (state.epoch, state.at) == (7, LATER)
    for kept in (DOOR, HEALTH):
        said = type(kept).read(stamped(kept, 7, LATER, "5"))
        assert (said.epoch, said.at) == (7, AT)
    assert ReceiptMessage.read(stamped(RECEIPT, 7, LATER, "5")) == RECEIPT
    assert stamped(b"raw", 7, LATER, "5") == b"raw"
    assert State.read(will("gw", 7)) == State(gw="gw", online=False, epoch=7)


def test_a_session_says_birth_and_state_first_and_all_the_rest_again() -> None:
    mirror = Mirror("gw")
    for document in (DOOR, HEALTH, STATE, BIRTH):
        mirror.hold(topic_of(document), document)
    while mirror.take() is not None:
        pass
    mirror.everything()
    said = [found[1] for found in iter(mirror.take, None)]
    assert said == [BIRTH, STATE, DOOR, HEALTH]


def test_only_the_newest_of_a_topic_is_said() -> None:
    mirror = Mirror("gw")
    mirror.hold("a", b"1")
    mirror.hold("a", b"2")
    assert mirror.take() == ("a", b"2")
    assert mirror.take() is None


def test_the_mirror_is_bounded() -> None:
    mirror = Mirror("gw")
    for number in range(TOPICS):
        mirror.hold(str(number), b"")
    mirror.hold("0", b"again")
    with pytest.raises(ValueError, match="retained topics"):
        mirror.hold("one more", b"")


def test_settings_ask_for_tls_or_for_clear_text_in_writing() -> None:
    LinkSettings("h", 1, "gw", tls=Tls())
    LinkSettings("h", 1, "gw", cleartext=True)
    for bad in ({}, {"tls": Tls(), "cleartext": True}):
        with pytest.raises(ValueError, match="in writing"):
            LinkSettings("h", 1, "gw", **bad)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="a name has"):
        LinkSettings("h", 1, "g/w", cleartext=True)
    with pytest.raises(ValueError, match="go together"):
        Tls(certificate=Path("c"))


def test_settings_do_not_print_a_password() -> None:
    assert "secret" not in repr(LinkSettings("h", 1, "gw", cleartext=True, password=b"secret"))


def rings(bell: Bell) -> bool:
    return bool(select.select([bell], [], [], 0)[0])


def test_a_bell_rings_until_it_is_heard_and_many_rings_are_one() -> None:
    bell = Bell()
    assert not rings(bell)
    for _ in range(100_000):
        bell.ring()
    assert rings(bell)
    bell.hush()
    bell.hush()
    assert not rings(bell)
    bell.ring()
    assert rings(bell)
    bell.close()
    bell.close()
    bell.ring()
    bell.hush()


def test_wishes_are_notes_that_are_taken_once() -> None:
    bell = Bell()
    wishes = Wishes(bell)
    assert not wishes.take_woken()
    wishes.wake()
    wishes.wake()
    assert rings(bell)
    assert [wishes.take_woken(), wishes.take_woken()] == [True, False]
    wishes.want((7, 0))
    assert wishes.chunk == (7, 0)
    wishes.stop()
    wishes.rest(60)
    assert wishes.stopping
    bell.close()
