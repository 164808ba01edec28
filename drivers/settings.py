"""What every settings model of a driver has in common: frozen, and no key that it does not know."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints

# Names stand in topics, in logs and on the command line: nothing there may need quoting. 40 fits a screen.
Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,39}$")]


class Model(BaseModel):
    """A part of a port's settings. An unknown key is a mistake of typing and is refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)
