"""Does the settings file survive us, and does a no in it survive everything? Twice the key, others' writes."""

import json
import os
import stat
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from aboveboard.client.settings import BusySettings, read_settings, with_member, write_settings
from tests.client.conftest import Bench

YES = (
    '"telemetry.check": true, "telemetry.enabled": true, "telemetry.level": "usage",'
    ' "telemetry.notice": {"version": 1, "covers": "usage"}'
)
POSIX = pytest.mark.skipif(os.name == "nt", reason="Windows has no such files")
SECONDS = 2.0

# Each round adds one key to what is in the file, and puts the new file in place in one step.
OTHER_PROGRAM = """
import json, os, sys, time
path = sys.argv[1]
for number in range(150):
    with open(path) as file:
        content = json.load(file)
    content[f"theirs{number}"] = number
    with open(path + ".other", "w") as file:
        json.dump(content, file)
    os.replace(path + ".other", path)
    time.sleep(0.005)
"""
OURS = """
import sys
from pathlib import Path
from aboveboard.client.settings import write_settings
for number in range(60):
    write_settings(Path(sys.argv[1]), {sys.argv[2] + str(number): number})
"""


def written(bench: Bench, text: str) -> None:
    """Put a settings file in place."""
    bench.settings.parent.mkdir(parents=True, exist_ok=True)
    bench.settings.write_text(text)


def state(bench: Bench) -> str:
    """What a process that starts now would make of it."""
    return bench.telemetry(accept=False).consent.state


@pytest.mark.parametrize(
    "no", ['"telemetry.enabled": false', '"telemetry.level": "off"', '"telemetry.enabled": "no"']
)
def test_a_no_counts_whether_it_stands_before_or_after_a_yes(bench: Bench, no: str) -> None:
    for text in (f"{{{no}, {YES}}}", f"{{{YES}, {no}}}"):
        written(bench, text)
        assert state(bench) == "declined", text


def test_of_two_levels_the_lower_one_holds(bench: Bench) -> None:
    for text in (f'{{"telemetry.level": "crash", {YES}}}', f'{{{YES}, "telemetry.level": "crash"}}'):
        written(bench, text)
        assert bench.telemetry(accept=False).consent.level == "crash"


def test_a_check_that_is_there_twice_is_true_only_if_both_are(bench: Bench) -> None:
    written(bench, f'{{"telemetry.check": false, {YES}}}')
    assert state(bench) == "undecided"


def test_saying_no_changes_every_occurrence_of_a_key(bench: Bench) -> None:
    written(bench, f'{{"a": 1, {YES},\n {YES}, "b": [2]}}')
    telemetry = bench.telemetry(accept=False)
    assert telemetry.consent.state == "accepted"
    assert telemetry.consent.decline() is True
    assert telemetry.consent.state == "declined"
    assert bench.settings.read_text().count('"telemetry.enabled": false') == 2
    assert '"telemetry.enabled": true' not in bench.settings.read_text()
    assert state(bench) == "declined"
    assert telemetry.consent.accept() is True
    assert telemetry.consent.state == "accepted", "a later yes is no less clear"
    assert {**read_settings(bench.settings)}.items() >= {"a": 1, "b": [2]}.items()


def test_other_text_stays_where_a_key_is_there_twice() -> None:
    text = '{"k": 1, "a" :1.50e3, "k":\t[2, 3],\n"k": {"k": 4}}'
    assert with_member(text, "k", None) == '{"k": null, "a" :1.50e3, "k":\tnull,\n"k": null}'


def put_fifo(path: Path) -> None:
    """A pipe that nobody ever writes to: opening it to read waits for ever."""
    os.mkfifo(path)


def put_device(path: Path) -> None:
    """A null device of our own, where we may make one."""
    try:
        os.mknod(path, stat.S_IFCHR | 0o666, os.makedev(1, 3))
    except OSError:
        pytest.skip("only root may make a device")


def put_link_to_fifo(path: Path) -> None:
    """A link to a pipe."""
    target = path.with_name("target")
    os.mkfifo(target)
    path.symlink_to(target)


def put_link_to_device(path: Path) -> None:
    """A link to a device of our own."""
    put_device(path.with_name("target"))
    path.symlink_to(path.with_name("target"))


def put_folder(path: Path) -> None:
    """A folder."""
    path.mkdir()


@POSIX
@pytest.mark.parametrize("put", [put_fifo, put_device, put_link_to_fifo, put_link_to_device, put_folder])
def test_what_is_no_file_is_undecided_and_neither_waited_for_nor_replaced(bench: Bench, put: Any) -> None:
    bench.settings.parent.mkdir(parents=True)
    put(bench.settings)
    before = os.lstat(bench.settings), os.stat(bench.settings)
    began = time.monotonic()
    telemetry = bench.telemetry(accept=False)
    assert telemetry.consent.state == "undecided"
    assert telemetry.consent.accept() is False
    assert telemetry.consent.state == "undecided"
    assert telemetry.consent.decline() is False
    assert telemetry.consent.state == "declined"
    assert time.monotonic() - began < SECONDS
    after = os.lstat(bench.settings), os.stat(bench.settings)
    assert [(each.st_ino, each.st_mode) for each in after] == [(e.st_ino, e.st_mode) for e in before]
    assert [path.name for path in bench.settings.parent.iterdir() if path.name.startswith(".")] == []


@POSIX
def test_keys_that_another_program_adds_while_we_answer_are_not_lost(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    path.write_text("{}")
    other = subprocess.Popen([sys.executable, "-c", OTHER_PROGRAM, str(path)])
    number = 0
    while other.poll() is None:
        with suppress(
            BusySettings
        ):  # on a busy machine its turns may leave us none; that is said, and loses nothing
            write_settings(path, {"telemetry.enabled": bool(number % 2), "telemetry.level": "usage"})
        number += 1
        time.sleep(0.002)
    assert other.returncode == 0
    lost = 150 - sum(key.startswith("theirs") for key in json.loads(path.read_text()))
    # Nothing on a usual system replaces a file only if it is unchanged; what is left are microseconds.
    assert lost <= 10, "a look before the step keeps it below some percent; without one it is a third"
    assert number > 20


@POSIX
def test_two_processes_of_ours_lose_nothing_of_each_other(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    path.write_text("{}")
    running = [subprocess.Popen([sys.executable, "-c", OURS, str(path), name]) for name in "abc"]
    assert [each.wait(60) for each in running] == [0, 0, 0]
    assert len(json.loads(path.read_text())) == 180
    assert [each.name for each in tmp_path.iterdir()] == ["settings.json"]


def test_a_file_that_is_just_being_written_in_place_is_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    code = (
        "import sys, time; file = open(sys.argv[1], 'w'); print('open', flush=True); time.sleep(0.01);"
        "file.write('{\"theirs\": 1}'); file.close()"
    )
    writer = subprocess.Popen([sys.executable, "-c", code, str(path)], stdout=subprocess.PIPE, text=True)
    assert writer.stdout is not None
    writer.stdout.readline()
    write_settings(path, {"telemetry.enabled": False})
    writer.communicate()
    assert json.loads(path.read_text()) == {"theirs": 1, "telemetry.enabled": False}
