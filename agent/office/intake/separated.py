"""The rows of a CSV file as texts, numbered as the program does that shows them.

Read as UTF-8 (with or without its mark), GBK (as GB 18030, which holds it) or UTF-16 with its mark, parted by
comma, semicolon or tab. Sources: RFC 4180; GB 18030-2022.
"""

from __future__ import annotations

import codecs
import csv
import io
from typing import TYPE_CHECKING

from agent.errors import BadInput
from agent.office.intake.table import HEADER_WITHIN, table_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from agent.office.intake.table import Table

OLD_OFFICE_MARK = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
ENCRYPTED_MARK = "EncryptedPackage".encode("utf-16-le")
"""The stream of a locked workbook. Source: MS-OFFCRYPTO, section 1.3.2."""
_DELIMITERS = ",;\t"


def read_csv(content: bytes) -> Table:
    """Return the table in a CSV file. Raises BadInput, for the whole file."""
    return table_of(csv_rows(content))


def csv_rows(content: bytes) -> Iterator[tuple[int, list[str]]]:
    """Return the rows of a CSV file, numbered from 1. Raises BadInput, for the whole file."""
    if content.startswith(OLD_OFFICE_MARK):
        if ENCRYPTED_MARK in content:
            raise BadInput(
                "this workbook is locked with a password; save it without",
                "工作簿有密码保护；请去掉密码后保存",
            )
        raise BadInput(
            "this is a workbook of the old kind (.xls); save it as .xlsx or CSV",
            "这是旧格式工作簿（.xls）；请另存为 .xlsx 或 CSV",
        )
    text = decoded(content)
    if "\x00" in text:
        raise BadInput("this is no text; save the roster as CSV", "这不是文本；请把名单存为 CSV")
    top = "\n".join(line for _, line in zip(range(HEADER_WITHIN), io.StringIO(text), strict=False))
    delimiter = max(_DELIMITERS, key=top.count)
    return _numbered(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))


def decoded(content: bytes) -> str:
    """Return the text of a CSV file. Raises BadInput when it is in no encoding that offices use."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encodings: tuple[str, ...] = ("utf-16",)
    else:
        encodings = ("utf-8-sig", "gb18030")
    for encoding in encodings:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise BadInput(
        "the text is neither UTF-8 nor GBK; save it as CSV UTF-8",
        "文本既不是 UTF-8 也不是 GBK；请存为 CSV UTF-8",
    )


def _numbered(reader: Iterator[list[str]]) -> Iterator[tuple[int, list[str]]]:
    try:
        yield from enumerate(reader, start=1)
    except csv.Error as error:
        raise BadInput(f"this is no CSV: {error}", f"这不是 CSV：{error}") from error
