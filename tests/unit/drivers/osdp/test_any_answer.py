"""Whatever a device answers, well framed and with any content, is an event or a counter, and no exception."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from drivers.contract import Done, Failed, Indicate, Lock, Release, Signal
from protocols.osdp.codes import ReplyCode
from protocols.osdp.framing import Block, Frame, encode
from tests.unit.drivers.osdp.test_sending import Firmware
from tests.unit.protocols.osdp.talk import clear_talk, secure_talk

if TYPE_CHECKING:
    from collections.abc import Callable

    from drivers.contract import Command
    from tests.unit.protocols.osdp.talk import Talk

Answer = tuple[int, bytes, Block | None]
codes = st.sampled_from([*(code.value for code in ReplyCode), 0x42, 0xF0])
blocks = st.sampled_from(
    [None, None, None, Block(0x16), Block(0x18), Block(0x12, b"\x01"), Block(0x14, b"\x01")]
)
answers = st.lists(st.none() | st.tuples(codes, st.binary(max_size=40), blocks), min_size=5, max_size=40)


@pytest.mark.parametrize("join", [clear_talk, secure_talk], ids=["clear", "secure"])
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(said=answers, good=st.integers(0, 14))
def test_no_answer_of_any_kind_is_an_exception(
    join: Callable[[], Talk], said: list[Answer | None], good: int
) -> None:
    site = Firmware(join())
    site.run(good)
    site.send(bytes(600))
    tape = iter(said)

    def meddle(answer: bytes) -> bytes:
        one = next(tape, None)
        if one is None:
            return answer
        code, data, block = one
        mac = b"1234" if block is not None and not block.data else b""
        return encode(Frame(1, True, site.talk.spoken[-1][5] & 3, code, data, block, mac))

    site.talk.back = meddle
    asked: list[Command] = [
        Release(1, "lock", 1.0, site.talk.at + 9),
        Indicate(2, "front", Signal.GRANTED),
        Lock(3, "gate"),
    ]
    told = []
    for command in asked:
        site.device.do(command, site.talk.at)
        told += site.events
        told += site.run(len(said) // 2)
    site.events.clear()
    site.device.end("the line is stopped", site.talk.at)
    told += site.events
    ends = [each.id for each in told if isinstance(each, Done | Failed)]
    assert set(ends) == {1, 2, 3}
