"""Files for devices, such as a reader's firmware, carried while the doors are served: a slip in, word out.

An operator's command leaves a slip and the file in `data_dir/files`; this hands them to the port of the
device, which sends them between its polls, and writes beside them how far it is. Who takes the slip away ends
it. What is begun and what becomes of it is recorded. A slip outlives a restart, and is then begun with anew.
"""

from __future__ import annotations

import hashlib
import json
import re
import threading
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Final

from agent.domain.facts import Noted

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from agent.domain.facts import Json
    from drivers.contract import Carrying, FileProgress

FOLDER: Final = "files"
SLIP: Final = ".slip"
CONTENT: Final = ".content"
PROGRESS: Final = ".progress"
LOOK_EVERY_S: Final = 1.0
LARGEST_SLIP: Final = 4096
LARGEST_FILE: Final = 16 * 1024 * 1024
"""Larger than any reader's firmware."""

_SHA256: Final = re.compile("[0-9a-f]{0,64}")


@dataclass(frozen=True, slots=True)
class Slip:
    """What is to be carried. kind: 1 for a file that the device makes sense of itself; 80..FF its maker's."""

    kind: int
    sha256: str

    def text(self) -> str:
        """Return it as it lies in the folder."""
        return json.dumps(asdict(self))

    @classmethod
    def read(cls, text: str) -> Slip:
        """Read it. Raises ValueError."""
        try:
            found = json.loads(text)
            kind, sha256 = int(found["kind"]), str(found["sha256"])
        except (KeyError, TypeError, OverflowError, RecursionError) as error:
            raise ValueError("the slip cannot be read") from error
        if _SHA256.fullmatch(sha256) is None:
            raise ValueError("the slip cannot be read")
        return cls(kind, sha256)


class Courier:
    """Carries files in a thread of its own: the loop never waits for a disk.

    ports: by device, those that can carry a file. put: takes what is to be recorded.
    """

    def __init__(self, data_dir: Path, ports: Mapping[str, Carrying], put: Callable[[Noted], None]) -> None:
        self._folder = data_dir / FOLDER
        self._ports = ports
        self._put = put
        self._under_way: dict[str, Slip] = {}
        self._closing: dict[str, Mapping[str, object] | None] = {}  # last words on what is over, by device
        self._news: dict[str, tuple[Slip, FileProgress]] = {}
        self._lock = threading.Lock()  # over the news, which come from the ports' threads
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="courier", daemon=True)

    def start(self) -> None:
        """Begin to look for slips, where any port carries files."""
        if self._ports:
            self._thread.start()

    def let_go(self) -> None:
        """Hear no more: ports that stop give up their files, which are for the next start. At once."""
        self._stopping.set()

    def stop(self, within_s: float) -> None:
        """End. Slips that lie there are for the next start."""
        self.let_go()
        if self._thread.ident is not None:
            self._thread.join(within_s)

    def look(self) -> None:
        """Take what is new, drop what was withdrawn, and write how far the rest is.

        What the disk does not take is tried again at the next look, and keeps nothing from other devices.
        """
        with self._lock:
            news, self._news = self._news, {}
        for device, (slip, progress) in news.items():
            if self._under_way.get(device) is slip:  # and not one that was withdrawn meanwhile
                self._tell(device, progress)
        for device in tuple(self._closing):
            self._close(device)
        slips = {path.stem: path for path in self._folder.glob("*" + SLIP)} if self._folder.is_dir() else {}
        for device in [each for each in self._under_way if each not in slips]:
            slip = self._under_way.pop(device)
            self._ports[device].drop_file(device)
            self._record("reader.file_failed", device, slip, why="withdrawn")
            self._closing[device] = None
            self._close(device)
        for device in [each for each in slips if each not in self._under_way and each not in self._closing]:
            self._begin(device, slips[device])

    def _run(self) -> None:
        while not self._stopping.wait(LOOK_EVERY_S):
            with suppress(OSError):  # the disk is told of by the journal, and not twice
                self.look()

    def _begin(self, device: str, path: Path) -> None:
        slip, why = Slip(1, ""), ""
        content = b""
        try:
            with path.open(encoding="utf-8") as file:
                slip = Slip.read(file.read(LARGEST_SLIP))
            with path.with_suffix(CONTENT).open("rb") as data:
                content = data.read(LARGEST_FILE + 1)
        except (OSError, ValueError) as error:
            why = str(error)
        port = self._ports.get(device)
        if port is None:
            why = "no port here carries files to it"
        elif not why and hashlib.sha256(content).hexdigest() != slip.sha256:
            why = "it is not the file that the slip means"
        elif not why:
            try:
                port.carry_file(device, content, slip.kind, lambda told: self._hear(device, slip, told))
            except ValueError as error:
                why = str(error)
        if why:
            self._end(device, slip, why)
        else:
            self._under_way[device] = slip
            self._record("reader.file_begun", device, slip, bytes=len(content))

    def _hear(self, device: str, slip: Slip, progress: FileProgress) -> None:
        """Take news in the port's thread."""
        if not self._stopping.is_set():
            with self._lock:
                self._news[device] = slip, progress

    def _tell(self, device: str, progress: FileProgress) -> None:
        if progress.done or progress.failed is not None:
            self._end(device, self._under_way.pop(device), progress.failed, progress)
        else:
            with suppress(OSError):
                self._write(device, asdict(progress))

    def _end(self, device: str, slip: Slip, failed: str | None, progress: FileProgress | None = None) -> None:
        if failed is None:
            self._record("reader.file_done", device, slip)
        else:
            self._record("reader.file_failed", device, slip, why=failed)
        told = {} if progress is None else asdict(progress)
        self._closing[device] = {**told, "done": failed is None, "failed": failed}
        self._close(device)

    def _close(self, device: str) -> None:
        """Take the papers of what is over away, and leave the last word on it, where somebody waits for one.

        Until the disk has done so it is not begun with again, though its slip lies there.
        """
        told = self._closing[device]
        with suppress(OSError):
            (self._folder / (device + CONTENT)).unlink(missing_ok=True)
            if told is None:
                (self._folder / (device + PROGRESS)).unlink(missing_ok=True)
            else:
                self._write(device, told)
            (self._folder / (device + SLIP)).unlink(
                missing_ok=True
            )  # last: while it lies there, no other comes
            del self._closing[device]

    def _write(self, device: str, told: Mapping[str, object]) -> None:
        half_done = self._folder / (device + PROGRESS + ".new")
        half_done.write_text(json.dumps(told), encoding="utf-8")
        half_done.replace(self._folder / (device + PROGRESS))

    def _record(self, kind: str, device: str, slip: Slip, **more: Json) -> None:
        self._put(Noted(kind, {"device": device, "sha256": slip.sha256, "kind": slip.kind, **more}))
