"""Does a person's answer at the prompt decide what leaves? The example app, a real Podman, a real collector."""

import json
import os
import re
import select
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import pytest

from aboveboard.access.settings import FILE_NAME, add_source
from aboveboard.access.sources import new_source
from aboveboard.catalog import load
from aboveboard.catalog.lint import lint_file
from tests.conftest import Server, start_server, stop_server
from tests.e2e.podman import PodmanService, write_image
from tests.e2e.terminal import Terminal

EXAMPLES = Path(__file__).parents[2] / "examples"
SETTINGS = ".local/share/containers/podman-desktop/configuration/settings.json"
QUESTION = "Send usage data? [y]es, [n]o, [p]review, [l]ater:"
CTRL_D = "\x04"


@dataclass
class Person:
    """Somebody with a home folder of their own, in which they work too: every stray file is seen there."""

    home: Path
    environ: dict[str, str] = field(default_factory=dict)

    def terminal(self, *arguments: str) -> Terminal:
        """Start the app in a terminal."""
        return Terminal(self._command(*arguments), cwd=self.home, env=self._environment())

    def pipe(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """Run the app as a script does, with nobody there to answer."""
        return subprocess.run(
            self._command(*arguments),
            cwd=self.home,
            env=self._environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def answer(self, answer: str) -> str:
        """Start the app for the first time, answer its question, and return all that was on the screen."""
        with self.terminal("list") as terminal:
            terminal.wait_for(QUESTION)
            terminal.type(answer)
            assert terminal.wait_for_end() == 0, terminal.screen
            return terminal.screen

    def files(self) -> set[str]:
        """Return every file in the home folder."""
        return {str(path.relative_to(self.home)) for path in self.home.rglob("*") if not path.is_dir()}

    def _command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "podman_cli", *arguments]

    def _environment(self) -> dict[str, str]:
        own = {"HOME": str(self.home), "PYTHONPATH": str(EXAMPLES), "PYTHONDONTWRITEBYTECODE": "1"}
        return {"PATH": os.environ["PATH"], **own, **self.environ}


@pytest.fixture
def person(tmp_path: Path, podman: PodmanService) -> Person:
    """Somebody who never used the app, on a machine with an empty Podman."""
    home = tmp_path / "home"
    home.mkdir()
    return Person(home, {"CONTAINER_HOST": podman.url})


@pytest.fixture
def image(tmp_path: Path) -> str:
    """The tar of a tiny image."""
    return str(write_image(tmp_path / "mercury-layer.tar"))


@pytest.fixture
def empty_server(tmp_path: Path) -> Iterator[Server]:
    """A collector that no other test sends to."""
    running = start_server(tmp_path / "server")
    yield running
    stop_server(running)


@pytest.fixture
def released(tmp_path: Path) -> Iterator[Server]:
    """A collector that knows the app's released catalog: its own and, printed once, that of its commands."""
    print_it = [sys.executable, "-m", "aboveboard.integrations.click", "podman_cli.commands:cli"]
    commands = subprocess.run(print_it, cwd=EXAMPLES, capture_output=True, text=True, check=True).stdout
    own = (EXAMPLES / "podman_cli" / "telemetry.toml").read_text(encoding="utf-8")
    settings = tmp_path / "released" / FILE_NAME
    add_source(settings, new_source("podman_cli", kind="production", policy="declared", write_key="released"))
    (settings.parent / "telemetry.toml").write_text(f"{own}\n{commands}", encoding="utf-8")
    with settings.open("a", encoding="utf-8") as file:
        file.write('catalogs = ["telemetry.toml"]\n')
    running = start_server(settings.parent)
    yield running
    stop_server(running)


@pytest.fixture
def doorbell() -> Iterator[socket.socket]:
    """A port where any attempt to reach a collector is noticed."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener


def rang(doorbell: socket.socket, seconds: float = 0.5) -> bool:
    """Tell whether somebody connected, or does within `seconds`."""
    return bool(select.select([doorbell], [], [], seconds)[0])


def use_everything(person: Person, image: str) -> None:
    """Use Podman with two commands that work and one that cannot: the image holds nothing to run."""
    assert person.pipe("import", image, "localhost/billing:v1").returncode == 0
    assert person.pipe("create", "--name", "phoenix", "localhost/billing:v1", "/bin/ledger").returncode == 0
    assert person.pipe("start", "phoenix").returncode == 1


def point_at(person: Person, server: Server) -> None:
    """Configure the app for the collector `server`."""
    person.environ |= {"PODMAN_CLI_ENDPOINT": server.url, "PODMAN_CLI_WRITE_KEY": server.write_key}


def test_after_a_yes_success_and_failure_arrive_with_their_durations(
    person: Person, image: str, empty_server: Server
) -> None:
    point_at(person, empty_server)
    person.answer("y")
    use_everything(person, image)
    assert person.pipe("telemetry", "send").returncode == 0

    rows = {row["event"]: row for row in empty_server.api("actions")}
    own = {"list", "providers", "image.import", "container.create", "container.start"}
    assert set(rows) == {*own, "cli.command"}
    for event in own:
        assert (rows[event]["events"], rows[event]["installs"]) == (1, 1)
    assert (rows["cli.command"]["events"], rows["cli.command"]["failures"]) == (4, 1)
    for event in ("list", "image.import", "container.create"):
        assert (rows[event]["failures"], rows[event]["success_rate"]) == (0, 1.0)
        assert 0 < rows[event]["p50_ms"] < 60_000
    failed = rows["container.start"]
    assert (failed["failures"], failed["success_rate"]) == (1, 0.0)
    assert 0 < failed["p50_ms"] < 60_000
    (reason,) = failed["reasons"]
    assert reason["type"] == "EngineError"
    assert reason["status_code"] >= 400


def test_what_was_sent_holds_counts_and_no_names(person: Person, image: str, server: Server) -> None:
    point_at(person, server)
    person.answer("y")
    use_everything(person, image)
    person.pipe("list")
    assert person.pipe("create", "--name", "phoenix", "localhost/billing:v1", "/bin/ledger").returncode == 1
    # Podman answers "orders: image not known": a word like any other, where no quote says that it is a name.
    assert person.pipe("create", "orders", "/bin/ledger").returncode == 1
    assert person.pipe("telemetry", "send").returncode == 0

    shown = person.pipe("telemetry", "show").stdout + person.pipe("telemetry", "show", "--raw").stdout
    assert re.search(r'"version": "\d[\d.]+", "containers": 1, "images": 1, "pods": 0, "volumes": 0', shown)
    assert '"name": "create", "options": ["--name"]' in shown
    assert "is already in use by" in shown
    assert "image not known" in shown
    for name in ("phoenix", "billing", "ledger", "mercury", "orders", str(person.home)):
        assert name not in shown


def test_after_a_no_the_collector_receives_nothing_and_only_the_settings_are_written(
    person: Person, image: str, server: Server
) -> None:
    stored = server.stored()
    point_at(person, server)
    screen = person.answer("n")
    use_everything(person, image)
    person.pipe("telemetry", "send")

    assert "Usage data: declined" in screen
    assert server.stored() == stored
    assert person.files() == {SETTINGS}


@pytest.mark.parametrize("variable", [None, "DO_NOT_TRACK", "PODMAN_DESKTOP_DISABLE_TELEMETRY", "CI"])
def test_who_is_not_asked_sends_nothing_and_keeps_nothing(
    person: Person, image: str, doorbell: socket.socket, variable: str | None
) -> None:
    url = f"http://127.0.0.1:{doorbell.getsockname()[1]}"
    person.environ |= {"PODMAN_CLI_ENDPOINT": url, "PODMAN_CLI_WRITE_KEY": "key"}
    if variable is None:
        result = person.pipe("list")  # a script: undecided, and nobody there to decide
        assert (result.returncode, result.stderr) == (0, "")
    else:
        person.environ[variable] = "1"
        with person.terminal("list") as terminal:
            assert terminal.wait_for_end() == 0
            assert QUESTION not in terminal.screen
    use_everything(person, image)
    person.pipe("telemetry", "send")

    assert not rang(doorbell)
    assert person.files() == set()


def test_a_no_rings_at_no_door(person: Person, image: str, doorbell: socket.socket) -> None:
    url = f"http://127.0.0.1:{doorbell.getsockname()[1]}"
    person.environ |= {"PODMAN_CLI_ENDPOINT": url, "PODMAN_CLI_WRITE_KEY": "key"}
    person.answer("n")
    use_everything(person, image)
    assert not rang(doorbell)
    assert person.files() == {SETTINGS}


def test_the_prompt_says_what_is_collected_where_it_goes_and_why_it_is_safe(
    person: Person, server: Server
) -> None:
    point_at(person, server)
    screen = person.answer("n")
    for said in (
        server.url.removeprefix("http://"),
        "container.start   A container was started.",
        "Podman's version, and how many containers, images, pods and volumes there are.",
        "cli.command       A command of the tool ran to its end",
        "Never sent: names, files, arguments, addresses",
        "Privacy statement: https://",
        "podman_cli telemetry on | off",
    ):
        assert said in screen
    with person.terminal("list") as terminal:
        assert terminal.wait_for_end() == 0
        assert QUESTION not in terminal.screen, "the question is asked once"


def test_enter_alone_is_no_answer_and_later_and_leaving_are_none_either(
    person: Person, server: Server
) -> None:
    point_at(person, server)
    for typed in ("l", CTRL_D):
        with person.terminal("list") as terminal:
            terminal.wait_for(QUESTION)
            terminal.type("")
            terminal.wait_for("Please type y, n, p or l.")
            terminal.type(typed)
            assert terminal.wait_for_end() == 0, "the command runs all the same"
            assert "You will be asked again." in terminal.screen
            assert "containers 0" in terminal.screen
    assert person.files() == set()


def test_a_person_can_look_before_they_answer(person: Person, server: Server) -> None:
    point_at(person, server)
    with person.terminal("list") as terminal:
        terminal.wait_for(QUESTION)
        terminal.type("p")
        terminal.wait_for('"event": "cli.command"')
        terminal.wait_for('"event": "container.start"')
        terminal.type("n")
        assert terminal.wait_for_end() == 0
    assert person.files() == {SETTINGS}


@pytest.mark.parametrize(
    "arguments", [("--help",), ("list", "--help"), ("telemetry", "status"), ("--version",)]
)
def test_nobody_is_asked_by_help_or_by_the_commands_about_it(
    person: Person, server: Server, arguments: tuple[str, ...]
) -> None:
    point_at(person, server)
    with person.terminal(*arguments) as terminal:
        assert terminal.wait_for_end() == 0
        assert QUESTION not in terminal.screen
    assert person.files() == set()


def test_the_collectors_rows_are_the_journal_byte_for_byte(
    person: Person, image: str, released: Server
) -> None:
    server = released
    point_at(person, server)
    person.answer("y")
    use_everything(person, image)
    assert person.pipe("telemetry", "send").returncode == 0
    requests = [json.loads(line) for line in person.pipe("telemetry", "show", "--raw").stdout.splitlines()]
    # A batch whose answer never came is sent again, under the same ids: that is one row.
    sent = [event for request in requests for event in request["batch"]]
    journal = list({event["messageId"]: event for event in sent}.values())
    assert all(event in journal for event in sent)
    assert len(journal) == 9, [(event["event"], event["properties"]) for event in journal]
    catalog = load(server.data / "telemetry.toml")
    assert {request["context"]["aboveboard"]["catalog"] for request in requests} == {catalog.digest}

    assert person.pipe("telemetry", "export", "all.jsonl").returncode == 0
    exported = [json.loads(line) for line in (person.home / "all.jsonl").read_text().splitlines()]
    assert len(exported) == len(journal) + len(requests)

    install = journal[0]["anonymousId"]
    status, answer = server.post("/v1/access", {"writeKey": server.write_key, "anonymousId": install})
    assert status == 200
    rows = {row["message_id"]: row for row in answer["tables"]["events"]}
    assert set(rows) == {event["messageId"] for event in journal}
    for event in journal:
        row = rows[event["messageId"]]
        assert row["event"] == event["event"]
        said = json.dumps(event["properties"], ensure_ascii=False, separators=(",", ":"), sort_keys=True)
        assert row["properties"] == said, "byte for byte; the collector sorts the keys"

    off = person.pipe("telemetry", "off")
    assert "Usage data: declined" in off.stderr
    assert "confirmed by the collector" in off.stderr
    status, answer = server.post("/v1/access", {"writeKey": server.write_key, "anonymousId": install})
    assert answer["tables"].get("events", []) == []
    assert "container.start, sent" in person.pipe("telemetry", "show").stdout, (
        "what was sent can still be read"
    )
    assert "Deleted on this computer" in person.pipe("telemetry", "forget").stderr
    assert person.pipe("telemetry", "show").stdout == ""


def test_without_a_collector_nobody_is_asked(person: Person) -> None:
    with person.terminal("list") as terminal:
        assert terminal.wait_for_end() == 0
        assert QUESTION not in terminal.screen
    assert person.files() == set()


def test_the_answer_can_be_changed_and_looked_up(person: Person, server: Server) -> None:
    point_at(person, server)
    assert "declined" in person.pipe("telemetry", "off").stderr
    assert "telemetry: declined" in person.pipe("telemetry", "status").stdout
    assert "accepted" in person.pipe("telemetry", "on").stderr
    assert "telemetry: accepted" in person.pipe("telemetry", "status").stdout
    person.environ["DO_NOT_TRACK"] = "1"
    refused = person.pipe("telemetry", "on").stderr
    assert "Usage data: off, decided by DO_NOT_TRACK" in refused
    assert "could not be recorded" in refused


def test_the_commands_do_what_they_say(person: Person, image: str) -> None:
    identifier = person.pipe("import", image, "localhost/billing:v1").stdout.strip()
    assert re.fullmatch(r"sha256:[0-9a-f]{64}", identifier)
    made = person.pipe("create", "--name", "phoenix", "localhost/billing:v1", "/bin/ledger", "--name", "x")
    assert re.fullmatch(r"[0-9a-f]{64}\n", made.stdout)
    listed = person.pipe("list").stdout
    assert "container  phoenix  created  localhost/billing:v1" in listed
    assert "image      localhost/billing:v1" in listed
    assert "containers 1, images 1, pods 0, volumes 0" in listed
    assert person.pipe("remove", "phoenix").stdout == "phoenix\n"
    assert "containers 0, images 1" in person.pipe("list").stdout


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["remove", "nobody"], 1, 'no container with name or ID "nobody" found'),
        (["create", "localhost/nothing", "/bin/x"], 1, "localhost/nothing: image not known"),
        (["pull", "Not A Name"], 1, "invalid reference format"),
        (["--url", "unix:///nowhere.sock", "list"], os.EX_UNAVAILABLE, "podman system service"),
    ],
)
def test_a_refusal_is_one_line_and_an_exit_code(
    person: Person, arguments: list[str], code: int, said: str
) -> None:
    result = person.pipe(*arguments)
    assert result.returncode == code
    assert result.stdout == ""
    assert re.fullmatch(r"podman_cli: [^\n]+\n", result.stderr)
    assert said in result.stderr


def test_a_wrong_option_is_said_before_anything_is_done(person: Person) -> None:
    result = person.pipe("--url", "tcp://localhost", "list")
    assert (result.returncode, result.stdout) == (2, "")
    assert "Error: --url" in result.stderr


def test_the_catalog_of_the_app_has_no_flaws() -> None:
    assert lint_file(EXAMPLES / "podman_cli" / "telemetry.toml", date(2026, 11, 23)) == []
