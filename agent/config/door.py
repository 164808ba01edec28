"""One door as the configuration gives it: its lock, contact, exit, readers, and its times."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StrictBool, StringConstraints

from drivers.settings import Model, Name

LONGEST_RELEASE_S = 600.0
"""Ten minutes: a door that is to stand open longer is held by its mode, which is a lease that is renewed."""

LONGEST_WAIT_S = 3600.0
"""An alarm that comes later than an hour is no alarm."""

Title = Annotated[str, StringConstraints(min_length=1, max_length=80, strip_whitespace=True)]
FormatId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,39}$")]
ReleaseSeconds = Annotated[float, Field(ge=0.1, le=LONGEST_RELEASE_S, allow_inf_nan=False)]
WaitSeconds = Annotated[float, Field(ge=0, le=LONGEST_WAIT_S, allow_inf_nan=False)]


class ReaderAt(Model):
    """A reader at this door, the way it leads, and the card formats that count (a QR reader has none).

    `unchecked`: whether a format without any check bit may stand there where nothing else checks the wire.
    """

    reader: Name
    direction: Literal["in", "out"] = "in"
    formats: tuple[FormatId, ...] = ()
    unchecked: Literal["refused", "accepted"] = "refused"


class Door(Model):
    """One door. `lock`: an output point that ends its own pulse; `contact`, `exit`: input points, or none.

    The input of a contact is active while the leaf stands open, that of an exit while it is asked for;
    how that hangs on the wire is the port's business. Without a contact a door cannot tell forced or held.
    """

    name: Name
    title: Title | None = None
    lock: Name
    contact: Name | None = None
    exit: Name | None = None
    readers: tuple[ReaderAt, ...] = Field(min_length=1)
    release_s: ReleaseSeconds = 5.0
    extended_s: ReleaseSeconds = 15.0
    held_after_s: WaitSeconds = Field(default=30.0, ge=1)
    forced_delay_s: WaitSeconds = 0.5
    relock_on_close: StrictBool = True
    fire_release: StrictBool = True
