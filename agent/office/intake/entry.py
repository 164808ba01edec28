"""One row of a roster into what it says of one person, or everything that is wrong with it."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from agent.office.identity import Document, could_be_cut_by_excel, flaw_of, normal
from agent.office.intake.columns import Column
from agent.office.intake.problems import Problem
from agent.office.intake.table import LONGEST_CELL
from agent.office.intake.vocabulary import (
    CELL_ERRORS,
    DAMAGED,
    DOCUMENTS,
    FOR_EVER,
    NO,
    NOTHING,
    ROLES,
    ROLES_TOLD,
    YES,
)
from agent.office.people import Details, Home, Role, Verification, home_of, read_phones
from agent.office.printed import CardFlaw, Style, read_card, read_style
from agent.office.times import begins, ends, read_date

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import date, datetime
    from zoneinfo import ZoneInfo

    from agent.office.intake.table import Table
    from protocols.wiegand.identity import CardNumber

LONGEST_NAME = 64
_SPLIT = re.compile(r"[;；、\n]+")
_SPLIT_GROUPS = re.compile(r"[;；、,，/\n]+")
_TEXT_FORMULA = re.compile(r'="(.*)"')
_DAMAGE = {Column.NUMBER: "number_excel", Column.CARD: "card_excel"}
_PROSE = frozenset({Column.NAME, Column.NOTE, Column.CONSENT})
"""Cells in which any text is meant as it stands."""


@dataclass(frozen=True, slots=True)
class Terms:
    """How a file is read. `default_groups`: of rows that name none; `by`: who imports, on day `at`.

    accept_collisions: cards that some readers cannot tell apart are left out there, and their rows taken.
    """

    zone: ZoneInfo
    at: datetime
    by: str
    groups: Collection[str]
    default_groups: tuple[str, ...] = ()
    card_style: Style | None = None
    accept_collisions: bool = False

    @property
    def today(self) -> date:
        """The day of the import on the wall of the building."""
        return self.at.astimezone(self.zone).date()


@dataclass(frozen=True, slots=True)
class Entry:
    """What one row says. `role`, `verification`: None where the row says nothing of it."""

    row: int
    details: Details
    role: Role | None
    home: Home | None
    groups: tuple[str, ...]
    valid_from: datetime | None
    valid_until: datetime | None
    longer: bool
    verification: Verification | None
    cards: tuple[CardNumber, ...]
    present: frozenset[Column] = field(default_factory=frozenset)


class RowReader:
    """Reads the rows of one table. `read` gives the entry, and adds what is wrong to `problems`.

    warnings: what was read, and yet a person should look at.
    """

    def __init__(self, table: Table, terms: Terms) -> None:
        self._table = table
        self._terms = terms
        self._present = frozenset(table.columns)
        self._groups_told = "、".join(sorted(terms.groups)) or "—"
        self._row = 0
        self._cells: list[str] = []
        self._wrong: set[Column | None] = set()
        self.problems: list[Problem] = []
        self.warnings: list[Problem] = []
        self.refused_cards: list[tuple[int, tuple[CardNumber, ...]]] = []

    def read(self, row: int, cells: list[str]) -> Entry | None:
        """Return what the row says, or None when anything in it cannot be used."""
        self._row, self._cells, self._wrong = row, cells, set()
        details = self._details()
        role = self._role()
        home = self._home()
        groups = self._groups()
        valid_from = self._moment(Column.FROM, at_end=False)
        valid_until = self._moment(Column.UNTIL, at_end=True)
        if valid_from is not None and valid_until is not None and valid_until <= valid_from:
            self.complain(Column.UNTIL, "until_before_from")
        if role is Role.TENANT and valid_until is None and not self._wrong:
            self.complain(Column.UNTIL, "lease_end_missing")
        verification = self._verification()
        cards = self._cards()
        longer = self._yes(Column.LONGER)
        if self._wrong:
            if cards:
                self.refused_cards.append((row, cards))
            return None
        return Entry(
            row,
            details,
            role,
            home,
            groups,
            valid_from,
            valid_until,
            longer,
            verification,
            cards,
            self._present,
        )

    def complain(self, column: Column | None, code: str, **values: object) -> None:
        """Note a problem of the row being read: the first of each cell."""
        if column in self._wrong:
            return
        self._wrong.add(column)
        self.problems.append(self.problem(self._row, column, code, **values))

    def problem(self, row: int, column: Column | None, code: str, **values: object) -> Problem:
        """Return a problem with its place in the file."""
        index = None if column is None else self._table.columns.get(column)
        header = "" if index is None else self._table.headers[index].strip()
        return Problem(row, index, code, header, values)

    def _text(self, column: Column) -> str:
        index = self._table.columns.get(column)
        if index is None or index >= len(self._cells):
            return ""
        text = self._cells[index]
        if len(text) > LONGEST_CELL:
            self.complain(column, "cell_too_long", most=LONGEST_CELL)
            return ""
        if not text.isascii():
            text = unicodedata.normalize("NFKC", text).strip().strip("\ufeff\u200b")
        text = text.strip()
        if text.startswith("="):
            if found := _TEXT_FORMULA.fullmatch(text):  # how Excel is told to keep leading zeros
                return found[1].strip()
            self.complain(column, "formula")
            return ""
        if text in CELL_ERRORS or text == DAMAGED:
            self.complain(column, _DAMAGE.get(column, "cell_damaged") if text == DAMAGED else "cell_error")
            return ""
        text = text.removeprefix("'").strip()
        return "" if column not in _PROSE and text.casefold() in NOTHING else text

    def _details(self) -> Details:
        name = self._text(Column.NAME)
        if not name:
            self.complain(Column.NAME, "name_missing")
        elif len(name) > LONGEST_NAME:
            self.complain(Column.NAME, "cell_too_long", most=LONGEST_NAME)
        kind_text = self._text(Column.DOCUMENT)
        kind = DOCUMENTS.get(kind_text.casefold()) if kind_text else Document.RESIDENT
        if kind is None:
            self.complain(Column.DOCUMENT, "document_kind")
            kind = Document.OTHER
        number = normal(self._text(Column.NUMBER))
        flaw = flaw_of(kind, number, self._terms.today)
        if flaw is not None:
            self.complain(Column.NUMBER, f"number_{flaw}")
        elif kind is Document.RESIDENT and could_be_cut_by_excel(number):
            self.warnings.append(self.problem(self._row, Column.NUMBER, "number_zeros"))
        return Details(
            name,
            kind,
            number,
            self._phone(),
            note=self._text(Column.NOTE),
            consent=self._text(Column.CONSENT),
            care=self._text(Column.CARE),
        )

    def _phone(self) -> str:
        phones = read_phones(self._text(Column.PHONE))
        if phones is None:
            self.complain(Column.PHONE, "phone")
        return phones or ""

    def _role(self) -> Role | None:
        text = self._text(Column.ROLE)
        role = ROLES.get(text.casefold())
        if text and role is None:
            self.complain(Column.ROLE, "role", known=ROLES_TOLD)
        return role

    def _home(self) -> Home | None:
        building, unit, room = (
            _door_plate(self._text(column)) for column in (Column.BUILDING, Column.UNIT, Column.ROOM)
        )
        if building and room:
            return Home(building, unit, room)
        text = self._text(Column.HOME)
        if not text:
            if building or unit or room:
                self.complain(Column.ROOM if building else Column.BUILDING, "home_incomplete")
            return None
        home = home_of(text)
        if home is None:
            self.complain(Column.HOME, "home")
        return home

    def _groups(self) -> tuple[str, ...]:
        names = tuple(name.strip() for name in _SPLIT_GROUPS.split(self._text(Column.GROUPS)) if name.strip())
        names = names or self._terms.default_groups
        if not names:
            self.complain(Column.GROUPS, "group_missing")
        for name in names:
            if name not in self._terms.groups:
                # What stands there is not told again: where columns have slipped, it may be anything.
                self.complain(Column.GROUPS, "group_unknown", known=self._groups_told)
        return names

    def _moment(self, column: Column, *, at_end: bool) -> datetime | None:
        text = self._text(column)
        if not text or (at_end and text.casefold() in FOR_EVER):
            return None
        day = read_date(text)
        if day is None:
            self.complain(column, "date")
            return None
        return ends(day, self._terms.zone) if at_end else begins(day, self._terms.zone)

    def _verification(self) -> Verification | None:
        text = self._text(Column.VERIFIED_AT).casefold()
        how = self._text(Column.VERIFIED_HOW) or "roster"
        by = self._text(Column.VERIFIED_BY) or self._terms.by
        until = self._moment(Column.VERIFIED_UNTIL, at_end=True)
        if text in NO:
            return None
        if text in YES:
            return Verification(self._terms.at, by, how, until)
        day = read_date(text)
        if day is None:
            self.complain(Column.VERIFIED_AT, "date")
            return None
        at = begins(day, self._terms.zone)
        if at > self._terms.at:
            self.complain(Column.VERIFIED_AT, "verified_in_future")
            return None
        return Verification(at, by, how, until)

    def _cards(self) -> tuple[CardNumber, ...]:
        found: list[CardNumber] = []
        style_text = self._text(Column.CARD_STYLE)
        style = read_style(style_text) if style_text else self._terms.card_style
        if style_text and style is None:
            self.complain(Column.CARD_STYLE, "card_style", known=", ".join(Style))
            return ()
        for part in _SPLIT.split(self._text(Column.CARD)):
            if not part.strip():
                continue
            number = read_card(part.strip(), style)
            if isinstance(number, CardFlaw):
                self.complain(Column.CARD, f"card_{number}", known=", ".join(Style))
            else:
                found.append(number)
        return tuple(dict.fromkeys(found))

    def _yes(self, column: Column) -> bool:
        text = self._text(column).casefold()
        if text not in YES and text not in NO:
            self.complain(column, "yes_or_no")
        return text in YES


def _door_plate(text: str) -> str:
    """Return "3" for 3栋, 3号楼 or 3.0, "1" for 1单元, "1201" for 1201室."""
    text = re.sub(r"(号楼|楼栋|单元|号|栋|幢|楼|室|房)$", "", text.strip())
    return text.removesuffix(".0").strip().upper()
