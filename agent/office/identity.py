"""Identity documents: whether a resident identity number can be one.

Source: GB 11643-1999 (and its worked examples 11010519491231002X and 440524188001010014): six digits of
area, eight of birth date, three of sequence, and a check character by ISO 7064 MOD 11-2.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from enum import StrEnum

NUMBER_LENGTH = 18
OLD_NUMBER_LENGTH = 15
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
CHECKS = "10X98765432"
EARLIEST_BIRTH = date(1850, 1, 1)  # nobody alive is older; the standard's own example is of 1880
# First two digits of the area: the province level of GB/T 2260, with 71, 81, 82, 83 for residents of
# Taiwan, Hong Kong and Macao, and 9 for foreign permanent residents.
PROVINCES = (
    frozenset(range(11, 16))
    | frozenset(range(21, 24))
    | frozenset(range(31, 38))
    | frozenset(range(41, 47))
    | frozenset(range(50, 55))
    | frozenset(range(61, 66))
    | {71, 81, 82, 83}
    | frozenset(range(91, 99))
)
EXCEL_DIGITS = 15
"""Excel keeps 15 significant digits of a number, and shows zeros for the rest."""

OTHER_DOCUMENT = re.compile(r"[A-Z0-9]{5,20}")
_SCIENTIFIC = re.compile(r"\d(?:\.\d+)?E\+?\d+")


class Document(StrEnum):
    """Kinds of document that prove who a person is."""

    RESIDENT = "resident"
    PASSPORT = "passport"
    HK_MACAO_PERMIT = "hk_macao_permit"
    TAIWAN_PERMIT = "taiwan_permit"
    FOREIGN_PERMANENT = "foreign_permanent"
    OTHER = "other"


class Flaw(StrEnum):
    """Why a number cannot be the number of a document."""

    MISSING = "missing"
    LENGTH = "length"
    OLD_LENGTH = "old_length"
    CHARACTERS = "characters"
    AREA = "area"
    BIRTH = "birth"
    CHECK = "check"
    EXCEL = "excel"
    SCIENTIFIC = "scientific"
    PERMIT = "permit"


_PERMITS = {
    # As the cards are printed: H or M and eight digits, older ones with two more for the issue.
    Document.HK_MACAO_PERMIT: re.compile(r"[HM]\d{8}(\d{2})?"),
    # Eight digits; older ones ten, or a letter among them.
    Document.TAIWAN_PERMIT: re.compile(r"\d{8}(\d{2}|[A-Z])?|[A-Z]\d{7,10}"),
    # Of before 2023: the state's three letters and twelve digits. Newer ones are of GB 11643's form, from 9.
    Document.FOREIGN_PERMANENT: re.compile(r"[A-Z]{3}\d{12}"),
}


def normal(text: str) -> str:
    """Return a document number as it is kept: half-width, upper case, without spaces."""
    text = text if text.isascii() else unicodedata.normalize("NFKC", text)
    return "".join(text.split()).strip("'`\u200b\ufeff").upper()


def flaw_of(document: Document, number: str, today: date) -> Flaw | None:
    """Return why `number` (as `normal` gives it) cannot be a number of `document`, or None."""
    if not number:
        return Flaw.MISSING
    if _SCIENTIFIC.fullmatch(number) and ("." in number or len(number) < EXCEL_DIGITS):
        return Flaw.SCIENTIFIC
    if document is Document.RESIDENT:
        return _resident(number, today)
    if document is Document.FOREIGN_PERMANENT and len(number) == NUMBER_LENGTH:
        return _resident(number, today) if number.startswith("9") else Flaw.PERMIT
    if document in _PERMITS:
        return None if _PERMITS[document].fullmatch(number) else Flaw.PERMIT
    return None if OTHER_DOCUMENT.fullmatch(number) else Flaw.CHARACTERS


def could_be_cut_by_excel(number: str) -> bool:
    """Say whether a number that holds may yet be one of which Excel has replaced the end by zeros.

    One number in eleven still holds after that; of those that people have, not one in a thousand ends so.
    """
    return len(number) == NUMBER_LENGTH and number.endswith("000")


def check_character(first17: str) -> str:
    """Return the check character of the first seventeen digits."""
    return CHECKS[sum(w * int(c) for w, c in zip(WEIGHTS, first17, strict=True)) % 11]


def _resident(number: str, today: date) -> Flaw | None:
    if len(number) != NUMBER_LENGTH:
        return Flaw.OLD_LENGTH if _is_old(number) else Flaw.LENGTH
    if not (number.isascii() and number[:17].isdigit() and (number[17].isdigit() or number[17] == "X")):
        return Flaw.CHARACTERS
    holds = check_character(number[:17]) == number[17]
    if number.endswith("000") and not holds:
        return Flaw.EXCEL
    if int(number[:2]) not in PROVINCES:
        return Flaw.AREA
    born = _date(number[6:14])
    if born is None or not EARLIEST_BIRTH <= born <= today:
        return Flaw.BIRTH
    return None if holds else Flaw.CHECK


def _is_old(number: str) -> bool:
    """Say whether this is a number of before 1999: area and birth date of six digits, sequence of three."""
    if not (len(number) == OLD_NUMBER_LENGTH and number.isascii() and number.isdigit()):
        return False
    return int(number[:2]) in PROVINCES and _date(f"19{number[6:12]}") is not None


def _date(digits: str) -> date | None:
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return None
