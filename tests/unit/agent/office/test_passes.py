"""Visitor passes at the desk."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from agent.errors import BadInput
from agent.office.book import Book
from agent.office.passes import issue_pass, qr_code, save_picture
from protocols.tokens.keys import kid
from protocols.tokens.token import open_token
from protocols.tokens.visit import VISIT_TYP, PassClaims, read_pass
from tests.peers.office_site import START, add_person, make_book


@pytest.fixture
def book(tmp_path: Path) -> Iterator[Book]:
    with make_book(tmp_path / "book") as made:
        yield made


def issued(book: Book, person: str, **changes: object) -> tuple[str, PassClaims]:
    said: dict[str, object] = {
        "gateway": "gw01",
        "doors": ["lobby", "lobby"],
        "valid_from": START,
        "valid_until": START + timedelta(days=1),
        "uses": 2,
    }
    return issue_pass(book, person, by="t", at=START, **(said | changes))  # type: ignore[arg-type] # as the table has them


def test_a_pass_opens_what_it_was_issued_for_and_names_nobody(book: Book) -> None:
    person = add_person(book, "访客甲", 1)
    token, claims = issued(book, person)
    office = book.signing_key().public_key()
    opened = open_token(token, VISIT_TYP, {kid(office): office}.get)
    assert read_pass(opened) == claims
    assert "访客甲".encode() not in opened.body
    assert (claims.aud, claims.doors, claims.sub, claims.uses) == ("gw01", ("lobby",), person, 2)
    assert (claims.nbf, claims.exp) == (START.timestamp(), START.timestamp() + 24 * 3600)
    assert book.history()[-1]["detail"] == f"{person} {claims.jti} gw01"


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"doors": ["plant"]}, "has no door plant"),
        ({"doors": []}, "has no door"),
        ({"gateway": "gw09"}, "gateway list"),
        ({"uses": 0}, "uses"),
        ({"valid_until": START}, "ends after it begins"),
        ({"valid_until": START + timedelta(days=40)}, "a month"),
    ],
)
def test_a_pass_that_no_gateway_would_take_is_refused_at_the_desk(
    book: Book, changes: dict[str, object], why: str
) -> None:
    person = add_person(book, "访客甲", 1)
    with pytest.raises(BadInput, match=why):
        issued(book, person, **changes)


def test_a_visitor_is_registered_by_name_first(book: Book) -> None:
    with pytest.raises(BadInput, match="person verify"):
        issued(book, add_person(book, "访客甲", 1, verification=None))


def test_a_pass_is_shown_as_a_code_and_saved_as_a_picture(book: Book, tmp_path: Path) -> None:
    token, _ = issued(book, add_person(book, "访客甲", 1))
    assert qr_code(token).error == "M"
    save_picture(token, tmp_path / "pass.png", "png")
    save_picture(token, tmp_path / "pass.svg", "svg")
    assert (tmp_path / "pass.png").read_bytes().startswith(b"\x89PNG")
    assert b"<svg" in (tmp_path / "pass.svg").read_bytes()
    with pytest.raises(BadInput, match="cannot write"):
        save_picture(token, tmp_path / "none" / "pass.png", "png")
