"""A file into a configuration, or everything that is wrong with it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agent.config.load import LARGEST_FILE, Loaded, data_dir_of, load
from agent.errors import EX_CONFIG, ConfigError
from tests.peers.site_files import EXAMPLE, change, give, lay_out

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return lay_out(tmp_path)


def problems(config: Path) -> list[str]:
    """Return what is wrong, without the folder's name."""
    with pytest.raises(ConfigError) as caught:
        load(config, {})
    assert caught.value.exit_code == EX_CONFIG
    return [line.removeprefix(f"{config}:") for line in caught.value.problems]


def test_the_example_is_complete_and_good(config: Path) -> None:
    loaded = load(config, {})
    assert isinstance(loaded, Loaded)
    assert loaded.warnings == ()
    assert loaded.step_downs == ()
    assert [door.name for door in loaded.config.doors] == ["lobby", "garage"]
    assert [port.name for port in loaded.config.ports] == ["readers", "relays"]
    assert loaded.config.door("garage").release_s == 10
    assert loaded.config.broker is not None
    assert loaded.config.broker.tcp_port == 8883
    assert len(loaded.config.trust[0].key_bytes) == 32
    assert loaded.secrets.read("digest.key").key(32) == bytes(range(32))
    with pytest.raises(KeyError):
        loaded.config.door("attic")


def test_the_example_names_every_setting(config: Path) -> None:
    config_type = type(load(config, {}).config)
    schema = config_type.model_json_schema(by_alias=True)
    text = EXAMPLE.read_text()
    own = ("Config", "Broker", "Clock", "Tls", "Trust", "Fire", "Journal", "Log", "Door", "ReaderAt")
    tables = {"Config": schema, **schema["$defs"]}
    missing = [f"{name}.{key}" for name in own for key in tables[name]["properties"] if key not in text]
    assert missing == []


TWENTY_MISTAKES = [
    ('gateway = "gw-bldg3"', 'gateway = "gw/3"', "gateway: "),
    (
        'digest_key_credential = "digest.key"',
        'digest_key_credential = "../digest"',
        "digest_key_credential: ",
    ),
    ("assume_synced = false", 'assume_sinced = "yes"', "did you mean 'assume_synced'?"),
    ("keepalive_s = 30", "keepalive_s = 30\ncleartext = true", "both tls and cleartext"),
    ('ca = "', 'ca = "/nowhere', "cannot be read"),
    ('scopes = ["roster"]', 'scopes = ["rosters"]', "trust[office].scopes[1]: "),
    ('name = "duty-desk"', 'name = "Duty Desk"', "trust[Duty Desk].name: "),
    ("baud = 115200", "baud = 115201", "port[readers].baud: "),
    ("address = 2\n", "address = 200\n", "port[readers].readers[garage-in].address: "),
    ("port-2", "port-1", "the line of port 'readers' already"),
    ('family = "waveshare"', 'family = "waverly"', "port[relays].boards[board-1].family: "),
    ("fire-line = { channel = 4", "fire-line = { chanel = 4", "did you mean 'channel'?"),
    ('lock = "lobby-lock"', 'lock = "lobby-lok"', "did you mean 'lobby-lock'?"),
    ('contact = "lobby-contact"', 'contact = "lobby-exit"', "'lobby-exit' is in use already"),
    ('formats = ["H10301", "W34_CARD32"]', 'formats = ["H10302x", "H10301"]', "no card format 'H10302x'"),
    ("extended_s = 15", "extended_s = 1", "raise extended_s"),
    ("held_after_s = 60", "held_after_s = nan", "door[garage].held_after_s: "),
    ('point = "fire-line"', 'point = "lobby-in"', "'lobby-in' is in use already as the fire point"),
    ("max_age_days = 365", 'max_age_days = "a year"', "journal.max_age_days: "),
    ('level = "info"', 'level = "loud"', "log.level: "),
]


def test_twenty_mistakes_are_told_at_once_each_with_its_line_and_its_mend(config: Path) -> None:
    change(config, *((old, new) for old, new, _ in TWENTY_MISTAKES))
    lines = config.read_text().splitlines()
    found = problems(config)
    for *_, said in TWENTY_MISTAKES:
        matching = [problem for problem in found if said in problem]
        assert matching, f"nothing says {said!r} in:\n" + "\n".join(found)
        for problem in matching:
            number, place, text = problem.split(":", 2)
            assert lines[int(number) - 1].strip(), problem
            assert place.strip(), problem
            assert " — " in text, problem
    assert len(found) >= len(TWENTY_MISTAKES)


def test_problems_come_in_the_order_of_the_file(config: Path) -> None:
    change(config, *((old, new) for old, new, _ in TWENTY_MISTAKES))
    numbers = [int(problem.partition(":")[0]) for problem in problems(config)]
    assert numbers == sorted(numbers)


