"""A site's files in a temporary folder: the example configuration with everything it names in place."""

from __future__ import annotations

from pathlib import Path

EXAMPLE = Path(__file__).parents[2] / "deploy" / "config.example.toml"
CREDENTIALS = {
    "digest.key": bytes(range(32)).hex(),
    "lobby-in.key": "9f3c0a77d1e84b26c5f01b6e8ad24973",
    "garage-in.key": "47b2e96d0c58f13a92ee7d046b3fc581",
}


def lay_out(folder: Path) -> Path:
    """Return the example configuration, moved into `folder`, with all that it names."""
    config = folder / "config.toml"
    config.write_text(EXAMPLE.read_text())
    settle(config)
    return config


def settle(config: Path) -> None:
    """Put what a configuration names into its folder, and its names there: secrets, TLS files, devices."""
    data, tls, devices = (config.parent / name for name in ("data", "tls", "dev"))
    (data / "credentials").mkdir(parents=True)
    tls.mkdir()
    devices.mkdir()
    for name, content in CREDENTIALS.items():
        give(data / "credentials" / name, f"{content}\n".encode())
    for name in ("ca.pem", "gateway.pem", "gateway.key"):
        give(tls / name, b"PEM")
    for name in ("port-1", "port-2"):
        (devices / name).touch()
    text = config.read_text()
    for machine, here in (("/var/lib/menshen", data), ("/etc/menshen/tls", tls), ("/dev/menshen", devices)):
        text = text.replace(machine, str(here))
    config.write_text(text)


def give(path: Path, content: bytes) -> None:
    """Write a file that only its owner can read."""
    path.write_bytes(content)
    path.chmod(0o600)


def change(config: Path, *changes: tuple[str, str]) -> None:
    """Replace texts of a configuration, each of which must stand there."""
    text = config.read_text()
    for old, new in changes:
        assert old in text, f"the example no longer says {old!r}"
        text = text.replace(old, new)
    config.write_text(text)
