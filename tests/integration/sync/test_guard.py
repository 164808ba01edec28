"""The broker’s guard as deploy/mosquitto ships it, in a real Mosquitto; and TLS at our end of the wire."""

from __future__ import annotations

import shutil
import ssl
import subprocess
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from agent.sync.facts import HeadReceived, LinkUp, OrderReceived
from agent.sync.settings import LinkSettings, Tls
from protocols.mqtt import topics
from protocols.mqtt.payloads import Ack
from protocols.mqtt.topics import Kind
from tests.peers.broker import Broker, free_port
from tests.peers.centre import Centre, until
from tests.peers.certificates import Authority
from tests.peers.gateway import NAME, Gateway

if TYPE_CHECKING:
    from collections.abc import Iterator

SHIPPED = Path(__file__).parents[3] / "deploy" / "mosquitto"
NEIGHBOUR = "gw-2"
NOT_AUTHORISED = 0x87


@dataclass(frozen=True)
class Site:
    """A broker with the configuration that we ship, its authority, and its two ports."""

    broker: Broker
    authority: Authority
    phones: int

    def settings(self, name: str = NAME) -> LinkSettings:
        certificate, key = self.authority.leaf(name)
        tls = Tls(ca=self.authority.file, certificate=certificate, key=key)
        return LinkSettings(host="localhost", port=self.broker.port, gateway=name, tls=tls)

    def member(self, name: str, *hears: str) -> Centre:
        """Return a client that comes with a certificate of `name`."""
        context = ssl.create_default_context(cafile=self.authority.file)
        context.load_cert_chain(*self.authority.leaf(name))
        return Centre(self.broker.port, name, hears=hears, tls=context, kept=False)

    def phone(self, name: str, *hears: str) -> Centre:
        """Return a client that comes with a name and a password."""
        context = ssl.create_default_context(cafile=self.authority.file)
        return Centre(self.phones, name, hears=hears, tls=context, password="correct horse", kept=False)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    directory = tmp_path_factory.mktemp("shipped")
    authority = Authority(directory)
    authority.leaf("server", "localhost", "127.0.0.1")
    for name in ("members.acl", "phones.acl"):
        shutil.copy(SHIPPED / name, directory)
    passwords = directory / "phones.passwd"
    passwords.touch(mode=0o600)
    for name in ("phone-1", "phone-2"):
        subprocess.run(["mosquitto_passwd", "-b", str(passwords), name, "correct horse"], check=True)
    phones = free_port()
    config = (SHIPPED / "mosquitto.conf").read_text()
    for shipped, here in (
        ("listener 8883", "listener {port} 127.0.0.1"),
        ("listener 8884", f"listener {phones} 127.0.0.1"),
        ("/etc/mosquitto/menshen", str(directory)),
        ("/var/lib/mosquitto/", f"{directory}/"),
    ):
        assert shipped in config
        config = config.replace(shipped, here)
    with Broker(directory, config) as broker:
        yield Site(broker, authority, phones)


def test_a_gateway_works_behind_the_shipped_guard(site: Site, tmp_path: Path) -> None:
    with site.member("centre", "menshen/v1/#") as centre, Gateway(tmp_path, site.settings()) as gateway:
        assert centre.refused == []
        gateway.up()
        old = gateway.record(3)
        gateway.sent(old)
        until(lambda: centre.numbers(NAME) == {1, 2, 3})
        until(lambda: centre.newest(topics.plain(NAME, Kind.BIRTH)) is not None)
        centre.replay(NAME, 1, 2)
        until(lambda: len(centre.events(NAME)) == 5)
        with site.member("office", topics.plain(NAME, Kind.RECEIPT)) as office:
            assert office.say(topics.plain(NAME, Kind.HEAD), b"h.e.ad", retain=True) < NOT_AUTHORISED
            assert office.say(topics.chunk(NAME, 1, 0), b"{}", retain=True) < NOT_AUTHORISED
        until(lambda: bool(gateway.facts(HeadReceived)))
        assert gateway.sync.health().last_trouble is None


def test_a_phone_orders_and_is_answered(site: Site, tmp_path: Path) -> None:
    with site.phone("phone-1", topics.answer(NAME, "phone-1"), topics.plain(NAME, Kind.STATE)) as phone:
        assert phone.refused == []
        with Gateway(tmp_path, site.settings()) as gateway:
            until(lambda: phone.newest(topics.plain(NAME, Kind.STATE)) is not None)
            phone.order(NAME, "a.b.c", "phone-1")
            until(lambda: bool(gateway.facts(OrderReceived)))
            gateway.sync.answer(topics.answer(NAME, "phone-1"), b"1", b"{}")
            until(lambda: bool(phone.heard(topics.answer(NAME, "phone-1"))))


def test_a_stolen_gateways_certificate_hears_no_neighbour(site: Site) -> None:
    everything = "menshen/v1/#"
    theirs = f"menshen/v1/{NEIGHBOUR}/#"
    with (
        site.member(NAME, everything, theirs, "#", topics.plain(NEIGHBOUR, Kind.COMMAND)) as thief,
        site.member(NEIGHBOUR, topics.plain(NEIGHBOUR, Kind.COMMAND)) as neighbour,
        site.phone("phone-1", topics.answer(NAME, "phone-1")) as phone,
    ):
        assert neighbour.say(topics.plain(NEIGHBOUR, Kind.STATE), b"{}", retain=True) < NOT_AUTHORISED
        assert neighbour.say(topics.plain(NEIGHBOUR, Kind.LIVE), b"{}") < NOT_AUTHORISED
        phone.order(NEIGHBOUR, "a.b.c", "phone-1")
        until(lambda: bool(neighbour.heard(topics.plain(NEIGHBOUR, Kind.COMMAND))))
        phone.order(NAME, "a.b.c", "phone-1")
        until(lambda: bool(thief.heard(topics.plain(NAME, Kind.COMMAND))))  # its own, by the wide filter
        assert not [one for one in thief.heard() if f"/{NAME}/" not in one.topic]