def test_no_value_of_the_file_is_repeated_in_a_problem(config: Path) -> None:
    change(config, ("keepalive_s = 30", 'password = "hunter2"\nkeepalive_s = "hunter2"'))
    found = problems(config)
    assert len(found) == 2
    assert not any("hunter2" in problem for problem in found)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('gateway = "x\n', ":1: is no TOML"),
        ("gateway = 1\n\n[[door]\n", ":3: is no TOML"),
        ("gateway = 1\ngateway = 2\n", ":2: is no TOML"),
        ("a = " + "[" * 50_000, "is nested without end"),
        ('[[port]]\ndevice = ["/dev/a\\u0000b"]\n', "holds a NUL"),
        ("", "gateway: is missing — add it"),
    ],
)
def test_a_file_that_is_no_configuration_is_told_apart_and_placed(
    tmp_path: Path, text: str, said: str
) -> None:
    file = tmp_path / "broken.toml"
    file.write_text(text)
    with pytest.raises(ConfigError) as caught:
        load(file, {})
    assert said in str(caught.value)
    assert " — " in str(caught.value)


def test_a_device_whose_name_no_file_has_is_not_there(config: Path) -> None:
    change(config, ('device = "', f'device = "{"x" * 300}'))
    assert any("is not there" in warning for warning in load(config, {}).warnings)


def test_what_cannot_be_read_says_why(tmp_path: Path) -> None:
    large, latin = tmp_path / "large.toml", tmp_path / "latin.toml"
    large.write_bytes(b"#" * (LARGEST_FILE + 1))
    latin.write_bytes(b'gateway = "gw"\nplace = "Caf\xe9"\n')
    for file, said in (
        (tmp_path / "absent.toml", "No such file"),
        (tmp_path, "Is a directory"),
        (large, "is larger than"),
        (latin, f"{latin}:2: is no UTF-8"),
    ):
        with pytest.raises(ConfigError, match="—") as caught:
            load(file, {})
        assert said in str(caught.value)


def test_a_device_that_is_unplugged_is_a_warning(config: Path) -> None:
    (config.parent / "dev" / "port-2").unlink()
    (warning,) = load(config, {}).warnings
    assert "port[relays].device" in warning
    assert "plugged in?" in warning


def test_every_step_down_is_named(config: Path) -> None:
    change(
        config,
        ("assume_synced = false", "assume_synced = true"),
        ('key_credential = "lobby-in.key"', ""),
        ('key_credential = "garage-in.key"', ""),
        ('address = 1\nsecure = "required" ', 'address = 1\nsecure = "off" '),
        ('address = 2\nsecure = "required"', 'address = 2\nsecure = "install"'),
    )
    in_clear(config)
    said = load(config, {}).step_downs
    assert [line.split(": ")[1] for line in said] == [
        "clock.assume_synced",
        "broker.cleartext",
        "port[readers].readers[lobby-in].secure",
        "port[readers].readers[garage-in].secure",
    ]


def test_the_data_directory_is_found_in_a_file_with_other_mistakes(config: Path) -> None:
    change(config, ('gateway = "gw-bldg3"', "gateway = 5"))
    assert data_dir_of(config) == config.parent / "data"


def test_a_credential_that_is_no_key_is_told_before_the_daemon_starts(config: Path) -> None:
    give(config.parent / "data" / "credentials" / "lobby-in.key", bytes(range(15)).hex().encode())
    (problem,) = problems(config)
    assert "readers[lobby-in].key_credential: credential 'lobby-in.key' holds no key of 16 bytes" in problem
    assert bytes(range(15)).hex() not in problem


def test_a_key_that_everybody_knows_is_told_before_the_daemon_starts(config: Path) -> None:
    give(config.parent / "data" / "credentials" / "lobby-in.key", b"303132333435363738393A3B3C3D3E3F\n")
    (problem,) = problems(config)
    assert (
        "port[readers]: its driver cannot be made: the key in credential lobby-in.key cannot be used: "
        in problem
    )
    assert "3031" not in problem


def test_two_protocols_on_one_pair_are_refused_with_the_reason(config: Path) -> None:
    change(config, ("port-2", "port-1"))
    (problem,) = problems(config)
    assert "a pair of its own: a device of one protocol may take the other's bytes" in problem


def test_a_reader_that_gives_a_format_its_door_does_not_take_is_told(config: Path) -> None:
    serial = """
[[port]]
kind = "wiegand-serial"
name = "back"
device = "/dev/null"
reader = "back-in"
shape = "rdm6300"
format = "W40_RAW"
"""
    config.write_text(config.read_text() + serial)
    change(config, ('{ reader = "garage-in", formats', '{ reader = "back-in", formats'))
    (problem,) = problems(config)
    assert (
        "door[garage].readers[back-in].formats: reader 'back-in' gives 'W40_RAW', which is not here"
        in problem
    )
    change(config, ('formats = ["W34_CARD32"]', 'formats = ["W34_CARD32", "W40_RAW"]'))
    assert load(config, {}).config.doors


