"""Hardware's words into facts about doors."""

from __future__ import annotations

from dataclasses import replace

import pytest

from agent.domain.credentials import Credential, CredentialKind, CredentialState, Holding
from agent.domain.facts import (
    Carried,
    ExitAsked,
    Fact,
    FireCleared,
    FireKeyRested,
    FireKeyTurned,
    FireKeyUnsure,
    FireRaised,
    FireUnsure,
    FromPoint,
    LeafClosed,
    LeafOpened,
    LeafUnknown,
    NotCarried,
    Noted,
    Plain,
    Presented,
    Role,
    Unreadable,
)
from agent.doors.translate import Translator, card_digest, phone_digest
from agent.doors.wiring import ReaderPlace, Wiring
from drivers.contract import (
    CardRead,
    Done,
    Event,
    Failed,
    InputChanged,
    InputState,
    KeysPressed,
    Offline,
    Online,
    OutputFound,
    PassRead,
    Trouble,
    Why,
)
from protocols.wiegand.formats import FORMATS
from protocols.wiegand.identity import CardNumber

KEY = b"k" * 32
CARD = "10111011000000110010000110"  # H10301, facility 118, card 1603
HOLDING = Holding(Credential(b"d" * 16, CredentialKind.CARD, CredentialState.ACTIVE), None)
WIRING = Wiring(
    readers={"in": ReaderPlace("lobby", "in", ("H10301", "W34_CARD32"))},
    locks={"lobby": "lock"},
    contacts={"contact": "lobby"},
    exits={"exit": "lobby"},
    fire="fire",
    fire_key="fire-key",
)


def facts(event: Event) -> tuple[Fact, ...]:
    return Translator(WIRING, lambda _digest: None, KEY).facts(event)


def unread(bits: int, why: str) -> FromPoint:
    return FromPoint("in", Role.READER, "lobby", Unreadable("lobby", "in", "in", bits, why))


def test_a_card_is_known_by_its_keyed_digest_alone() -> None:
    (fact,) = facts(CardRead("in", CARD, 0.0))

    assert fact == Presented(
        "lobby", "in", "in", card_digest(CardNumber("fc8cn16", 118 << 16 | 1603), KEY), None, 0.0
    )


def test_two_keys_give_one_card_two_digests() -> None:
    number = CardNumber("fc8cn16", 1)

    assert card_digest(number, KEY) != card_digest(number, b"other" * 8)
    assert len(card_digest(number, KEY)) == len(phone_digest("kid", KEY)) == 16


def test_bits_that_fit_no_allowed_format_are_said_without_the_bits() -> None:
    (fact,) = facts(CardRead("in", "0" * 37, 0.0))

    hint = "no checked format has 37 bits; the formats looked at have 26, 34"
    assert fact == unread(37, f"none of H10301, W34_CARD32; {hint}")


@pytest.mark.parametrize(
    ("bits", "hint"),
    [
        (CARD[1:], "; 25 bits: one bit of 26 was lost; look at the wire, the ground and the gap"),
        (
            CARD.translate(str.maketrans("01", "10")),
            "; D0 and D1 probably swapped: the complement passes H10301",
        ),
    ],
)
def test_what_is_no_card_says_which_wire_to_look_at(bits: str, hint: str) -> None:
    (fact,) = facts(CardRead("in", bits, 0.0))

    assert isinstance(fact, FromPoint)
    assert isinstance(fact.fact, Unreadable)
    assert fact.fact.why.startswith(f"none of H10301, W34_CARD32{hint}")


def test_what_is_no_frame_at_all_is_no_card() -> None:
    assert facts(CardRead("in", "no bits", 0.0)) == (unread(7, "none of H10301, W34_CARD32"),)


def test_a_frame_that_is_two_cards_does_not_say_which() -> None:
    wiring = replace(WIRING, readers={"in": ReaderPlace("lobby", "in", ("W32_CSN", "W32_CSN_REV"))})
    (fact,) = Translator(wiring, lambda _digest: None, KEY).facts(CardRead("in", f"{0x0A1B2C3D:032b}", 0.0))

    assert fact == unread(32, "none of W32_CSN, W32_CSN_REV")


@pytest.mark.parametrize(
    ("kind", "listed"),
    [
        ("card_reversed", (0x3D2C1B0A, 0x3D2C1B0B)),
        ("card_inverted", (0x0A1B2C3D ^ 0xFFFFFFFF, 0x0B1B2C3D ^ 0xFFFFFFFF)),
    ],
)
def test_cards_that_are_on_the_list_the_other_way_tell_of_their_reader_and_stay_unknown(
    kind: str, listed: tuple[int, int]
) -> None:
    first, second = (FORMATS["W34_CARD32"].encode({"card": value}) for value in (0x0A1B2C3D, 0x0B1B2C3D))
    right = FORMATS["W34_CARD32"].encode({"card": listed[0]})
    on_list = {card_digest(CardNumber("uid32", value), KEY) for value in listed}
    told: list[Trouble] = []
    translator = Translator(
        WIRING, lambda digest: HOLDING if digest in on_list else None, KEY, tell=told.append
    )
    for at, bits in enumerate((CARD, first, first, second, second, right, first, right, second)):
        (fact,) = translator.facts(CardRead("in", bits, float(at)))
        assert isinstance(fact, Presented)
        assert (fact.holding is not None) == (bits == right)

    assert [(each.device, each.kind, each.active, each.at) for each in told] == [
        ("in", kind, True, 3.0),  # at the second card: a stranger's may be one by chance
        ("in", kind, False, 5.0),
    ]


