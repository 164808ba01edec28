"""Files for devices: a slip and the file in, word of it out, and what became of it on record."""

from __future__ import annotations

import hashlib
import json
import threading
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
        self.back = Port()
        self.courier = Courier(data_dir, {"front": self.port, "back": self.back}, self.noted.append)

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
        ("front", FIRMWARE, '{"kind": Infinity, "sha256": "00"}', "cannot be read"),
        ("front", FIRMWARE, '{"kind": 1, "sha256": "no digest"}', "cannot be read"),
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


def test_a_slip_that_the_disk_does_not_let_go_of_is_not_begun_with_again(desk: Desk) -> None:
    desk.leave()
    content = desk.folder / ("front" + CONTENT)
    content.unlink()
    content.mkdir()  # no file that can be taken away, even by one who may everything
    desk.hear(12, 12, done=True)
    desk.leave("back")
    desk.courier.look()
    assert len(desk.port.carried) == 1
    assert len(desk.back.carried) == 1  # and it keeps nothing from another device
    assert desk.kinds == ["reader.file_begun", "reader.file_done", "reader.file_begun"]
    content.rmdir()
    desk.courier.look()
    assert desk.progress["done"] is True
    desk.leave()
    assert len(desk.port.carried) == 2


def test_what_the_disk_does_not_take_of_one_keeps_no_word_of_another(desk: Desk) -> None:
    desk.leave()
    desk.leave("back")
    (desk.folder / ("front" + PROGRESS + ".new")).mkdir()
    assert desk.port.tell is not None
    assert desk.back.tell is not None
    desk.port.tell(FileProgress(5, 12))
    desk.back.tell(FileProgress(12, 12, done=True))
    desk.courier.look()
    assert desk.kinds[-1] == "reader.file_done"
    assert not (desk.folder / ("back" + SLIP)).exists()


def test_a_file_that_ends_with_the_daemon_is_begun_with_again_by_the_next(desk: Desk) -> None:
    desk.leave()
    desk.courier.let_go()
    desk.hear(5, 12, failed="the line is stopped")
    assert (desk.folder / ("front" + SLIP)).exists()
    assert desk.kinds == ["reader.file_begun"]


def test_where_no_port_carries_files_nobody_looks_for_them(tmp_path: Path) -> None:
    noted: list[Noted] = []
    courier = Courier(tmp_path, {}, noted.append)
    before = threading.active_count()
    courier.start()
    assert threading.active_count() == before
    courier.stop(1.0)


def test_one_that_never_began_can_be_stopped(desk: Desk) -> None:
    desk.courier.stop(1.0)
