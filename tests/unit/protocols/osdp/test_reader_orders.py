"""Orders for one reader: their sequence on the wire, and the one end of each."""

from __future__ import annotations

from protocols.osdp.commands import Identify, Poll, SetCommunication
from protocols.osdp.happenings import Came, End, Order, Rank, Settled, Went
from protocols.osdp.orders import MOST_ORDERS
from protocols.osdp.replies import Communication, OtherReply
from tests.unit.protocols.osdp.talk import BAUD, LATER, PULSE, Talk, clear_talk, lost, sent


def test_an_order_goes_before_the_next_poll_and_is_done(talk: Talk) -> None:
    talk.until(Came)
    talk.order(Order(7, PULSE, LATER, urgent=True))
    assert talk.reader.wish(talk.at)[0] is Rank.URGENT
    polls = talk.peer.polls
    settled = talk.until(Settled)
    assert (settled.order.token, settled.end, talk.peer.polls) == (7, End.DONE, polls)
    assert talk.peer.device.outputs_on(talk.at) == (True, False)
    assert talk.peer.device.outputs_on(talk.at + 3.1) == (False, False)


def test_locks_go_before_lights_and_in_their_order(talk: Talk) -> None:
    talk.until(Came)
    talk.turns(5)
    talk.order(Order(1, Identify(), LATER))
    assert talk.reader.wish(talk.at)[0] is Rank.ORDER
    talk.order(Order(2, PULSE, LATER, urgent=True))
    talk.order(Order(3, PULSE, LATER, urgent=True))
    talk.turns(3)
    assert [settled.order.token for settled in talk.all(Settled)] == [2, 3, 1]


def test_what_is_in_the_background_takes_turns_with_polls(talk: Talk) -> None:
    talk.until(Came)
    talk.turns(8)
    for token in range(3):
        talk.order(Order(token, Identify(), LATER, background=True))
    polls = talk.peer.polls
    talk.turns(6)
    assert len(list(talk.all(Settled))) == 3
    assert talk.peer.polls == polls + 3


def test_orders_for_a_reader_that_is_offline_fail_at_once(talk: Talk) -> None:
    talk.order(Order(1, PULSE, LATER))
    assert talk.reader.happenings.popleft() == Settled(
        Order(1, PULSE, LATER), End.OFFLINE, talk.at, detail="the reader is offline"
    )


def test_too_late_is_never_sent(talk: Talk) -> None:
    talk.until(Came)
    talk.order(Order(1, PULSE, talk.at - 0.001, urgent=True))
    talk.order(Order(2, Identify(), talk.at + 0.001))
    talk.at += 0.01
    talk.reader.expire(talk.at)
    assert [each.end for each in talk.reader.happenings if isinstance(each, Settled)] == [End.LATE, End.LATE]
    talk.turns(3)
    assert 0x68 not in sent(talk)


def test_an_order_whose_answer_is_lost_is_not_repeated_when_it_is_late(talk: Talk) -> None:
    talk.until(Came)
    talk.turns(6)
    talk.there = lost
    talk.order(Order(7, PULSE, talk.at + 0.1, urgent=True))
    talk.turns(3)
    (settled,) = talk.all(Settled)
    assert settled.end is End.UNPROVEN
    talk.there = bytes
    talk.turns(20)
    assert 0x68 not in sent(talk)
    assert talk.reader.online


def test_an_order_lost_with_its_session_is_given_again(talk: Talk) -> None:
    talk.until(Came)
    talk.turns(6)
    talk.peer.power_cycle()
    talk.order(Order(7, PULSE, LATER, urgent=True))
    assert talk.until(Settled).end is End.DONE
    assert sent(talk).count(0x68) == 1


def test_an_order_in_the_background_that_is_lost_is_the_callers_to_repeat(talk: Talk) -> None:
    talk.until(Came)
    talk.turns(8)
    talk.peer.power_cycle()
    talk.order(Order(7, PULSE, LATER, background=True))
    assert talk.until(Settled).end is End.UNPROVEN


def test_going_offline_ends_every_order(talk: Talk) -> None:
    talk.until(Came)
    talk.turns(6)
    talk.peer.silent = True
    talk.order(Order(1, PULSE, LATER, urgent=True))
    talk.order(Order(2, PULSE, LATER))
    talk.order(Order(3, PULSE, LATER, background=True))
    talk.turn()
    talk.until(Went, turns=200)
    talk.turn()
    ends = {settled.order.token: settled.end for settled in talk.all(Settled)}
    assert ends == {1: End.UNPROVEN, 2: End.OFFLINE, 3: End.OFFLINE}


def test_a_port_that_goes_takes_the_order_on_the_wire_along(talk: Talk) -> None:
    talk.until(Came)
    talk.turns(6)
    talk.order(Order(1, PULSE, LATER, urgent=True))
    talk.reader.speak(talk.at, BAUD)
    talk.reader.leave("the port is gone", talk.at)
    told = list(talk.reader.happenings)
    assert [type(each) for each in told] == [Settled, Went]
    assert isinstance(told[0], Settled)
    assert told[0].end is End.UNPROVEN


def test_too_many_orders_are_refused(talk: Talk) -> None:
    talk.until(Came)
    for token in range(MOST_ORDERS + 1):
        talk.order(Order(token, PULSE, LATER))
    last = talk.reader.happenings[-1]
    assert isinstance(last, Settled)
    assert (last.order.token, last.end) == (MOST_ORDERS, End.OVERLOADED)


def test_an_order_whose_answer_makes_no_sense_is_unproven(talk: Talk) -> None:
    talk.until(Came)
    talk.turns(8)
    talk.peer.device.reports.append(OtherReply(0x48, b"odd"))
    talk.order(Order(7, Poll(), LATER, urgent=True))
    assert talk.until(Settled).end is End.UNPROVEN


def test_a_device_takes_its_new_address() -> None:
    talk = clear_talk()
    talk.until(Came)
    talk.order(Order(7, SetCommunication(5, 38400), LATER))
    settled = talk.until(Settled)
    assert settled.reply == Communication(5, 38400)
    assert talk.peer.address == 5