def test_a_reader_of_cards_needs_a_format_and_a_reader_of_codes_has_none(config: Path) -> None:
    codes = """
[[port]]
kind = "qr-serial"
name = "codes"
device = "/dev/null"
reader = "lobby-qr"
"""
    config.write_text(config.read_text() + codes)
    garage = '[{ reader = "garage-in", formats = ["W34_CARD32"] }]'
    change(config, (garage, '[{ reader = "garage-in" }, { reader = "lobby-qr", formats = ["H10301"] }]'))
    cards, texts = problems(config)
    assert "readers[garage-in].formats: names no card format" in cards
    assert "readers[lobby-qr].formats: 'lobby-qr' reads QR codes and no cards — remove" in texts
    change(
        config,
        (
            ' }, { reader = "lobby-qr", formats = ["H10301"] }]',
            ', formats = ["H10301"] }, { reader = "lobby-qr" }]',
        ),
    )
    assert load(config, {}).config.door("garage").readers[1].formats == ()


@pytest.mark.parametrize("key", ["abc", "A" * 44, "A" * 42 + "=", "é" * 43, "A" * 43 + "="])
def test_what_is_no_public_key_is_refused(config: Path, key: str) -> None:
    written = re.sub(
        r'^key = "[A-Za-z0-9_-]{43}"$', f'key = "{key}"', config.read_text(), count=1, flags=re.MULTILINE
    )
    config.write_text(written)
    (problem,) = problems(config)
    assert "trust[office].key: is no Ed25519 public key" in problem


def test_certificate_and_key_go_together(config: Path) -> None:
    change(config, ("certificate = ", "# certificate = "))
    (problem,) = problems(config)
    assert "broker.tls: certificate and key go together" in problem


def test_a_private_key_that_others_can_read_is_refused(config: Path) -> None:
    (config.parent / "tls" / "gateway.key").chmod(0o640)
    (problem,) = problems(config)
    assert "broker.tls.key: " in problem
    assert "run: chmod 600" in problem


def test_a_folder_is_no_certificate(config: Path) -> None:
    file = config.parent / "tls" / "gateway.pem"
    file.unlink()
    file.mkdir()
    (problem,) = problems(config)
    assert "is no file" in problem


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("port = 5", "port: cannot be — it should be a valid tuple"),
        ("[[port]]\nname = 'x'", "port[x]: does not say what it is — add kind"),
        ("port = ['x']", "port[1]: is no table — write it as keys and values"),
        (
            "[broker]\nhost = 'bad host!'\ncleartext = true",
            "broker.host: is not written as it must be — it must match",
        ),
    ],
)
def test_what_has_the_wrong_shape_is_told_in_words(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "odd.toml"
    file.write_text(text)
    assert any(said in problem for problem in problems(file))


def in_clear(config: Path) -> None:
    """Let the broker be spoken to in clear text."""
    text = config.read_text()
    start, end = text.index("[broker.tls]"), text.index("# --- Whose signature")
    config.write_text(text[:start] + text[end:])
    change(config, ("keepalive_s = 30", "cleartext = true"))


def test_a_broker_in_clear_text_has_its_own_port(config: Path) -> None:
    in_clear(config)
    broker = load(config, {}).config.broker
    assert broker is not None
    assert broker.tcp_port == 1883


def test_a_chip_that_two_ports_name_by_leaving_it_out_is_seen(config: Path) -> None:
    port = """
[[port]]
kind = "wiegand-gpio"
name = "{}"
readers = [{{ name = "{}", d0 = 1, d1 = 2 }}]
"""
    config.write_text(config.read_text() + port.format("chip", "north") + port.format("again", "south"))
    (problem,) = problems(config)
    assert "port[again]" in problem
    assert "put its devices under port 'chip'" in problem


def test_one_adapter_under_two_names_is_seen(config: Path) -> None:
    devices = config.parent / "dev"
    (devices / "port-2").unlink()
    (devices / "port-2").symlink_to(devices / "port-1")
    assert "the line of port 'readers' already" in problems(config)[0]


scraps = st.sampled_from(EXAMPLE.read_text().splitlines()) | st.text(max_size=40)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(st.lists(scraps, max_size=60))
def test_whatever_a_file_holds_nothing_but_a_configuration_error_comes_of_it(
    tmp_path: Path, lines: list[str]
) -> None:
    file = tmp_path / "any.toml"
    file.write_text("\n".join(lines), encoding="utf-8", errors="replace")
    with pytest.raises(ConfigError, match="—"):
        load(file, {})