def test_two_cards_that_show_different_things_tell_nothing_of_their_reader() -> None:
    shown = [FORMATS["W34_CARD32"].encode({"card": value}) for value in (0x0A1B2C3D, 0x0B1B2C3D)]
    listed = (0x3D2C1B0A, 0x0B1B2C3D ^ 0xFFFFFFFF)
    on_list = {card_digest(CardNumber("uid32", value), KEY) for value in listed}
    told: list[Trouble] = []
    translator = Translator(
        WIRING, lambda digest: HOLDING if digest in on_list else None, KEY, tell=told.append
    )
    for at, bits in enumerate((*shown, *shown)):
        translator.facts(CardRead("in", bits, float(at)))
    assert told == []


def test_a_reader_at_no_door_opens_nothing() -> None:
    assert facts(CardRead("elsewhere", CARD, 0.0)) == (
        Noted("entry.unassigned", {"reader": "elsewhere"}, alarm=True),
    )


def test_keys_are_never_written_down() -> None:
    assert facts(KeysPressed("in", "1234#", 0.0)) == ()


def test_a_pass_is_looked_at_by_another_desk() -> None:
    assert facts(PassRead("in", "eyJ.secret.word", 0.0)) == ()


@pytest.mark.parametrize(
    ("point", "state", "fact"),
    [
        ("contact", InputState.ACTIVE, LeafOpened("lobby")),
        ("contact", InputState.INACTIVE, LeafClosed("lobby")),
        ("contact", InputState.UNKNOWN, LeafUnknown("lobby", "unknown")),
        ("contact", InputState.SHORT, LeafUnknown("lobby", "short")),
        ("exit", InputState.ACTIVE, ExitAsked("lobby")),
        (
            "exit",
            InputState.SHORT,
            Noted("exit.fault", {"point": "exit", "state": "short"}, "lobby", alarm=True),
        ),
        ("fire", InputState.ACTIVE, FireRaised()),
        ("fire", InputState.INACTIVE, FireCleared()),
        ("fire", InputState.OPEN_CIRCUIT, FireUnsure("open_circuit")),
        ("fire-key", InputState.ACTIVE, FireKeyTurned("fire-key")),
        ("fire-key", InputState.INACTIVE, FireKeyRested("fire-key")),
        ("fire-key", InputState.UNKNOWN, FireKeyUnsure("fire-key", "unknown")),
    ],
)
def test_an_input_means_what_hangs_on_it(point: str, state: InputState, fact: Plain) -> None:
    role = {"contact": Role.CONTACT, "exit": Role.EXIT, "fire": Role.FIRE, "fire-key": Role.FIRE_KEY}[point]
    door = "lobby" if role in {Role.CONTACT, Role.EXIT} else None
    assert facts(InputChanged(point, state, 0.0)) == (FromPoint(point, role, door, fact),)


@pytest.mark.parametrize(
    ("point", "state"),
    [("exit", InputState.INACTIVE), ("exit", InputState.UNKNOWN), ("spare", InputState.ACTIVE)],
)
def test_an_input_that_asks_for_nothing_is_no_fact(point: str, state: InputState) -> None:
    assert facts(InputChanged(point, state, 0.0)) == ()


@pytest.mark.parametrize(
    ("event", "fact"),
    [
        (Done(7, 0.0), Carried(7)),
        (Failed(7, Why.UNPROVEN, "", 0.0), NotCarried(7, "unproven", maybe=True)),
        (Failed(7, Why.LATE, "", 0.0), NotCarried(7, "late", maybe=False)),
        (
            Online("in", 0.0, {"model": "x"}),
            FromPoint(
                "in",
                Role.DEVICE,
                None,
                Noted("device.online", {"device": "in", "identity": {"model": "x"}}),
            ),
        ),
        (
            Offline("in", "silent", 0.0),
            FromPoint(
                "in",
                Role.DEVICE,
                None,
                Noted("device.offline", {"device": "in", "why": "silent"}, alarm=True),
            ),
        ),
        (
            OutputFound("lock", on=True, at=0.0),
            FromPoint(
                "lock",
                Role.OUTPUT,
                "lobby",
                Noted("door.output_found", {"point": "lock", "on": True}, "lobby", alarm=True),
            ),
        ),
        (
            Trouble("in", "tamper", active=False, detail="closed", at=0.0),
            FromPoint(
                "in.tamper",
                Role.TROUBLE,
                None,
                Noted(
                    "device.trouble",
                    {"device": "in", "trouble": "tamper", "active": False, "detail": "closed"},
                    alarm=False,
                ),
            ),
        ),
    ],
)
def test_what_a_device_tells_is_recorded(event: Event, fact: Fact) -> None:
    assert facts(event) == (fact,)
