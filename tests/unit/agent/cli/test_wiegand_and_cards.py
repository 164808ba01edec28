from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest

from agent.cli.app import main
from agent.errors import EX_DATAERR

VECTORS: list[dict[str, Any]] = json.loads(Path("tests/vectors/wiegand.json").read_text())["formats"]
BITS = "10111011000000110010000110"
SWAPPED = BITS.translate(str.maketrans("01", "10"))


def said(capsys: pytest.CaptureFixture[str], *arguments: str) -> Any:
    assert main([*arguments, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


@pytest.fixture(autouse=True)
def english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "C")


def test_a_frame_is_decoded_by_the_format_that_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    found = said(capsys, "decode", "wiegand", "--bits", BITS, "--format", "H10301")
    assert found == {
        "bits": 26,
        "matches": [{"format": "H10301", "fields": {"facility": 118, "card": 1603}}],
        "rejected": [],
        "hint": "",
        "numbers": {"H10301": "fc8cn16:760643"},
    }


@pytest.mark.parametrize("row", VECTORS, ids=lambda row: str(row["id"]))
def test_a_damaged_frame_is_rejected_with_what_fails(
    capsys: pytest.CaptureFixture[str], row: dict[str, Any]
) -> None:
    for bad in row["must_reject"]:
        found = said(capsys, "decode", "wiegand", "--bits", bad["bits"], "--format", row["id"])
        assert found["matches"] == []
        assert found["rejected"] == [{"format": row["id"], "why": ", ".join(bad["fails"])}]


def test_without_a_name_every_format_is_tried(capsys: pytest.CaptureFixture[str]) -> None:
    found = said(capsys, "decode", "wiegand", "--bits", BITS)
    assert [each["format"] for each in found["matches"]] == ["H10301", "W26_CARD24", "IND26"]
    assert len(found["matches"]) + len(found["rejected"]) == 60


def test_swapped_wires_are_named(capsys: pytest.CaptureFixture[str]) -> None:
    found = said(capsys, "decode", "wiegand", "--bits", SWAPPED, "--format", "H10301")
    assert found["matches"] == []
    assert "D0 and D1 probably swapped" in found["hint"]


def test_frames_on_stdin_give_a_line_each(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{BITS}\n\n{BITS[:13]} {BITS[13:]}\n"))
    assert main(["decode", "wiegand", "--bits", "-", "--json"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [json.loads(line)["bits"] for line in lines] == [26, 26]


@pytest.mark.parametrize(
    "text",
    [
        f"0b{BITS}",
        f"{BITS[0]} {BITS[1:9]}-{BITS[9:25]} {BITS[25]}",
        f" {BITS[:4]}_{BITS[4:]}\n",
        "26:2EC0C86",
        "26:0x2ec0c86",
    ],
)
def test_a_frame_is_read_as_people_and_logs_write_it(capsys: pytest.CaptureFixture[str], text: str) -> None:
    assert said(capsys, "decode", "wiegand", "--bits", text)["numbers"]["H10301"] == "fc8cn16:760643"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("2EC0C86", "26:2EC0C86"),
        ("0x2EC0C86", "26:2EC0C86"),
        ("25:2EC0C86", "more than 25 bits"),
        ("0:0", "1 to 128 digits"),
        ("129:0", "1 to 128 digits"),
        ("", "1 to 128 digits"),
        ("١٠", "1 to 128 digits"),
    ],
)
def test_what_is_no_frame_is_refused_with_the_mend(
    capsys: pytest.CaptureFixture[str], text: str, words: str
) -> None:
    assert main(["decode", "wiegand", "--bits", text]) == EX_DATAERR
    assert words in capsys.readouterr().err


def test_a_bad_line_on_stdin_is_said_in_its_place_and_the_rest_goes_on(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    stream = f"{BITS}\n\nbad\n{'1' * 5000}\n{BITS}\n"
    monkeypatch.setattr("sys.stdin", io.StringIO(stream))
    assert main(["decode", "wiegand", "--bits", "-", "--json"]) == EX_DATAERR
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line.get("bits") for line in lines] == [26, None, None, 26]
    assert [line["line"] for line in lines if "error" in line] == [3, 4]
    monkeypatch.setattr("sys.stdin", io.StringIO(stream))
    assert main(["decode", "wiegand", "--bits", "-"]) == EX_DATAERR
    assert "line 3: " in capsys.readouterr().err


def test_formats_of_the_sites_own_are_read_from_its_configuration(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    config = tmp_path / "config.toml"
    config.write_text(
        '[[format]]\nid = "ACME_30"\nbits = 30\nfields = { card = "1-28" }\n'
        'parity = ["0 even 1-14", "29 odd 15-28"]\n'
    )
    arguments = ["decode", "wiegand", "--bits", "30:1", "--format", "ACME_30"]
    found = said(capsys, *arguments, "-c", str(config))
    assert found["matches"] == [{"format": "ACME_30", "fields": {"card": 0}}]
    assert main(arguments) == EX_DATAERR


def test_a_frame_that_a_keypad_may_have_sent_is_said_to_be(capsys: pytest.CaptureFixture[str]) -> None:
    typed = "0" + f"{1234:024b}" + "0"
    assert "sends 1234 so" in said(capsys, "decode", "wiegand", "--bits", typed)["hint"]
    assert "no card" not in said(capsys, "decode", "wiegand", "--bits", BITS)["hint"]


def test_a_person_is_told_in_words(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["decode", "wiegand", "--bits", SWAPPED, "--format", "H10301", "--format", "W34_CARD32"]) == 0
    shown = capsys.readouterr().out
    assert "the parity bit at 0 is wrong, the parity bit at 25 is wrong" in shown
    assert "wrong length" in shown
    assert "D0 and D1 are probably swapped" in shown
    assert main(["decode", "wiegand", "--bits", BITS]) == 0
    assert "facility=118 card=1603" in capsys.readouterr().out


def test_the_hint_is_chinese_where_the_person_is(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    assert main(["decode", "wiegand", "--bits", SWAPPED, "--format", "H10301"]) == 0
    assert "D0 与 D1 可能接反" in capsys.readouterr().out


@pytest.mark.parametrize(
    "arguments",
    [
        ["decode", "wiegand", "--bits", "01x"],
        ["decode", "wiegand", "--bits", "1" * 129],
        ["decode", "wiegand", "--bits", BITS, "--format", "H10300"],
        ["cards", "explain", "my card"],
    ],
)
def test_what_cannot_be_read_is_an_exit_code_and_a_sentence(
    capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    assert main([*arguments, "--json"]) == EX_DATAERR
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.startswith("menshen: ")


def test_a_printed_number_is_explained(capsys: pytest.CaptureFixture[str]) -> None:
    found = said(capsys, "cards", "explain", "0040856634")
    assert found["ambiguous"] is False
    first = found["readings"][0]
    assert (first["style"], first["identity"]) == ("8H10D", "uid32:026F6C3A")
    assert first["prints"]["3D5D"] == "111,27706"
    assert first["readers"]["uid32"] == "uid32:026F6C3A"
    assert first["readers"]["fc8cn16"] == "fc8cn16:6F6C3A"
    assert first["readers"]["fc8cn16-first"] == "fc8cn16:026F6C"


def test_a_number_of_forty_bits_is_explained_for_both_kinds_of_readers(
    capsys: pytest.CaptureFixture[str],
) -> None:
    readers = said(capsys, "cards", "explain", "01026F6C3A")["readings"][0]["readers"]
    assert list(readers)[:3] == ["uid40", "uid32", "fc8cn16"]
    assert (readers["uid32"], readers["fc8cn16"]) == ("uid32:026F6C3A", "fc8cn16:6F6C3A")
    assert main(["cards", "explain", "01026F6C3A"]) == 0
    shown = capsys.readouterr().out
    assert "readers of uid40: uid40:01026F6C3A" in shown
    assert "34-bit readers, the first byte dropped: uid32:026F6C3A" in shown


def test_an_ambiguous_number_is_said_to_be(capsys: pytest.CaptureFixture[str]) -> None:
    assert said(capsys, "cards", "explain", "22905391")["ambiguous"] is True
    assert said(capsys, "cards", "explain", "07706")["readings"][0]["identity"] is None


def test_a_printed_number_is_explained_in_words(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["cards", "explain", "111,27706"]) == 0
    assert "fc8cn16:6F6C3A" in capsys.readouterr().out
    assert main(["cards", "explain", "0040856634"]) == 0
    shown = capsys.readouterr().out
    assert "printed 3D5D" in shown
    assert "34-bit readers: uid32:026F6C3A" in shown
    assert "26-bit readers, the first byte dropped: fc8cn16:6F6C3A" in shown
    assert main(["cards", "explain", "07706"]) == 0
    assert "names no card" in capsys.readouterr().out


def test_why_a_number_is_none_is_told_in_the_persons_language(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    for text, words in (("4.09E+07", "取整"), ("1" * 65, "64 个字符"), ("我的卡", "十六进制")):
        assert main(["cards", "explain", text]) == EX_DATAERR
        assert words in capsys.readouterr().err
