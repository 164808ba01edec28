"""The AsyncAPI document is what the models say, and what is written down is what it is."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

from protocols.mqtt import topics
from protocols.mqtt.asyncapi import COMMAND_SCHEMA, document, text
from protocols.mqtt.topics import Kind, take_apart
from protocols.tokens.command import CommandClaims, Do, Mode

WRITTEN = Path(__file__).parents[4] / "deploy" / "asyncapi.yaml"


def test_what_is_written_down_is_what_the_models_say() -> None:
    assert WRITTEN.read_text(encoding="utf-8") == text(), "write it anew: see protocols/mqtt/asyncapi.py"


def test_the_text_is_the_document_as_yaml() -> None:
    assert import_module("yaml").safe_load(text()) == document()


def test_every_topic_but_the_daily_report_has_its_channel() -> None:
    assert set(document()["channels"]) == {
        kind.name.lower() for kind in Kind if kind is not Kind.DAILY_REPORT
    }


def test_every_address_is_a_topic_of_ours() -> None:
    given = {"gw": "gw-1", "door": "lobby", "client": "phone", "revision": "7", "n": "0"}
    for name, channel in document()["channels"].items():
        parameters = {part: given[part] for part in channel["parameters"]}
        assert take_apart(channel["address"].format(**parameters)).kind.name.lower() == name
        assert channel["address"].startswith(topics.ROOT)


def test_every_reference_leads_somewhere() -> None:
    made = document()

    def follow(part: object) -> None:
        if isinstance(part, dict):
            if isinstance(reference := part.get("$ref"), str):
                found: object = made
                for step in reference.removeprefix("#/").split("/"):
                    assert isinstance(found, dict)
                    found = found[step]
            for each in part.values():
                follow(each)
        elif isinstance(part, list):
            for each in part:
                follow(each)

    follow(made)


def test_the_command_is_described_as_it_is_read() -> None:
    full = CommandClaims("i", "a", "d", Do.MODE, "j" * 8, 1, 2, Mode.HELD, "s", "n" * 8, "c").payload()
    properties = COMMAND_SCHEMA["properties"]
    assert list(properties) == list(full)
    assert properties["do"]["enum"] == [do.value for do in Do]
    assert properties["mode"]["enum"] == [mode.value for mode in Mode]