@pytest.mark.parametrize(
    "topic",
    [
        topics.plain(NEIGHBOUR, Kind.COMMAND),
        topics.plain(NEIGHBOUR, Kind.STATE),
        topics.plain(NEIGHBOUR, Kind.LIVE),
        topics.plain(NEIGHBOUR, Kind.HEAD),
        topics.plain(NAME, Kind.COMMAND),
        topics.plain(NAME, Kind.HEAD),
        topics.plain(NAME, Kind.DELTA),
        topics.plain(NAME, Kind.ACK),
        topics.chunk(NAME, 1, 0),
        "menshen/v1/anything",
        "elsewhere",
    ],
)
def test_a_stolen_gateways_certificate_writes_nothing_but_its_own_word(site: Site, topic: str) -> None:
    with site.member(NAME, topics.plain(NAME, Kind.COMMAND)) as thief:
        assert thief.say(topic, b"{}") == NOT_AUTHORISED
        assert thief.say(topics.plain(NAME, Kind.STATE), b"{}") < NOT_AUTHORISED


def test_a_phone_reads_no_event_and_no_other_phones_answer(site: Site) -> None:
    with (
        site.phone("phone-2", "menshen/v1/#", topics.answer(NAME, "phone-1")) as phone,
        site.member(NAME, topics.plain(NAME, Kind.COMMAND)) as gateway,
    ):
        for topic in (
            topics.plain(NAME, Kind.LIVE),
            topics.answer(NAME, "phone-1"),
            topics.answer(NAME, "phone-2"),
        ):
            assert gateway.say(topic, b"{}") < NOT_AUTHORISED
        until(lambda: bool(phone.heard(topics.answer(NAME, "phone-2"))))
        assert not phone.heard(topics.plain(NAME, Kind.LIVE))
        assert not phone.heard(topics.answer(NAME, "phone-1"))
        assert phone.say(topics.plain(NAME, Kind.ACK), Ack(confirmed=1).encode()) == NOT_AUTHORISED
        assert phone.say(topics.plain(NAME, Kind.HEAD), b"{}") == NOT_AUTHORISED


def test_the_centre_and_the_office_write_no_orders(site: Site) -> None:
    for name in ("centre", "office"):
        with site.member(name, topics.plain(NAME, Kind.STATE)) as client:
            assert client.say(topics.plain(NAME, Kind.COMMAND), b"{}") == NOT_AUTHORISED
    heard = [topics.plain(NAME, kind) for kind in (Kind.STATE, Kind.HEALTH, Kind.BIRTH)]
    with site.member("desk", topics.answer(NAME, "desk"), *heard) as desk:
        assert desk.refused == []
        assert desk.say(topics.plain(NAME, Kind.COMMAND), b"{}") < NOT_AUTHORISED
        assert desk.say(topics.plain(NAME, Kind.DELTA), b"{}") < NOT_AUTHORISED
        assert desk.say(topics.plain(NAME, Kind.HEAD), b"{}") >= NOT_AUTHORISED


@pytest.mark.parametrize("wrong", ["no certificate", "another authority", "another host"])
def test_no_line_without_both_certificates(site: Site, tmp_path: Path, wrong: str) -> None:
    settings = site.settings()
    match wrong:
        case "no certificate":
            settings = replace(settings, tls=Tls(ca=site.authority.file))
        case "another authority":
            (tmp_path / "other").mkdir()
            ca = Authority(tmp_path / "other").file
            settings = replace(settings, tls=Tls(ca, *site.authority.leaf(NAME)))
        case _:
            settings = replace(settings, host="127.0.0.2")
    with Gateway(tmp_path, settings) as gateway:
        until(lambda: gateway.sync.health().last_trouble is not None)
    assert gateway.facts(LinkUp) == []


def test_files_that_are_not_there_are_a_trouble_and_no_fall(tmp_path: Path) -> None:
    tls = Tls(ca=tmp_path / "none.crt")
    with Gateway(tmp_path, LinkSettings("localhost", free_port(), NAME, tls=tls)) as gateway:
        until(lambda: "no connection" in str(gateway.sync.health().last_trouble))


def test_a_refused_row_is_a_trouble_that_is_said_and_tried_again(site: Site, tmp_path: Path) -> None:
    # Its name is not its certificate's: it may connect, but nothing that it says is taken.
    certificate, key = site.authority.leaf(NEIGHBOUR)
    tls = Tls(ca=site.authority.file, certificate=certificate, key=key)
    settings = LinkSettings("localhost", site.broker.port, NAME, tls=tls)
    with Gateway(tmp_path, settings) as gateway:
        gateway.up()
        gateway.record(1)
        until(lambda: "Not authorized" in str(gateway.sync.health().last_trouble))
        assert len(gateway.facts(LinkUp)) == 1
