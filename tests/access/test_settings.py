"""Do file, environment and flags win in this order, and does each mistake name its place?"""

import stat
import tomllib
from pathlib import Path

import pytest

from aboveboard.access import load_settings
from aboveboard.access.settings import FILE_NAME, add_source
from aboveboard.access.sources import new_source
from aboveboard.errors import SettingsError


def write(folder: Path, text: str) -> Path:
    path = folder / FILE_NAME
    path.write_text(text, encoding="utf-8")
    return path


def test_without_anything_the_server_listens_on_this_machine_only(tmp_path: Path) -> None:
    settings = load_settings({"data": tmp_path}, environ={})
    assert (settings.host, settings.port, settings.loopback) == ("127.0.0.1", 8710, True)
    assert settings.store == f"chdb://{tmp_path / 'store'}"
    assert settings.url == "http://127.0.0.1:8710"


def test_flags_go_before_the_environment_and_that_before_the_file(tmp_path: Path) -> None:
    write(tmp_path, 'host = "10.0.0.1"\nport = 1\nstore = "chdb:///from/file"\n')
    environ = {"ABOVEBOARD_DATA": str(tmp_path), "ABOVEBOARD_PORT": "2", "ABOVEBOARD_HOST": "::1"}
    settings = load_settings({"port": 3, "host": None}, environ=environ)
    assert (settings.store, settings.host, settings.port) == ("chdb:///from/file", "::1", 3)
    assert settings.url == "http://[::1]:3"


def test_every_variable_of_the_design_is_heard(tmp_path: Path) -> None:
    add_source(
        tmp_path / FILE_NAME, new_source("only", kind="production", policy="declared", write_key="old")
    )
    environ = {
        "ABOVEBOARD_HOST": "0.0.0.0", "ABOVEBOARD_PORT": "9", "ABOVEBOARD_DATA": str(tmp_path),
        "ABOVEBOARD_STORE": "chdb:///s", "ABOVEBOARD_WRITE_KEY": "new", "ABOVEBOARD_ADMIN_TOKEN": "t",
    }  # fmt: skip
    settings = load_settings({}, environ=environ)
    assert (settings.host, settings.port, settings.store) == ("0.0.0.0", 9, "chdb:///s")
    assert settings.sources.admit("new").name == settings.sources.admit("old").name == "only"
    assert settings.tokens.role("t") == "admin"
    assert settings.tokens.role("wrong") is None


def test_a_source_is_added_beside_what_stands_in_the_file(tmp_path: Path) -> None:
    path = write(
        tmp_path, '# why this port\nport = 8711\n\n[sources.a]\nwrite_keys = ["k"]\ninstall_key = "00"\n'
    )
    add_source(path, new_source("b", kind="development", policy="cleaned"))
    text = path.read_text(encoding="utf-8")
    assert text.startswith("# why this port\nport = 8711\n")
    assert set(tomllib.loads(text)["sources"]) == {"a", "b"}
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with pytest.raises(SettingsError, match="already has a source 'b'"):
        add_source(path, new_source("b", kind="development", policy="cleaned"))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("port = ", "is not TOML"),
        ('port = "x"', "`$.port`"),
        ("prot = 1", "prot"),
        ('[sources.a]\nwrite_keys = "k"\ninstall_key = "00"', "write_keys"),
        ('[sources.a]\nwrite_keys = ["k"]', "install_key"),
    ],
)
def test_a_mistake_in_the_file_names_the_file_and_the_setting(tmp_path: Path, text: str, said: str) -> None:
    path = write(tmp_path, text)
    with pytest.raises(SettingsError) as wrong:
        load_settings({"data": tmp_path}, environ={})
    assert str(path) in str(wrong.value)
    assert said in str(wrong.value)


def test_a_mistake_outside_the_file_names_it_too(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="99999"):
        load_settings({"data": tmp_path}, environ={"ABOVEBOARD_PORT": "99999"})
    with pytest.raises(SettingsError, match="no settings file"):
        load_settings({}, environ={}, config=tmp_path / "none.toml")
    for name in ("a", "b"):
        add_source(tmp_path / FILE_NAME, new_source(name, kind="production", policy="declared"))
    with pytest.raises(SettingsError, match="not clear whose"):
        load_settings({"data": tmp_path}, environ={"ABOVEBOARD_WRITE_KEY": "k"})


def test_keys_that_several_collectors_share_are_in_the_file(tmp_path: Path) -> None:
    write(tmp_path, f'receipt_key = "{"AB" * 32}"\nsession_key = "{"cd" * 32}"\n')
    settings = load_settings({"data": tmp_path}, environ={})
    assert (settings.receipt_key, settings.session_key) == ("ab" * 32, "cd" * 32)
    write(tmp_path, 'session_key = "short"\n')
    with pytest.raises(SettingsError, match=r"session_key in .* is not 64 hexadecimal digits"):
        load_settings({"data": tmp_path}, environ={})
