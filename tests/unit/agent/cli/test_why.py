"""What drivers say, for people who read Chinese."""

from __future__ import annotations

import pytest

from agent.cli.why import why
from protocols.osdp.codes import NAK_TEXT, nak_text
from protocols.osdp.secure import DEFAULT_KEY, weakness


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("no reply", "没有应答"),
        (
            "the device refuses the handshake: the security block is not supported",
            "设备拒绝握手:不支持该安全块",
        ),
        ("somebody is at address 4, 9600 baud, already", "地址 4、速率 9600 已有设备"),
        ("cannot open /dev/ttyS9: No such file or directory", "无法打开 /dev/ttyS9:没有这个文件"),
        ("serial is 01, and was 02; cuid is aa, and was bb", "序列号为 01,应为 02；cuid 为 aa,应为 bb"),
        ("something that nobody has heard of", "something that nobody has heard of"),
    ],
)
def test_a_reason_is_said_in_the_locales_language(
    said: str, meant: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    assert why(said) == said
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    assert why(said) == meant


@pytest.mark.parametrize("said", [*NAK_TEXT.values(), nak_text(0x77)])
def test_every_no_of_a_device_is_said_in_chinese(said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    assert not why(said).isascii()


@pytest.mark.parametrize("key", [b"0" * 16, bytes(range(16)), b"ab" * 8, DEFAULT_KEY, b"abcdefgh" * 2])
def test_every_weakness_of_a_key_is_said_in_chinese(key: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    assert not why(weakness(key)).isascii()
