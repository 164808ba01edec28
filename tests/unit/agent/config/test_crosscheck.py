"""The parts of a configuration fit together."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest
from pydantic import ValidationError

from agent.config.crosscheck import Parts, cross_check
from agent.config.door import Door
from agent.config.model import Fire, Trust

KEY, OTHER_KEY = "A" * 43, "B" * 42 + "A"


@dataclass
class Line:
    """What a port says of itself."""

    name: str = "line"
    devices: tuple[str, ...] = ("board",)
    readers: tuple[str, ...] = ("in", "out")
    outputs: tuple[str, ...] = ("lock", "lock-2")
    inputs: tuple[str, ...] = ("contact", "exit", "fire")
    kind: str = "osdp"
    device: None = None
    format: str | None = None
    rest: dict[str, Any] = field(default_factory=dict)


def door(**settings: Any) -> Door:
    reader = {"reader": "in", "formats": ["H10301"]}
    return Door.model_validate({"name": "lobby", "lock": "lock", "readers": [reader], **settings})


def found(
    *doors: Door, ports: tuple[Line, ...] = (Line(),), trust: tuple[Trust, ...] = (), **more: Any
) -> list[str]:
    parts = Parts(dict(enumerate(ports)), dict(enumerate(doors)), dict(enumerate(trust)), **more)  # type: ignore[arg-type] # a port by shape
    return [f"{problem.path} {problem.text}" for problem in cross_check(parts)]


def test_a_sound_site_has_no_problem() -> None:
    one = door(contact="contact", exit="exit")
    two = door(name="garage", lock="lock-2", readers=[{"reader": "out", "formats": ["W34_CARD32"]}])
    assert found(one, two, fire=Fire(point="fire", latched=False)) == []


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"lock": "lokc"}, "no port has an output point 'lokc' — did you mean 'lock'?"),
        ({"lock": "contact"}, "'contact' is no output point but another kind of point"),
        ({"contact": "lock-2"}, "'lock-2' is no input point but another kind of point"),
        ({"exit": "zzz"}, "no port has an input point 'zzz' — there are: contact, exit, fire"),
        ({"readers": [{"reader": "zzz", "formats": ["H10301"]}]}, "no port has a reader 'zzz'"),
        ({"contact": "exit", "exit": "exit"}, "'exit' is in use already as contact of door 'lobby'"),
        ({"release_s": 20}, "is 15, shorter than release_s, 20 — raise extended_s"),
    ],
)
def test_a_door_is_wired_to_what_is_there_and_once(settings: dict[str, Any], said: str) -> None:
    (problem,) = found(door(**settings))
    assert said in problem


def test_a_port_with_nothing_says_so() -> None:
    (problem,) = found(door(), ports=(Line(outputs=()),))
    assert "there are: none" in problem


def test_two_doors_never_share_a_wire() -> None:
    problems = found(door(contact="contact"), door(name="garage", contact="contact"))
    assert [problem.partition(" is in use")[0] for problem in problems] == [
        "('door', 1, 'lock') 'lock'",
        "('door', 1, 'contact') 'contact'",
        "('door', 1, 'readers', 0, 'reader') 'in'",
    ]


def test_the_fire_line_is_no_doors_input() -> None:
    (problem,) = found(door(contact="fire"), fire=Fire(point="fire", latched=False))
    assert "'fire' is in use already as contact of door 'lobby'" in problem


def test_a_fire_release_that_nobody_could_end_is_a_problem() -> None:
    may = Trust(name="desk", key=KEY, scopes=("fire_over",))
    may_not = Trust(name="office", key=OTHER_KEY, scopes=("mode",))

    (problem,) = found(door(), trust=(may_not,), fire=Fire(point="fire"))

    assert problem.startswith("('fire',) nobody could end a fire release — name the input of a key switch")
    assert found(door(), trust=(may,), fire=Fire(point="fire")) == []
    assert found(door(), fire=Fire(point="fire", latched=False)) == []
    assert found(door(), fire=Fire(point="fire", key="exit")) == []
    assert found(door(), fire=Fire(point="fire"), doubtful=frozenset({"fire_over"})) == []


def test_the_fire_key_has_an_input_of_its_own() -> None:
    (problem,) = found(door(exit="exit"), fire=Fire(point="fire", key="exit"))
    assert "'exit' is in use already as exit of door 'lobby'" in problem


def test_names_are_unique_on_a_gateway() -> None:
    problems = found(
        door(),
        door(lock="lock-2", readers=[{"reader": "out", "formats": ["H10301"]}]),
        ports=(Line(), Line()),
    )
    for kind in ("port", "device", "reader", "point", "door"):
        assert any(f"a second {kind} is named" in problem for problem in problems), kind


def test_a_reader_takes_only_formats_that_exist_and_cannot_be_confused() -> None:
    formats = ["H10301", "H10301", "W26_CARD25", "zzzzzzzzz", "IND27", "INDASC27"]
    problems = "\n".join(found(door(readers=[{"reader": "in", "formats": formats}])))
    assert "'H10301' stands there twice" in problems
    assert "there is no card format 'W26_CARD25' — did you mean" in problems
    assert "'zzzzzzzzz' — `menshen decode wiegand` names them" in problems
    assert "a frame may fit both 'IND27' and 'INDASC27'" in problems


def test_override_widens_open_and_means_nothing_alone() -> None:
    with pytest.raises(ValidationError, match='without open, which it widens — add "open"'):
        Trust(name="desk", key=KEY, scopes=("override",))
    assert Trust(name="desk", key=KEY, scopes=("open", "override")).scopes == ("open", "override")


def test_one_key_has_one_name() -> None:
    office, desk = (
        Trust(name="office", key=KEY, scopes=("roster",)),
        Trust(name="desk", key=KEY, scopes=("open",)),
    )
    (problem,) = found(door(), trust=(office, desk))
    assert "is the key of 'office' too" in problem
    same_name = Trust(name="office", key=OTHER_KEY, scopes=("open",))
    (problem,) = found(door(), trust=(office, same_name))
    assert "a second trusted key is named 'office'" in problem


def test_nothing_is_said_of_names_that_a_port_with_mistakes_may_define() -> None:
    assert found(door(contact="elsewhere"), doubtful=frozenset({"elsewhere"})) == []


def test_a_format_that_noise_can_make_stands_at_bare_wires_only_where_it_was_accepted() -> None:
    def at(kind: str, **reader: Any) -> list[str]:
        readers = [{"reader": "in", "formats": ["H10301", "W32_CSN"], **reader}]
        return found(door(readers=readers), ports=(Line(kind=kind),))

    (problem,) = at("wiegand-gpio")
    assert "'W32_CSN' has no check bits: 32 pulses of noise are a card" in problem
    assert 'unchecked = "accepted"' in problem
    assert at("wiegand-gpio", unchecked="accepted") == []
    assert at("osdp") == []
    assert (
        len(at("wiegand-serial")) == 1
    )  # a converter that prints the bits: the wires behind it check nothing
