"""What a configuration of an OSDP line may say."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import pytest
from pydantic import ValidationError

from drivers.contract import Signal
from drivers.osdp.bus import make_reader, read_key
from drivers.osdp.settings import PATTERNS, OsdpBusSettings, OsdpPattern
from protocols.osdp.happenings import Security, Timings
from protocols.osdp.secure import DEFAULT_KEY

STRONG = b"8f1c2a90b7d3e4465a0f9c3b1d7e2584\n"


def secrets(name: str) -> bytes:
    return {"front-key": STRONG}[name]


def nothing(name: str) -> bytes:
    raise KeyError(name)


def reader(**changes: Any) -> dict[str, Any]:
    return {"name": "front", "address": 1, "key_credential": "front-key", **changes}


def bus(*readers: dict[str, Any], **changes: Any) -> OsdpBusSettings:
    said = {"kind": "osdp", "name": "bus", "device": "/dev/ttyS1", "readers": list(readers or [reader()])}
    return OsdpBusSettings.model_validate({**said, **changes})


def test_a_line_says_what_hangs_on_it() -> None:
    settings = bus(
        reader(outputs={"lock": 0}, inputs={"exit": {"channel": 0}}),
        reader(name="back", address=2, outputs={"gate": 1}),
    )
    assert settings.devices == settings.readers == ("front", "back")
    assert (settings.outputs, settings.inputs) == (("lock", "gate"), ("exit",))
    assert [settings.device_of(point) for point in ("lock", "gate", "exit", "moon")] == [
        "front",
        "back",
        "front",
        None,
    ]


@pytest.mark.parametrize(
    ("readers", "why"),
    [
        ([reader(), reader(name="back")], "two readers at address 1"),
        ([reader(), reader(address=2)], "front is named twice"),
        ([reader(outputs={"lock": 0}, inputs={"lock": {"channel": 0}})], "lock is named twice"),
        ([reader(outputs={"a": 0, "b": 0})], "two outputs are number 0"),
        ([reader(inputs={"a": {"channel": 3}, "b": {"channel": 3}})], "two inputs are number 3"),
        ([reader(outputs={"a": 256})], "an output is 0 to 255"),
        ([reader(key_credential=None)], "needs key_credential"),
        ([reader(secure="off")], "needs key_credential, and nothing else does"),
        ([reader(address=127)], "less than or equal to 126"),
        ([reader(key_credential="../secret")], "pattern"),
        ([reader(key="8f1c")], "Extra inputs"),
    ],
)
def test_what_cannot_be_is_refused_with_its_reason(readers: list[dict[str, Any]], why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        bus(*readers)


def test_secure_is_the_default_and_a_step_down_is_written_out() -> None:
    assert bus().devices_here[0].secure == "required"
    assert bus(reader(secure="off", key_credential=None)).devices_here[0].secure == "off"


def test_patterns_have_defaults_for_every_signal_and_may_differ() -> None:
    blue = OsdpPattern(colour="blue")
    one = bus(reader(patterns={"ready": blue})).devices_here[0]
    assert one.pattern(Signal.READY) == blue
    assert [one.pattern(each) for each in Signal if each is not Signal.READY] == [
        PATTERNS[each] for each in Signal if each is not Signal.READY
    ]


def test_a_key_is_read_from_its_credential_alone() -> None:
    made = make_reader(bus().devices_here[0], bus(), secrets, bytes)
    assert (made.address, made.security) == (1, Security.REQUIRED)
    with pytest.raises(KeyError):
        make_reader(bus().devices_here[0], bus(), nothing, bytes)


def test_a_reader_in_install_mode_needs_no_key() -> None:
    settings = bus(reader(secure="install", key_credential=None, serial="0000BEEF", cuid="00aa"))
    assert make_reader(settings.devices_here[0], settings, nothing, bytes).security is Security.INSTALL
    assert settings.devices_here[0].serial == "0000beef"


@pytest.mark.parametrize(
    ("credential", "why"),
    [
        (DEFAULT_KEY.hex().encode(), "default key"),
        (b"00" * 16, "repeated"),
        (b"zz", "not 32 hex digits"),
        (b"8f1c", "not 32 hex digits"),
    ],
)
def test_a_key_that_is_none_is_refused_and_not_shown(credential: bytes, why: str) -> None:
    with pytest.raises(ValueError, match=why) as refused:
        read_key(credential, "front-key")
    assert credential.decode() not in str(refused.value)


@pytest.mark.parametrize(
    ("baud", "within_s", "longest"),
    [(9600, 0.2, 192), (9600, 0.02, 128), (38400, 0.2, 512), (115200, 0.2, 512), (19200, 0.2, 384)],
)
def test_no_frame_is_taken_that_is_longer_on_the_wire_than_a_reply_is_waited_for(
    baud: int, within_s: float, longest: int
) -> None:
    settings = bus(reader()).model_copy(update={"baud": baud, "reply_within_s": within_s})
    assert settings.timings.receive_bytes == longest


def test_every_time_of_a_line_can_be_set() -> None:
    said = {
        "reply_within_s": 0.3,
        "resend_after_s": 0.05,
        "offline_after_s": 9.0,
        "gap_s": 0.04,
        "idle_characters": 3,
        "busy_wait_s": 0.1,
        "retry_key_s": 2.0,
    }
    timings = bus(reader()).model_validate({**bus(reader()).model_dump(by_alias=True), **said}).timings
    assert {name: getattr(timings, name) for name in said} == said
    unset = {each.name for each in fields(Timings)} - set(said)
    assert unset == {"receive_bytes"}  # follows from the speed
