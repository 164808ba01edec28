"""Topics: every one that is made is taken apart again, and no stranger's name gets into one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.mqtt import topics
from protocols.mqtt.errors import MessageError
from protocols.mqtt.topics import LARGEST_NUMBER, Kind, Topic, take_apart

names = st.text(
    st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="+#/"), min_size=1, max_size=64
)
numbers = st.integers(0, LARGEST_NUMBER)
PLAIN = [kind for kind in Kind if kind not in {Kind.DOOR_STATE, Kind.ANSWER, Kind.CHUNK}]


@given(names, st.sampled_from(PLAIN))
def test_a_plain_topic_survives(gateway: str, kind: Kind) -> None:
    assert take_apart(topics.plain(gateway, kind)) == Topic(gateway, kind)


@given(names, names, numbers, numbers)
def test_a_topic_that_names_more_survives(gateway: str, name: str, revision: int, number: int) -> None:
    assert take_apart(topics.door_state(gateway, name)) == Topic(gateway, Kind.DOOR_STATE, door=name)
    assert take_apart(topics.answer(gateway, name)) == Topic(gateway, Kind.ANSWER, client=name)
    found = take_apart(topics.chunk(gateway, revision, number))
    assert found == Topic(gateway, Kind.CHUNK, revision=revision, chunk=number)
    assert topics.chunk(gateway, revision, number).startswith(topics.chunks(gateway, revision)[:-1])


@given(st.text(max_size=100) | st.text("menshv1/+#gw.door", max_size=60).map(lambda end: f"menshen/v1/{end}"))
def test_no_text_raises_anything_else(text: str) -> None:
    try:
        topic = take_apart(text)
    except MessageError:
        return
    assert topics.prefix(topic.gateway) == text[: len(topics.prefix(topic.gateway))]


@pytest.mark.parametrize("name", ["", "a+b", "#", "a/b", "a\0b", "a\nb", "\x7f", "\ud800", "x" * 65])
def test_a_name_that_would_bend_a_topic_is_refused(name: str) -> None:
    for make in (topics.prefix, lambda text: topics.door_state("gw", text), lambda t: topics.answer("gw", t)):
        with pytest.raises(ValueError, match="a name has"):
            make(name)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "menshen/v1",
        "menshen/v1/gw",
        "menshen/v2/gw/cmd",
        "menshen/v1//cmd",
        "menshen/v1/gw/cmd/x",
        "menshen/v1/gw/door//state",
        "menshen/v1/gw/res/#",
        "menshen/v1/gw/roster/snapshot/01/0",
        "menshen/v1/gw/roster/snapshot/1/-1",
        "menshen/v1/gw/roster/snapshot/9999999999999999/0",
        "menshen/v1/gw/roster/snapshot/٣/0",
        "menshen/v1/gw/" + "x" * 2000,
    ],
)
def test_a_topic_that_is_none_of_ours_is_refused(text: str) -> None:
    with pytest.raises(MessageError):
        take_apart(text)


def test_a_kind_that_names_more_is_not_plain() -> None:
    with pytest.raises(ValueError, match="names more"):
        topics.plain("gw", Kind.CHUNK)


@pytest.mark.parametrize("number", [-1, LARGEST_NUMBER + 1])
def test_a_number_beyond_what_readers_agree_on_is_refused(number: int) -> None:
    with pytest.raises(ValueError, match="number in a topic"):
        topics.chunks("gw", number)


def test_only_our_own_answer_topics_are_answered() -> None:
    assert topics.answer_topic("gw", "menshen/v1/gw/res/phone-1")
    assert not topics.answer_topic("gw", "menshen/v1/other/res/phone-1")
    assert not topics.answer_topic("gw", "menshen/v1/gw/cmd")
    assert not topics.answer_topic("gw", "$SYS/anything")
