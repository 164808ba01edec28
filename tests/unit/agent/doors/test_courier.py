"""Files for devices: a slip and the file in, word of it out, and what became of it on record."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

import pytest

from agent.doors.courier import CONTENT, FOLDER, LARGEST_FILE, PROGRESS, SLIP, Courier, Slip
from drivers.contract import FileProgress

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from agent.domain.facts import Noted

FIRMWARE = b"new firmware"


class Port:
    """A port that takes files and tells of them when it is asked to."""

    def __init__(self) -> None:
        self.carried: list[tuple[str, bytes, int]] = []
        self.dropped: list[str] = []
        self.tell: Callable[[FileProgress], None] | None = None

    def carry_file(
        self, device: str, content: bytes, kind: int, tell: Callable[[FileProgress], None]
    ) -> None:
        if not content:
            raise ValueError("a file has bytes")
        self.carried.append((device, content, kind))
        self.tell = tell

    def drop_file(self, device: str) -> None:
        self.dropped.append(device)


class Desk:
    """A courier between a folder and a port, without its thread."""

    def __init__(self, data_dir: Path) -> None:
        self.folder = data_dir / FOLDER
        self.port = Port()
        self.noted: list[Noted] = []
        self.courier = Courier(data_dir, {"front": self.port}, self.noted.append)

    def leave(self, device: str = "front", content: bytes = FIRMWARE, slip: str | None = None) -> None:
        self.folder.mkdir(exist_ok=True)
        (self.folder / (device + CONTENT)).write_bytes(content)
        text = Slip(128, hashlib.sha256(content).hexdigest()).text() if slip is None else slip
        (self.folder / (device + SLIP)).write_text(text)
        self.courier.look()

    def hear(self, *told: object, **more: Any) -> None:
        assert self.port.tell is not None
        self.port.tell(FileProgress(*told, **more))  # type: ignore[arg-type]  # as the test says
        self.courier.look()

    @property
    def progress(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.folder / ("front" + PROGRESS)).read_text())
        return found

    @property
    def kinds(self) -> list[str]:
        return [each.kind for each in self.noted]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_a_file_is_carried_told_of_and_recorded(desk: Desk) -> None:
    desk.courier.look()
    desk.leave()
    assert desk.port.carried == [("front", FIRMWARE, 128)]
    desk.hear(5, 12)
    assert desk.progress == {"taken_bytes": 5, "total_bytes": 12, "done": False, "failed": None}
    desk.hear(12, 12, done=True)
    assert desk.progress["done"] is True
    assert [each.name for each in desk.folder.iterdir()] == ["front" + PROGRESS]
    assert desk.kinds == ["reader.file_begun", "reader.file_done"]
    sha256 = hashlib.sha256(FIRMWARE).hexdigest()
    assert desk.noted[0].body == {"device": "front", "sha256": sha256, "kind": 128, "bytes": 12}
    desk.courier.look()
    assert len(desk.port.carried) == 1


def test_a_device_that_does_not_take_it_is_the_end(desk: Desk) -> None:
    desk.leave()
    desk.hear(5, 12, failed="the device finds the file malformed")
    assert desk.progress["failed"] == "the device finds the file malformed"
    assert desk.noted[-1].body["why"] == "the device finds the file malformed"
    assert desk.kinds[-1] == "reader.file_failed"


def test_a_slip_that_is_taken_away_withdraws_its_file(desk: Desk) -> None:
    desk.leave()
    (desk.folder / ("front" + SLIP)).unlink()
    desk.courier.look()
    assert desk.port.dropped == ["front"]
    assert desk.noted[-1].body["why"] == "withdrawn"
    assert list(desk.folder.iterdir()) == []


def test_what_is_told_of_a_file_that_was_withdrawn_is_not_of_the_next(desk: Desk) -> None:
    desk.leave()
    first = desk.port.tell
    (desk.folder / ("front" + SLIP)).unlink()
    desk.courier.look()
    desk.leave()
    assert first is not None
    first(FileProgress(0, 12, failed="it was withdrawn"))
    desk.courier.look()
    assert desk.kinds == ["reader.file_begun", "reader.file_failed", "reader.file_begun"]


@pytest.mark.parametrize(
    ("device", "content", "slip", "why"),
    [
        ("nobody", FIRMWARE, None, "no port"),
        ("front", FIRMWARE, "{", "Expecting"),
        ("front", FIRMWARE, "[]", "cannot be read"),
        ("front", FIRMWARE, "[" * 4000, "cannot be read"),
        ("front", FIRMWARE, json.dumps({"kind": 1, "sha256": "00"}), "not the file"),
        ("front", b"", None, "has bytes"),
        ("front", bytes(LARGEST_FILE + 2), None, "not the file"),
    ],
)
def test_what_cannot_be_carried_is_told_and_taken_away(
    desk: Desk, device: str, content: bytes, slip: str | None, why: str
) -> None:
    desk.leave(device, content, slip)
    assert desk.port.carried == []
    assert why in str(desk.noted[-1].body["why"])
    assert [each.name for each in desk.folder.iterdir()] == [device + PROGRESS]


def test_a_slip_without_its_file_is_told(desk: Desk) -> None:
    desk.folder.mkdir()
    (desk.folder / ("front" + SLIP)).write_text(Slip(1, "00").text())
    desk.courier.look()
    assert "No such file" in str(desk.noted[-1].body["why"])


def test_one_that_never_began_can_be_stopped(desk: Desk) -> None:
    desk.courier.stop(1.0)
