"""The office and the phone against a real Mosquitto, opposite the gateway's own roster room."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sys
import threading
from typing import TYPE_CHECKING, Self

import pytest

from agent.broker import Broker, BrokerSettings
from agent.cli.app import main
from agent.cli.office_book import now
from agent.clock import SystemClock
from agent.domain.credentials import CredentialState
from agent.errors import EX_DATAERR, EX_TEMPFAIL, EX_UNAVAILABLE, BadInput, Unavailable
from agent.keyfiles import KeyExposed, make_signing_key, read_signing_key, write_private
from agent.office import lifecycle
from agent.orders.command import Wish
from agent.orders.sender import Sender
from protocols.tokens.command import Do
from protocols.tokens.keys import public_text
from tests.peers.broker import Broker as Mosquitto
from tests.peers.broker import free_port
from tests.peers.office_site import START, add_card, add_person, make_book, resident_number
from tests.peers.roster_gateway import RosterGateway

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from agent.office.book import Book

OPEN = Wish(Do.OPEN, "lobby")


class OldBroker:
    """Lets in who speaks MQTT 3.1.1, and answers anything newer with `refusal` before it hangs up."""

    def __init__(self, refusal: bytes) -> None:
        self._refusal = refusal
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._serve, name="old-broker")
        self.port: int = self._socket.getsockname()[1]
        self.versions: list[int] = []

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._thread.join()
        self._socket.close()

    def _serve(self) -> None:
        while 4 not in self.versions:
            line, _ = self._socket.accept()
            with line:
                connect = line.recv(1024)
                self.versions.append(connect[connect.index(b"MQTT") + 4])
                line.sendall(b"\x20\x02\x00\x00" if self.versions[-1] == 4 else self._refusal)
                if self.versions[-1] == 4:
                    line.recv(1024)


@pytest.fixture
def mosquitto(tmp_path: Path) -> Iterator[Mosquitto]:
    (tmp_path / "broker").mkdir()
    with Mosquitto(tmp_path / "broker") as broker:
        yield broker


@pytest.fixture
def book(tmp_path: Path) -> Iterator[Book]:
    with make_book(tmp_path / "book") as made:
        yield made


@pytest.fixture
def gateway(tmp_path: Path, mosquitto: Mosquitto, book: Book) -> Iterator[RosterGateway]:
    office = book.signing_key().public_key()
    with RosterGateway(tmp_path, mosquitto.port, "gw01", ("lobby", "garage"), office) as gateway:
        yield gateway


def push(book: Book, port: int, *more: str) -> int:
    return main(["office", "push", "--book", str(book.directory), "--broker", f"127.0.0.1:{port}", *more])


def test_a_push_ends_with_a_signed_receipt_of_every_door(
    book: Book, mosquitto: Mosquitto, gateway: RosterGateway, capsys: pytest.CaptureFixture[str]
) -> None:
    add_card(book, add_person(book, "张三", 1), 0xA17)
    assert push(book, mosquitto.port, "gw01", "--wait", "20", "--json") == 0
    said = json.loads(capsys.readouterr().out)
    assert said["revision"] == book.revision == gateway.revision
    assert {door["door"]: door["complete"] for door in said["doors"]} == {"garage": True, "lobby": True}
    assert main(["office", "receipts", "--book", str(book.directory), "--json"]) == 0
    evidence = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert {each["door"] for each in evidence} == {"garage", "lobby"}
    assert main(["office", "receipts", "--book", str(book.directory), "--csv"]) == 0
    assert capsys.readouterr().out.count("gw01") == 2


def test_evidence_of_a_lost_card_is_printed_exported_and_checked_without_the_book(
    book: Book,
    mosquitto: Mosquitto,
    gateway: RosterGateway,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("LC_ALL", "C")
    folder = book.directory.parent
    card = add_card(book, add_person(book, "张三", 1), 0xA17)
    assert push(book, mosquitto.port, "gw01", "--wait", "20") == 0
    lifecycle.set_state(book, card, CredentialState.LOST, by="tester", at=START)
    assert push(book, mosquitto.port, "gw01", "--wait", "20") == 0
    at_book = ["--book", str(book.directory)]
    capsys.readouterr()

    assert main(["office", "receipts", "--card", card, *at_book]) == 0
    said = capsys.readouterr().out
    assert "dead at all 2 doors" in said
    assert main(["office", "receipts", "--json", *at_book]) == 0
    file = folder / "evidence.jsonl"
    file.write_text(capsys.readouterr().out, encoding="utf-8")
    shown = public_text(gateway.key.public_key())

    nobody = ["--book", str(folder / "no-book")]
    assert main(["office", "receipts", "--check", str(file), "--key", shown, *nobody]) == 0
    assert "4 receipts hold, 0 do not" in capsys.readouterr().out
    assert main(["office", "receipts", "--check", str(file), *nobody]) == 0
    assert f"gw01  {shown}" in capsys.readouterr().out
    lists = folder / "list.jsonl"
    for revision, code, told in (
        (book.revision, 0, "that of gw01 at revision 4, by 2 receipts"),
        (1, EX_DATAERR, "not the one"),
    ):
        assert main(["office", "receipts", "--list", "gw01", "--revision", str(revision), *at_book]) == 0
        lists.write_text(capsys.readouterr().out, encoding="utf-8")
        check = ["--check", str(file), "--key", shown, "--list-file", str(lists)]
        assert main(["office", "receipts", *check, *nobody]) == code
        assert told in capsys.readouterr().out
    file.write_text(file.read_text().replace('"door": "lobby"', '"door": "garage"'), encoding="utf-8")
    assert main(["office", "receipts", "--check", str(file), "--key", shown, *nobody]) == EX_DATAERR
    told = capsys.readouterr().out
    assert "not what was signed: door" in told
    assert "2 receipts hold, 2 do not" in told


def test_a_revocation_reaches_the_doors_as_a_delta(
    book: Book, mosquitto: Mosquitto, gateway: RosterGateway, capsys: pytest.CaptureFixture[str]
) -> None:
    card = add_card(book, add_person(book, "张三", 1), 0xA17)
    assert push(book, mosquitto.port, "gw01", "--wait", "20") == 0
    lifecycle.set_state(book, card, CredentialState.REVOKED, by="tester", at=START)
    assert push(book, mosquitto.port, "gw01", "--wait", "20") == 0
    assert gateway.revision == book.revision
    assert "enforced at all 2 doors" in capsys.readouterr().out


def test_a_gateway_that_is_away_is_named_and_finds_the_list_when_it_comes(
    book: Book, mosquitto: Mosquitto, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    add_card(book, add_person(book, "张三", 1), 0xA17)
    assert push(book, mosquitto.port, "--wait", "0.5") == EX_TEMPFAIL
    assert "not yet enforced at 3 of 3 doors" in capsys.readouterr().out
    office = book.signing_key().public_key()
    with RosterGateway(tmp_path, mosquitto.port, "gw02", ("plant",), office) as late:
        assert push(book, mosquitto.port, "gw02", "--wait", "20", "--json") == 0
        assert late.revision == book.revision


def test_a_push_without_a_broker_says_so(book: Book, capsys: pytest.CaptureFixture[str]) -> None:
    assert push(book, free_port()) == EX_UNAVAILABLE
    assert "does not let us in" in capsys.readouterr().err


def test_the_broker_of_the_book_is_used_when_none_is_named(
    book: Book, mosquitto: Mosquitto, capsys: pytest.CaptureFixture[str]
) -> None:
    where = ["--book", str(book.directory)]
    assert main(["office", "broker", *where, "--broker", f"127.0.0.1:{mosquitto.port}"]) == 0
    assert main(["office", "push", *where]) == 0
    assert "sent to 2 gateways" in capsys.readouterr().out


@pytest.fixture
def phone_file(book: Book, tmp_path: Path) -> Path:
    person = add_person(book, "李四", 2)
    path = tmp_path / "phone.key"
    public = public_text(make_signing_key(path).public_key())
    lifecycle.add_phone(book, person, public, by="tester", at=now())
    return path


def open_door(port: int, key: Path, *more: str) -> int:
    return main(
        [
            "phone",
            "open",
            "--door",
            "lobby",
            "--gateway",
            "gw01",
            "--key",
            str(key),
            "--broker",
            f"127.0.0.1:{port}",
            *more,
        ]
    )


def test_an_enrolled_phone_opens_the_door(
    book: Book,
    mosquitto: Mosquitto,
    gateway: RosterGateway,
    phone_file: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert push(book, mosquitto.port, "gw01", "--wait", "20") == 0
    capsys.readouterr()
    assert open_door(mosquitto.port, phone_file, "--json") == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["outcome"], said["reason"]) == ("opened", None)
    assert said["took_s"] > 0
    assert gateway.reasons == []


def test_a_phone_signs_anew_when_the_nonce_has_changed(
    book: Book, mosquitto: Mosquitto, gateway: RosterGateway, phone_file: Path
) -> None:
    assert push(book, mosquitto.port, "gw01", "--wait", "20") == 0
    settings = BrokerSettings("127.0.0.1", mosquitto.port)
    with Broker(settings, "phone-test") as broker:
        key = read_signing_key(phone_file)
        phone = Sender(broker, key, gateway="gw01", client="phone-test", clock=SystemClock())
        assert phone.order(OPEN).carried_out
        gateway.nonces[:] = ["nonce-of-later"]
        telling = threading.Timer(0.2, gateway.say_state)
        telling.start()
        assert phone.order(OPEN).carried_out
        telling.join()
    assert gateway.reasons == ["wrong_nonce"]


def test_a_phone_says_why_the_door_stays_locked(
    book: Book,
    mosquitto: Mosquitto,
    gateway: RosterGateway,
    phone_file: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert push(book, mosquitto.port, "gw01", "--wait", "20") == 0
    gateway.mute = True
    assert open_door(mosquitto.port, phone_file, "--within", "0.3") == 1
    assert "did not answer in time" in capsys.readouterr().err
    gateway.say_state(online=False)
    assert open_door(mosquitto.port, phone_file, "--json") == 1
    assert json.loads(capsys.readouterr().out)["reason"] in {"gateway_offline", "gateway_silent"}


@pytest.mark.parametrize("refusal", [b"\x20\x02\x00\x01", b""], ids=["a refusal", "silence"])
def test_a_broker_that_knows_only_the_older_protocol_is_spoken_to_in_it(refusal: bytes) -> None:
    with OldBroker(refusal) as old, Broker(BrokerSettings("127.0.0.1", old.port), "office") as broker:
        assert not broker.version_5
    assert old.versions == [5, 4]


def test_a_broker_that_wants_a_password_says_so(tmp_path: Path) -> None:
    (tmp_path / "strict").mkdir()
    with (
        Mosquitto(tmp_path / "strict", "listener {port} 127.0.0.1\nallow_anonymous false\n") as strict,
        pytest.raises(Unavailable, match="Not authorized"),
        Broker(BrokerSettings("127.0.0.1", strict.port), "office"),
    ):
        pass


def test_a_person_at_a_terminal_sees_the_doors_as_they_answer(
    book: Book,
    mosquitto: Mosquitto,
    gateway: RosterGateway,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("LC_ALL", "C")
    monkeypatch.setenv("COLUMNS", "160")
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    add_card(book, add_person(book, "张三", 1), 0xA17)
    assert push(book, mosquitto.port, "gw01", "--wait", "20") == 0
    drawn = capsys.readouterr().out
    assert "enforced" in drawn
    assert "lobby" in drawn
    gateway.say_state(online=False)
    assert push(book, mosquitto.port, "gw02", "--wait", "0.5") == EX_TEMPFAIL
    assert "never heard" in capsys.readouterr().out


def test_an_import_shows_its_progress_to_a_person(
    book: Book, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LC_ALL", "C")
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    file = tmp_path / "r.csv"
    file.write_text(f"姓名,身份证号\n张三,{resident_number(1)}\n", encoding="utf-8")
    words = ["office", "import", str(file), "--group", "residents", "--book", str(book.directory)]
    assert main(words) == 0
    assert "1 persons added" in capsys.readouterr().out


def test_a_watch_answers_what_gateways_lack_and_tells_their_receipts(
    book: Book, mosquitto: Mosquitto, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    add_card(book, add_person(book, "张三", 1), 0xA17)
    assert push(book, mosquitto.port) == 0
    office = book.signing_key().public_key()
    with RosterGateway(tmp_path, mosquitto.port, "gw01", ("lobby", "garage"), office):
        words = ["office", "watch", "--seconds", "3", "--book", str(book.directory)]
        assert main([*words, "--broker", f"127.0.0.1:{mosquitto.port}"]) == 0
    assert f"gw01 lobby: revision {book.revision} enforced" in capsys.readouterr().out


def test_a_broker_used_wrongly_or_with_files_that_are_not_there_says_so(tmp_path: Path) -> None:
    nowhere = tmp_path / "none"
    with (
        pytest.raises(BadInput, match="certificates"),
        Broker(BrokerSettings("127.0.0.1", 1, ca=nowhere), "x"),
    ):
        pass
    settings = BrokerSettings("127.0.0.1", 1, user="office", password_file=nowhere)
    with pytest.raises(BadInput, match="cannot read"), Broker(settings, "x"):
        pass
    with pytest.raises(ValueError, match="connect first"):
        Broker(BrokerSettings("127.0.0.1", 1), "x").publish("a", b"")


def test_a_password_from_a_file_lets_the_office_in(tmp_path: Path) -> None:
    directory = tmp_path / "strict"
    directory.mkdir()
    secret = directory / "secret"
    write_private(secret, b"open sesame\n")
    passwd = shutil.which("mosquitto_passwd") or "/usr/bin/mosquitto_passwd"
    subprocess.run([passwd, "-b", "-c", str(directory / "users"), "office", "open sesame"], check=True)
    config = "listener {port} 127.0.0.1\nallow_anonymous false\npassword_file {dir}/users\n"
    with Mosquitto(directory, config) as strict:
        settings = BrokerSettings("127.0.0.1", strict.port, "office", secret)
        with Broker(settings, "office") as broker:
            assert broker.version_5
        secret.chmod(0o644)
        with pytest.raises(KeyExposed), Broker(settings, "office"):
            pass
