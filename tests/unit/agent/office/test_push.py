"""What goes to gateways, and what comes back."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from agent.domain.credentials import CredentialState
from agent.errors import BadInput
from agent.office import access, credentials, lifecycle, people, receipts, signing
from agent.office.book import Book
from agent.office.messages import Message
from agent.office.push import ANSWERS, NEEDS_OFFICE, Pusher
from protocols.mqtt.roster import Credential
from protocols.mqtt.topics import Kind, take_apart
from tests.peers.office_site import START, HandClock, PaperGateway, add_card, add_person, make_book


class Site:
    """An office, its pusher and two gateways on paper; `run` carries messages both ways until all is said."""

    def __init__(self, book: Book) -> None:
        self.book = book
        self.clock = HandClock()
        self.sent: list[Message] = []
        self.pusher = Pusher(book, self.clock, self.sent.append)
        office = book.signing_key().public_key()
        self.gateways = [
            PaperGateway(name, doors, office, self.clock) for name, doors in access.gateways(book).items()
        ]
        self.away: set[str] = set()

    def by_deputy(self) -> None:
        """Let the duty desk push from now on, with a key that may only stop cards."""
        key = Ed25519PrivateKey.generate()
        self.pusher = Pusher(self.book, self.clock, self.sent.append, stopping=key)
        for gateway in self.gateways:
            gateway.office = key.public_key()

    def run(self) -> list[Message]:
        carried: list[Message] = []
        while self.sent:
            batch, self.sent[:] = list(self.sent), []
            carried += batch
            for gateway in self.gateways:
                if gateway.name in self.away:
                    continue
                for message in batch:
                    gateway.take(message)
                self.pusher.heard(*gateway.birth_message())
                self.pusher.heard(*gateway.receipt_message())
        self.pusher.settled()
        return carried

    def kinds(self, gateway: str, messages: list[Message]) -> list[Kind]:
        return [take_apart(message.topic).kind for message in messages if f"/{gateway}/" in message.topic]


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with make_book(tmp_path / "book") as book:
        person = add_person(book, "张三", 1)
        add_card(book, person, 0xA17)
        yield Site(book)


def revoke(book: Book, value: int) -> None:
    with book.change("card.revoked", by="tester", at=START) as edit:
        key = credentials.digest_of(book.digest_key, f"uid32:{value:08X}")
        credentials.set_state(edit, key, CredentialState.REVOKED)


def test_a_first_push_lays_out_the_whole_list_and_every_door_answers(site: Site) -> None:
    site.pusher.push()
    carried = site.run()
    assert site.kinds("gw01", carried) == [Kind.CHUNK, Kind.HEAD]
    assert {(s.gateway, s.door): s.enforced and s.complete for s in site.pusher.standing()} == {
        ("gw01", "garage"): True,
        ("gw01", "lobby"): True,
        ("gw02", "plant"): True,
    }


def test_a_gateway_is_told_only_what_its_doors_need(site: Site) -> None:
    site.pusher.push()
    site.run()
    first, second = site.gateways
    assert {kind for kind, _ in second.rows} == {"group", "schedule"}
    assert sorted(name for kind, name in first.rows if kind == "group") == ["residents", "staff"]
    assert sorted(name for kind, name in first.rows if kind == "schedule") == ["always"]


def test_a_revocation_is_one_small_delta(site: Site) -> None:
    site.pusher.push()
    site.run()
    revoke(site.book, 0xA17)
    site.pusher.push()
    carried = site.run()
    assert site.kinds("gw01", carried)[0] is Kind.DELTA
    (card,) = [row for row in site.gateways[0].rows.values() if isinstance(row, Credential)]
    assert card.state == "revoked"
    assert site.gateways[0].deltas == 1
    assert all(standing.enforced for standing in site.pusher.standing())


def test_a_gateway_that_was_away_asks_and_is_answered_from_where_it_is(site: Site) -> None:
    site.pusher.push()
    site.run()
    site.away = {"gw01"}
    revoke(site.book, 0xA17)
    site.pusher.push()
    site.run()
    behind = [s for s in site.pusher.standing() if s.gateway == "gw01"]
    assert not any(standing.enforced for standing in behind)
    site.away = set()
    site.gateways[0].wanted = {"have": site.gateways[0].revision, "need": site.book.revision, "why": "gap"}
    site.pusher.heard(*site.gateways[0].receipt_message())
    site.run()
    assert all(standing.enforced for standing in site.pusher.standing())


def test_a_gateway_that_lost_everything_gets_the_whole_list(site: Site) -> None:
    site.pusher.push()
    site.run()
    first = site.gateways[0]
    first.rows.clear()
    first.revision = 0
    first.wanted = {"have": 0, "need": site.book.revision, "why": "no_list"}
    site.pusher.heard(*first.receipt_message())
    site.run()
    assert first.revision == site.book.revision


def test_the_same_lack_is_not_answered_for_ever(site: Site) -> None:
    site.pusher.push()
    site.run()
    first = site.gateways[0]
    revoke(site.book, 0xA17)
    first.wanted = {"have": first.revision, "need": site.book.revision, "why": "gap"}
    for _ in range(10):
        site.pusher.heard(*first.receipt_message())
    assert site.kinds("gw01", site.sent).count(Kind.HEAD) == 2


def test_someone_who_moves_out_of_a_group_leaves_the_gateway_with_their_cards(site: Site) -> None:
    person = add_person(site.book, "李四", 2)
    card = add_card(site.book, person, 0xB22)
    site.pusher.push()
    site.run()
    assert ("credential", card) in site.gateways[0].rows
    with site.book.change("person.changed", by="tester", at=START) as edit:
        before = people.load(site.book, person)
        people.save(edit, people.Person(person, before.details, before.role, ()))
    site.pusher.push()
    site.run()
    assert ("credential", card) not in site.gateways[0].rows
    assert ("person", person) not in site.gateways[0].rows


def test_a_door_given_to_a_gateway_brings_those_who_may_pass_it(site: Site) -> None:
    site.pusher.push()
    site.run()
    with site.book.change("gateway.changed", by="tester", at=START) as edit:
        access.set_gateway(edit, "gw02", ("plant", "garage"))
    site.pusher.push()
    site.run()
    assert {kind for kind, _ in site.gateways[1].rows} == {"group", "schedule", "person", "credential"}


def test_a_receipt_by_another_key_is_no_evidence(site: Site) -> None:
    site.pusher.push()
    site.run()
    revoke(site.book, 0xA17)
    site.pusher.push()
    liar = site.gateways[0]
    for message in site.sent:
        liar.take(message)
    liar.key = Ed25519PrivateKey.generate()
    assert site.pusher.heard(*liar.receipt_message()) == ()
    standing = next(s for s in site.pusher.standing() if s.gateway == "gw01")
    assert not standing.enforced
    assert standing.trouble == "unknown_key"


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"gw": "gw02"}, receipts.WRONG_PLACE),
        ({"door": "attic"}, receipts.WRONG_PLACE),
        ({"revision": 99}, receipts.FROM_AHEAD),
        ({"digest": "0" * 64}, receipts.WRONG_LIST),
        ({"count": 0}, receipts.WRONG_LIST),
        ({"complete": "yes"}, "malformed"),
    ],
)
def test_a_receipt_that_says_something_else_is_no_evidence(
    site: Site, changes: dict[str, object], why: str
) -> None:
    site.pusher.push()
    site.run()
    gateway = site.gateways[0]
    forged = gateway.receipt("lobby", "2026-11-22T02:00:00.000Z", changes)
    assert receipts.take(site.book, "gw01", forged, START) == why


def test_a_receipt_before_the_key_is_known_waits_for_the_birth(site: Site) -> None:
    gateway = site.gateways[0]
    site.pusher.push()
    for message in site.sent:
        gateway.take(message)
    assert site.pusher.heard(*gateway.receipt_message()) == ()
    assert len(site.pusher.heard(*gateway.birth_message())) == 2


def test_a_birth_with_another_key_does_not_unseat_the_pinned_one(site: Site) -> None:
    site.pusher.push()
    site.run()
    pinned = access.gateway_key(site.book, "gw01")
    site.gateways[0].key = Ed25519PrivateKey.generate()
    site.pusher.heard(*site.gateways[0].birth_message())
    assert access.gateway_key(site.book, "gw01") == pinned
    access.pin_gateway_key(site.book, "gw01", site.gateways[0].public, how="given", now="2026")
    assert access.gateway_key(site.book, "gw01") == site.gateways[0].public


@pytest.mark.parametrize(
    ("topic", "payload"),
    [
        ("menshen/v1/gw01/roster/receipt", b"{"),
        ("menshen/v1/gw01/birth", b"[]"),
        ("menshen/v1/gw01/state", b'{"v":1,"gw":"gw01","online":true,"epoch":1}'),
        ("menshen/v1/stranger/birth", b"{}"),
        ("elsewhere", b""),
        ("menshen/v1/gw01/roster/head", b"x"),
    ],
)
def test_nonsense_from_the_broker_changes_nothing(site: Site, topic: str, payload: bytes) -> None:
    assert site.pusher.heard(topic, payload) == ()
    assert receipts.latest(site.book) == {}


def test_pushing_to_a_gateway_that_is_not_in_the_book_says_so(site: Site) -> None:
    with pytest.raises(BadInput, match="gateway add"):
        site.pusher.push(["gw09"])


def test_a_snapshot_counts_as_laid_out_only_once_the_broker_has_confirmed(site: Site) -> None:
    site.pusher.push()
    again = Pusher(site.book, site.clock, site.sent.append)
    site.sent.clear()
    again.push()
    assert Kind.CHUNK in site.kinds("gw01", site.sent)
    again.settled()
    site.sent.clear()
    again.push()
    assert site.kinds("gw01", site.sent) == [Kind.HEAD]


def test_an_old_snapshot_is_taken_off_the_broker_after_the_new_head(site: Site) -> None:
    site.pusher.push()
    site.run()
    revoke(site.book, 0xA17)
    site.pusher.lay_out(["gw01"])
    kinds = site.kinds("gw01", site.sent)
    assert kinds == [Kind.CHUNK, Kind.HEAD, Kind.CHUNK]
    assert site.sent[-1].payload == b""
    site.sent.clear()
    site.pusher.lay_out(["gw01"])
    assert site.sent == []


def test_the_latency_of_each_revision_is_kept(site: Site) -> None:
    site.pusher.push()
    site.run()
    evidence = receipts.latest(site.book)["gw01", "lobby"]
    assert evidence.latency_s is not None
    assert evidence.latency_s > 0
    assert evidence.made_at == START


def test_what_gateways_need_not_know_makes_no_door_wait(site: Site) -> None:
    site.pusher.push()
    site.run()
    person = people.find(site.book, "张三")[0]
    with site.book.change("person.changed", by="tester", at=START) as edit:
        people.save(edit, replace(person, details=replace(person.details, phone="13911112222")))
    assert site.book.revision > site.book.roster_revision
    assert all(standing.enforced for standing in site.pusher.standing())
    site.pusher.push()
    assert site.kinds("gw01", site.sent) == [Kind.HEAD]


def test_a_book_from_an_old_backup_is_told_apart_and_steps_over(site: Site) -> None:
    site.pusher.push()
    site.run()
    first = site.gateways[0]
    first.wanted = {"have": 50, "need": 50, "why": "wrong_digest"}
    site.pusher.heard(*first.receipt_message())
    assert {s.trouble for s in site.pusher.standing() if s.gateway == "gw01"} == {receipts.FROM_AHEAD}
    assert site.sent == []
    lifecycle.skip_to(site.book, 60, by="tester", at=START)
    first.wanted = {"have": 50, "need": 50, "why": "wrong_digest"}
    site.pusher.heard(*first.receipt_message())
    assert site.kinds("gw01", site.sent)[:2] == [Kind.CHUNK, Kind.HEAD]


def test_whoever_watches_signs_with_the_new_key_from_the_switch_on(site: Site) -> None:
    site.pusher.push()
    site.run()
    revoke(site.book, 0xA17)
    signing.prepare(site.book)
    fresh = signing.switch(site.book, by="t", at=START)
    for gateway in site.gateways:
        gateway.office = fresh
    site.pusher.push()
    site.run()
    assert all(each.enforced for each in site.pusher.standing())


# --- a key that only stops cards -----------------------------------------------------------------------


def test_a_deputy_sends_what_stopped_as_a_delta_and_touches_nothing_that_lies_retained(site: Site) -> None:
    site.pusher.push()
    site.run()
    revoke(site.book, 0xA17)

    site.by_deputy()
    site.pusher.push()
    sent = site.run()

    assert [(take_apart(each.topic).kind, each.retain) for each in sent] == [(Kind.DELTA, False)] * 2
    assert all(each.enforced for each in site.pusher.standing())
    site.pusher.lay_out()
    site.pusher.settled()
    assert site.sent == []


def test_what_a_deputy_may_not_send_is_named_and_left_to_the_office(site: Site) -> None:
    site.pusher.push()
    site.run()
    revoke(site.book, 0xA17)
    add_card(site.book, add_person(site.book, "李四", 2), 0xB18)

    site.by_deputy()
    site.pusher.push()
    for gateway in site.gateways:  # what they say meanwhile does not hide it
        site.pusher.heard(*gateway.receipt_message())

    assert {take_apart(each.topic).gateway for each in site.run()} == {"gw02"}, "where nothing else changed"
    by_gateway = {each.gateway: (each.enforced, each.trouble) for each in site.pusher.standing()}
    assert by_gateway == {"gw01": (False, NEEDS_OFFICE), "gw02": (True, None)}


def test_a_gateway_that_never_had_a_list_is_the_office_s_to_serve(site: Site) -> None:
    revoke(site.book, 0xA17)
    site.by_deputy()
    site.pusher.push()
    for gateway in site.gateways:
        gateway.wanted = {"have": 0, "need": 1, "why": "no_list"}
    assert site.run() == []
    site.pusher.heard(*site.gateways[0].birth_message())
    site.pusher.heard(*site.gateways[0].receipt_message())
    assert site.sent == []
    assert site.pusher.standing()[0].trouble == NEEDS_OFFICE


def test_a_gateway_that_was_away_is_sent_what_stopped_when_its_receipt_shows_that_it_is_behind(
    site: Site,
) -> None:
    site.pusher.push()
    site.run()
    revoke(site.book, 0xA17)
    site.by_deputy()
    site.away = {"gw01"}
    site.pusher.push()
    site.run()
    assert not site.pusher.standing()[0].enforced

    site.away = set()
    site.pusher.heard(*site.gateways[0].receipt_message())
    site.run()

    assert all(each.enforced for each in site.pusher.standing())
    site.away = {"gw01"}
    site.gateways[0].revision = 1
    for _ in range(9):  # the same receipt again and again is answered a few times, and no more
        site.pusher.heard(*site.gateways[0].receipt_message())
    assert len(site.sent) <= ANSWERS


def test_kinds_of_numbers_that_the_office_was_not_told_of_are_named(site: Site) -> None:
    first, second = site.gateways
    first.reads = ("data35", "fc8cn16", "uid32", "uid40")
    second.reads = ("fc8cn16", "uid32")
    for gateway in site.gateways:
        site.pusher.heard(*gateway.birth_message())
    unread = {each.gateway: each.unread for each in site.pusher.standing()}
    assert unread == {"gw01": ("fc8cn16",), "gw02": ()}
    with site.book.change("gateway.set", by="t", at=START) as edit:
        access.set_gateway(edit, "gw01", ("lobby", "garage"), ("uid32", "fc8cn16-reversed"))
    assert {each.unread for each in site.pusher.standing()} == {()}
