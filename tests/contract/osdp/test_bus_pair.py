"""`menshen bus pair`: a key for one reader, and the journal that knows of it, over a pseudo-terminal."""

from __future__ import annotations

import json
import os
import stat
import time
from typing import TYPE_CHECKING, Any

import pytest

from agent.alone import alone
from agent.cli.app import main
from agent.clock import SystemClock
from agent.doors.books import Turn
from agent.doors.identities import SETTING, Identities, Vouched
from agent.store.journal import open_journal
from agent.store.reader import JournalReader
from agent.store.verify import verify
from drivers.contract import Online
from drivers.simulator.line import Line
from drivers.simulator.osdp_reader import SimulatedReader
from protocols.osdp.commands import SetKey

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

KEY = bytes.fromhex("8f1c2a90b7d3e4465a0f9c3b1d7e2584")


class Deaf(SimulatedReader):
    """Takes the key and says nothing more."""

    def receive(self, data: bytes, at: float) -> list[bytes]:
        answers = super().receive(data, at)
        if any(isinstance(each, SetKey) for _, each in self.received):
            self.silent = True
            return []
        return answers


@pytest.fixture
def peer() -> SimulatedReader:
    return SimulatedReader(3, os.urandom)


@pytest.fixture
def line(peer: SimulatedReader) -> Iterator[Line]:
    with Line([peer], time.perf_counter) as made:
        yield made


def told(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(text) for text in capsys.readouterr().out.splitlines()]


