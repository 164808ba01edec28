"""A new key for a reader: done only when a session proves it."""

from __future__ import annotations

import pytest

from protocols.osdp.commands import SetKey
from protocols.osdp.happenings import Came, End, Order, Security, Settled, Timings, Went
from protocols.osdp.reader import Reader
from tests.unit.protocols.osdp.talk import KEY, LATER, entropy, lost, secure_talk


def test_a_key_belongs_to_a_reader_that_must_be_secure_and_to_no_other() -> None:
    for security, key in ((Security.REQUIRED, None), (Security.OFF, KEY), (Security.INSTALL, KEY)):
        with pytest.raises(ValueError, match="a key belongs"):
            Reader(1, security, Timings(), entropy(), key)


def test_a_new_key_is_done_only_when_a_session_proves_it() -> None:
    talk = secure_talk()
    talk.until(Came)
    talk.turns(6)
    fresh = bytes.fromhex("0f1e2d3c4b5a69788796a5b4c3d2e1f1")
    talk.order(Order(7, SetKey(fresh), LATER))
    talk.turn()
    assert list(talk.all(Settled)) == []
    assert talk.until(Settled).end is End.DONE
    assert talk.peer.key == fresh
    talk.turns(5)
    assert list(talk.all(Went)) == []


def test_a_new_key_whose_acknowledgement_is_lost_is_found_out() -> None:
    talk = secure_talk()
    talk.until(Came)
    talk.turns(6)
    fresh = bytes.fromhex("0f1e2d3c4b5a69788796a5b4c3d2e1f1")
    talk.order(Order(7, SetKey(fresh), LATER))
    talk.back = lost
    talk.turn()
    talk.back = bytes
    assert talk.until(Settled).end is End.DONE


def test_a_new_key_that_never_arrived_is_refused_and_the_old_one_serves() -> None:
    talk = secure_talk()
    talk.until(Came)
    talk.turns(6)
    talk.order(Order(7, SetKey(bytes.fromhex("0f1e2d3c4b5a69788796a5b4c3d2e1f1")), LATER))
    talk.there = lost
    talk.turn()
    talk.there = bytes
    talk.peer.power_cycle()
    settled = talk.until(Settled)
    assert (settled.end, settled.detail) == (End.REFUSED, "it still has the key it had")
    assert talk.reader.online


def test_a_new_key_that_is_refused_is_forgotten() -> None:
    talk = secure_talk()
    talk.until(Came)
    talk.turns(6)
    talk.peer.nak.append(9)
    talk.order(Order(7, SetKey(bytes.fromhex("0f1e2d3c4b5a69788796a5b4c3d2e1f1")), LATER))
    assert talk.until(Settled).end is End.REFUSED
    talk.peer.power_cycle()
    talk.turns(12)
    assert list(talk.all(Went)) == []


def test_a_new_key_is_unproven_when_the_device_goes() -> None:
    talk = secure_talk()
    talk.until(Came)
    talk.turns(6)
    talk.order(Order(7, SetKey(bytes.fromhex("0f1e2d3c4b5a69788796a5b4c3d2e1f1")), LATER))
    talk.turn()
    talk.peer.silent = True
    talk.until(Went, turns=300)
    talk.turn()
    assert [each.end for each in talk.all(Settled)] == [End.UNPROVEN]
