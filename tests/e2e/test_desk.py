"""The duty desk against the real daemon: every order, and what it is told when one does not pass."""

from __future__ import annotations

import json
import os
import signal
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from agent.cli.app import main
from agent.demo.building import GARAGE, GATEWAY, LOBBY
from agent.errors import EX_IOERR, EX_NOPERM, EX_UNAVAILABLE
from agent.keyfiles import make_signing_key, read_signing_key
from drivers.simulator.relay_board import WELL, Mood
from protocols.mqtt.topics import Kind
from protocols.tokens.keys import public_text
from tests.peers.site import RESIDENT, Site

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Said(NamedTuple):
    """How a command ended, and what it said."""

    code: int
    out: str
    err: str


class Desk:
    """Somebody on duty, with a key that the gateway trusts to open, to set modes and to end a fire."""

    def __init__(self, key: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.key = key
        self._capsys = capsys

    def says(self, action: str, *words: str, key: Path | None = None) -> Said:
        """Type `menshen desk …`."""
        self._capsys.readouterr()
        code = main(["desk", action, *words, "--key", str(key or self.key)])
        return Said(code, *self._capsys.readouterr())

    def told(self, action: str, *words: str) -> tuple[int, list[dict[str, Any]]]:
        """Do the same as a program."""
        code, out, err = self.says(action, *words, "--json")
        assert err == ""
        return code, [json.loads(line) for line in out.splitlines()]


@pytest.fixture
def desk(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.setenv("LC_ALL", "C")
    desk = Desk(tmp_path / "desk" / "desk.key", capsys)
    assert desk.says("key").code == 0
    return desk


@pytest.fixture
def house(tmp_path: Path, desk: Desk) -> Iterator[Site]:
    """Give a site that runs and trusts the desk's key, with the list in force; the desk knows its broker."""
    site = Site(tmp_path)
    site.duty_key = read_signing_key(desk.key)
    site.phone_key = make_signing_key(tmp_path / "desk" / "phone.key")
    with site:
        site.start()
        site.push()
        assert desk.says("broker", "--broker", f"127.0.0.1:{site.broker.port}").code == 0
        yield site


def test_a_shift_at_the_duty_desk(house: Site, desk: Desk) -> None:
    said = desk.says("open", GATEWAY, GARAGE)
    assert said == (0, "garage is open\n", "")
    assert len(house.releases_of(GARAGE)) == 1  # at once: the answer is later than the relay
    house.until(lambda: house.locked(GARAGE), "the garage locked again")

    said = desk.says("hold", GATEWAY, LOBBY, GARAGE)
    assert (said.code, said.err) == (0, "")
    assert f"lobby is held open, until: menshen desk normal {GATEWAY} lobby" in said.out
    assert not house.locked(LOBBY)
    assert not house.locked(GARAGE)

    code, answers = desk.told("lock", GATEWAY, LOBBY, GARAGE)
    assert code == 0
    assert [(each["door"], each["do"], each["outcome"]) for each in answers] == [
        (LOBBY, "lock", "done"),
        (GARAGE, "lock", "done"),
    ]
    house.until(lambda: house.locked(LOBBY) and house.locked(GARAGE), "every door locked")
    newest, opened = house.head(), len(house.releases)
    house.present(RESIDENT)
    assert house.event("entry.denied", LOBBY, after=newest).body["reason"] == "door_locked"
    said = desk.says("open", GATEWAY, LOBBY)
    assert said.code == EX_NOPERM
    assert "the door is locked down" in said.err
    assert f"menshen desk normal {GATEWAY} {LOBBY}" in said.err
    assert '"override"' in said.err
    assert len(house.releases) == opened

    assert desk.says("normal", GATEWAY, LOBBY, GARAGE).code == 0
    house.present(RESIDENT)
    house.until(lambda: len(house.releases) > opened, "a release of the lobby")
    house.until(lambda: house.locked(LOBBY), "the lobby locked again")

    house.building.ring_fire(on=True)
    house.row("fire.on")
    house.until(lambda: not house.locked(LOBBY) and not house.locked(GARAGE), "every door open")
    said = desk.says("fire-over", GATEWAY)
    assert said.code == EX_NOPERM
    assert "the fire line still calls" in said.err
    assert "Reset the fire panel" in said.err
    assert not house.rows("fire.off")
    house.building.ring_fire(on=False)
    house.row("fire.line")
    assert not house.locked(LOBBY)
    assert desk.says("fire-over", GATEWAY) == (
        0,
        f"{GATEWAY}: the fire is over, its doors are as before\n",
        "",
    )
    house.until(lambda: house.locked(LOBBY) and house.locked(GARAGE), "every door locked again")
    code, (again,) = desk.told("fire-over", GATEWAY)
    assert (code, again["door"], again["outcome"], again["reason"]) == (EX_NOPERM, None, "refused", "no_fire")
    house.all_told()


def test_what_is_refused_or_fails_says_how_to_mend_it(
    house: Site, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    stranger = desk.key.with_name("stranger.key")
    public = public_text(make_signing_key(stranger).public_key())
    said = desk.says("open", GATEWAY, LOBBY, key=stranger)  # no broker beside that key
    assert "menshen desk broker" in said.err
    where = ("--broker", f"127.0.0.1:{house.broker.port}")
    said = desk.says("open", GATEWAY, LOBBY, *where, key=stranger)
    assert said.code == EX_NOPERM
    assert "not registered" in said.err
    assert f'key = "{public}"' in said.err
    assert "[[trust]]" in said.err

    said = desk.says("hold", GATEWAY, LOBBY, GARAGE, *where, key=desk.key.with_name("phone.key"))
    assert said.code == EX_NOPERM
    assert said.err.count("refused: this key may not do that") == 2
    assert said.err.count('needs "mode" in its scopes') == 1
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    said = desk.says("fire-over", GATEWAY, *where, key=desk.key.with_name("phone.key"))
    assert 'scopes 需加 "fire_over"' in said.err
    monkeypatch.setenv("LC_ALL", "C")

    said = desk.says("lock", GATEWAY, "attic", LOBBY)
    assert said.code == EX_NOPERM
    assert f"Its doors: {LOBBY}, {GARAGE}" in said.err
    assert "lobby is locked down" in said.out  # one that is refused does not keep the next
    assert desk.says("normal", GATEWAY, LOBBY).code == 0

    house.building.board.mood = Mood(silent=True)
    said = desk.says("open", GATEWAY, LOBBY)
    house.building.board.mood = WELL
    assert said.code == EX_IOERR
    assert "not carried out" in said.err
    assert "menshen doctor" in said.err


def test_a_gateway_that_does_not_answer_is_told_apart_from_one_that_is_gone(house: Site, desk: Desk) -> None:
    said = desk.says("open", "gw-nobody", LOBBY, "--within", "0.3")
    assert said.code == EX_UNAVAILABLE
    assert "no answer within 0.3 s: the broker has heard of no gateway of this name" in said.err

    house.until(lambda: house.state(Kind.HEALTH) is not None, "its health")
    os.kill(house.daemon.pid, signal.SIGSTOP)
    said = desk.says("lock", GATEWAY, LOBBY, GARAGE, "--within", "0.3")
    assert said.code == EX_UNAVAILABLE
    first, *more = said.err.splitlines()
    assert first == f"{GATEWAY} {LOBBY}: no answer within 0.3 s: the gateway did not answer in time"
    assert f"{GATEWAY} {GARAGE}: nothing was sent: the gateway did not answer in time" in more

    house.daemon.kill()
    house.until(lambda: house.state(Kind.STATE)["online"] is False, "its last will")
    said = desk.says("lock", GATEWAY, LOBBY)
    assert said.code == EX_UNAVAILABLE
    assert "nothing was sent: the gateway is offline, and was heard last at 20" in said.err
    code, (told,) = desk.told("fire-over", GATEWAY)
    assert (code, told["outcome"], told["reason"]) == (EX_UNAVAILABLE, "unsent", "gateway_offline")
    assert told["last_heard"] >= house.state(Kind.HEALTH)["at"]