def test_pairing_gives_a_key_of_its_own_for_its_owner_alone(
    line: Line, peer: SimulatedReader, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = tmp_path / "first.key", tmp_path / "second.key"
    assert main(["bus", "pair", "--port", str(line.path), "--address", "3", "--key-file", str(first)]) == 0
    assert peer.key == bytes.fromhex(first.read_text())
    assert stat.S_IMODE(first.stat().st_mode) == 0o600
    said = capsys.readouterr().out
    assert peer.device.cuid.hex() in said
    assert first.read_text().strip() not in said
    again = ["bus", "pair", "--port", str(line.path), "--address", "3", "--key-file", str(second), "--json"]
    assert main([*again, "--old-key-file", str(first)]) == 0
    (paired,) = told(capsys)
    assert (paired["ev"], paired["cuid"]) == ("paired", peer.device.cuid.hex())
    assert peer.key == bytes.fromhex(second.read_text())


def test_a_device_that_has_a_key_is_not_paired_and_no_file_is_left(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    peer = SimulatedReader(3, os.urandom, key=KEY)
    with Line([peer], time.perf_counter) as line:
        file = tmp_path / "key"
        arguments = ["bus", "pair", "--port", str(line.path), "--address", "3", "--key-file", str(file)]
        assert main([*arguments, "--window", "0.5"]) == 69
        said = capsys.readouterr().err
        assert "not supported" in said
        assert "--old-key-file" in said
        assert not file.exists()
        assert peer.key == KEY


def test_a_key_file_is_never_written_over(
    line: Line, peer: SimulatedReader, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "key"
    file.write_text("precious")
    assert main(["bus", "pair", "--port", str(line.path), "--address", "3", "--key-file", str(file)]) == 65
    assert file.read_text() == "precious"
    assert peer.key is None
    assert str(file) in capsys.readouterr().err


def test_a_device_that_falls_silent_while_paired_leaves_the_key_on_disk(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "key"
    peer = Deaf(3, os.urandom)
    with Line([peer], time.perf_counter) as line:
        arguments = ["bus", "pair", "--port", str(line.path), "--address", "3", "--key-file", str(file)]
        assert main(arguments) == 69
    assert peer.key == bytes.fromhex(file.read_text())
    assert "--old-key-file" in capsys.readouterr().err


# --- a reader of a gateway -----------------------------------------------------------------------------


_CONFIG = """
gateway = "here"
data_dir = "{data_dir}"

[clock]
assume_synced = true

[[port]]
kind = "osdp"
name = "readers"
device = "{port}"
baud = 9600

[[port.readers]]
name = "front"
address = 3
key_credential = "front.key"
{pin}

[[port.readers]]
name = "back"
address = 4
secure = "off"
"""


class Gateway:
    """A gateway's folder, whose daemon is stopped: one OSDP reader, `front`, that has no key yet."""

    def __init__(self, folder: Path, port: Path, pin: str = "") -> None:
        self.config = folder / "config.toml"
        self.data_dir = folder / "data"
        self.data_dir.mkdir()
        self.key = self.data_dir / "credentials" / "front.key"
        self.config.write_text(_CONFIG.format(data_dir=self.data_dir, port=port, pin=pin))

    def pair(self, *more: str) -> int:
        return main(["bus", "pair", "-c", str(self.config), "--reader", "front", *more])

    def rows(self) -> list[tuple[str, dict[str, Any]]]:
        reader = JournalReader(self.data_dir / "journal.db")
        try:
            return [(row.kind, dict(row.data())) for row in reader.walk(1)]
        finally:
            reader.close()

    def online(self, identity: dict[str, str], word: str = "its word") -> list[str]:
        """Let a device come online under the daemon, and return what would be recorded."""
        at = SystemClock().utc()
        journal = open_journal(self.data_dir / "journal.db", boot_id="b" * 32, at=at).journal
        try:
            identities = Identities({"front": Vouched(word)}, journal.memory.setting)
            return [each.kind for each in identities.facts(Online("front", 0.0, identity), Turn())]
        finally:
            journal.close()


@pytest.fixture
def gateway(tmp_path: Path, line: Line) -> Gateway:
    return Gateway(tmp_path, line.path)


def test_a_gateways_reader_is_paired_by_its_name_and_the_journal_knows(
    gateway: Gateway, peer: SimulatedReader, capsys: pytest.CaptureFixture[str]
) -> None:
    assert gateway.pair("--json") == 0
    (paired,) = told(capsys)
    assert (paired["recorded"], paired["key_file"]) == (2, str(gateway.key))
    assert peer.key == bytes.fromhex(gateway.key.read_text())
    assert stat.S_IMODE(gateway.key.stat().st_mode) == 0o600
    who = {"serial": "10000003", "cuid": peer.device.cuid.hex()}
    body = {"device": "front", "address": 3, "uid": os.getuid(), "rekeyed": False, **who}
    assert gateway.rows() == [("reader.pairing", body), ("reader.paired", body)]
    assert verify(gateway.data_dir / "journal.db").holds
    with alone(gateway.data_dir):
        pass  # the daemon may start


def test_who_was_paired_is_no_news_later_and_anybody_else_is_an_alarm(
    gateway: Gateway, peer: SimulatedReader
) -> None:
    assert gateway.pair() == 0
    who = {"serial": "10000003", "cuid": peer.device.cuid.hex()}
    assert gateway.online(who) == []
    assert gateway.online({**who, "cuid": "0011223344556677"}) == ["device.identity_changed"]
    assert gateway.online({**who, "serial": "0badcafe"}, word="another") == ["device.identity_changed"]


def test_a_replaced_reader_that_is_paired_again_belongs_there(
    gateway: Gateway, capsys: pytest.CaptureFixture[str]
) -> None:
    assert gateway.pair() == 0
    first = gateway.key.read_text()
    replaced = SimulatedReader(3, os.urandom)
    replaced.device.serial = 0x0BADCAFE
    with Line([replaced], time.perf_counter) as line:
        assert gateway.pair("--port", str(line.path)) == 0
    assert gateway.key.read_text() != first
    assert replaced.key == bytes.fromhex(gateway.key.read_text())
    assert [each.name for each in gateway.key.parent.iterdir()] == ["front.key"]
    assert gateway.online({"serial": "0badcafe", "cuid": replaced.device.cuid.hex()}) == []
    assert "front" in capsys.readouterr().out


def test_a_pairing_that_nothing_proves_is_recorded_and_can_be_tried_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    deaf = Deaf(3, os.urandom)
    with Line([deaf], time.perf_counter) as line:
        gateway = Gateway(tmp_path, line.path)
        gateway.key.parent.mkdir(mode=0o700)
        gateway.key.write_text(KEY.hex())
        assert gateway.pair() == 69
        assert gateway.key.read_text() == KEY.hex()
        waiting = gateway.key.with_name("front.key.new")
        assert deaf.key == bytes.fromhex(waiting.read_text())
        assert str(waiting) in capsys.readouterr().err
        kind, body = gateway.rows()[-1]
        assert (kind, body["unproven"]) == ("reader.pairing_failed", True)
    again = SimulatedReader(3, os.urandom, key=deaf.key)
    with Line([again], time.perf_counter) as line:
        assert gateway.pair("--port", str(line.path), "--old-key-file", str(waiting)) == 0
    assert again.key == bytes.fromhex(gateway.key.read_text())
    assert [each.name for each in gateway.key.parent.iterdir()] == ["front.key"]
    assert gateway.rows()[-1][1]["rekeyed"] is True


def test_a_device_that_refuses_the_key_is_recorded_and_no_file_is_left(
    gateway: Gateway, peer: SimulatedReader
) -> None:
    peer.unknown = frozenset({SetKey.CODE.value})
    assert gateway.pair() == 69
    kind, body = gateway.rows()[-1]
    assert (kind, body["unproven"]) == ("reader.pairing_failed", False)
    assert list(gateway.key.parent.iterdir()) == []
    assert gateway.online({"serial": "10000003"}) == ["device.identity_learnt"]


def test_another_reader_than_the_configuration_means_gets_no_key(
    tmp_path: Path, line: Line, peer: SimulatedReader, capsys: pytest.CaptureFixture[str]
) -> None:
    gateway = Gateway(tmp_path, line.path, pin='serial = "0badcafe"')
    assert gateway.pair() == 69
    assert "serial is 10000003" in capsys.readouterr().err
    assert peer.key is None
    assert gateway.rows() == []


def test_while_the_daemon_runs_nothing_is_touched(
    gateway: Gateway, peer: SimulatedReader, capsys: pytest.CaptureFixture[str]
) -> None:
    with alone(gateway.data_dir):
        assert gateway.pair() == 69
    assert "stop it first" in capsys.readouterr().err
    assert peer.key is None
    assert not gateway.key.exists()


def test_a_journal_that_is_damaged_is_set_aside_and_that_is_recorded(gateway: Gateway) -> None:
    (gateway.data_dir / "journal.db").write_bytes(b"no database at all" * 100)
    assert gateway.pair() == 0
    assert [kind for kind, _ in gateway.rows()] == ["store.quarantined", "reader.pairing", "reader.paired"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--reader", "nobody"], "front, back"),
        (["--reader", "back"], "key_credential"),
        (["--reader", "front", "--window", "9999"], "600"),
        ([], "--port, --address, --key-file"),
    ],
)
def test_what_cannot_be_paired_is_told_with_its_mend(
    gateway: Gateway, arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["bus", "pair", "-c", str(gateway.config), *arguments]) == 65
    assert said in capsys.readouterr().err


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_somebody_elses_gateway_is_not_written_into(
    gateway: Gateway, peer: SimulatedReader, capsys: pytest.CaptureFixture[str]
) -> None:
    os.chown(gateway.data_dir, 65534, 65534)
    assert gateway.pair() == 77
    assert "runuser" in capsys.readouterr().err
    assert peer.key is None


def test_what_is_remembered_of_a_pairing_names_the_place(gateway: Gateway) -> None:
    assert gateway.pair() == 0
    journal = open_journal(gateway.data_dir / "journal.db", boot_id="b" * 32, at=SystemClock().utc()).journal
    kept = json.loads(journal.memory.setting(SETTING + "front") or "")
    journal.close()
    assert kept["trusted"] == {"serial": "10000003", "cuid": "4d53494d10000003"}
    assert kept["found"] is None
