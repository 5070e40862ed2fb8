"""Does a cleaner do what an app relies on: known values, kinds, own words, threads, cheap import?"""

import os
import re
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from aboveboard.privacy import Cleaned, Cleaner, Replacement
from aboveboard.privacy.bounds import LIMIT
from aboveboard.privacy.machine import full_name, values_of
from aboveboard.privacy.notes import KINDS

CASES = [
    ("open /home/grace/x/podman.sock: permission denied", "open <path>/podman.sock: permission denied"),
    ("GET https://reg.acme.dev:5000/v2/acme/api failed", "GET https://<host>:5000/v2/<path> failed"),
    ("docker.io/library/alpine:3.19 not found", "docker.io/library/alpine:3.19 not found"),
    ("connect ENOENT /var/run/docker.sock", "connect ENOENT /var/run/docker.sock"),
    ("cannot reach localhost:8080", "cannot reach localhost:8080"),
    ("input/output error on windows/amd64", "input/output error on windows/amd64"),
    ("mail to jane@acme.dev bounced", "mail to <email> bounced"),
    ("exit code 0x80070005 after 900 s", "exit code 0x80070005 after 900 s"),
    ("peer 10.20.30.40:22 went away", "peer <ip>:22 went away"),
    ("[fe80::1]:443 refused", "[<ip>]:443 refused"),
    ("at Module._compile (node:internal/modules/cjs/loader:1256:14)",) * 2,
    ("at run (/Users/x/acme/dist/ext.js:5:10)", "at run (<path>.js:5:10)"),
    ("C:\\Users\\Jo Do\\my files\\a.yaml is locked", "<path>.yaml is locked"),
    ("password=hunter2 rejected", "password=<secret> rejected"),
    ("Authorization: Bearer abcdefg", "Authorization: Bearer <secret>"),
    ("number 123456789012 folds, 12345 stays", "number <number> folds, 12345 stays"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "cleaned"), CASES)
def test_the_useful_part_stays(text: str, cleaned: str) -> None:
    assert Cleaner().clean(text) == cleaned


def test_a_known_value_goes_wherever_it_stands_and_in_any_case() -> None:
    cleaner = Cleaner(["Maria Handshake"])
    assert cleaner.clean("MARIA, the handshake of maria") == "<name>, the <name> of <name>" or (
        "maria" not in cleaner.clean("MARIA, the handshake of maria").lower()
    )


def test_a_common_word_as_a_value_goes_only_where_names_stand() -> None:
    cleaner = Cleaner(["error"])
    assert cleaner.clean("error: not found") == "error: not found"
    assert "error" not in cleaner.clean('container "error" failed')
    assert "error" not in cleaner.clean("container error failed")


def test_a_name_of_common_words_goes_as_a_whole() -> None:
    assert (
        Cleaner(["file-server"])
        .clean("the file-server failed, the file server too, a server not")
        .count("server")
        == 1
    )


def test_a_value_learnt_later_counts_from_then_on_with_its_kind() -> None:
    cleaner = Cleaner()
    assert cleaner.clean("the handshake failed") == "the handshake failed"
    cleaner.sensitive("handshake", "machine")
    assert cleaner.explain("the handshake failed") == Cleaned(
        "the <name> failed", (Replacement("machine", "<name>", "known"),)
    )


def test_the_apps_own_words_pass() -> None:
    assert Cleaner().clean("frobnicate failed") == "<word> failed"
    assert Cleaner(words=["Frobnicate"]).clean("frobnicate failed") == "frobnicate failed"


def test_reasons_name_kinds_steps_and_constants_only() -> None:
    explained = Cleaner(["maria"]).explain("maria at /srv/zeta/x, jo@acme.dev, zubrowka; token=abc 'zeta'")
    assert {one.step for one in explained.replacements} == {"known", "place", "secret", "vocabulary"}
    for one in explained.replacements:
        assert one.placeholder[1:-1] in KINDS
    with pytest.raises(AttributeError):
        explained.text = ""  # type: ignore[misc]


def test_explaining_and_cleaning_agree() -> None:
    text = 'Error: creating container "zeta": /home/zeta/x: no such file\nat zeta.run'
    assert Cleaner().explain(text).text == Cleaner().clean(text)


def test_a_thousand_values_cost_no_more_than_one() -> None:
    many = Cleaner([f"zxq{number}w" for number in range(5000)])
    assert many.clean("cannot stop zxq4711w now") == "cannot stop <name> now"


def test_threads_may_clean_and_teach_one_cleaner() -> None:
    cleaner = Cleaner()
    wrong: list[str] = []

    def work(number: int) -> None:
        for turn in range(50):
            name = f"qzx{number}v{turn}"
            cleaner.sensitive(name)
            text = cleaner.clean(f"the {name} failed")
            if name in text:
                wrong.append(text)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_a_long_text_is_cut_at_a_line_or_a_word() -> None:
    lines = Cleaner().clean("the file is not valid\n" * 500)
    assert len(lines) <= LIMIT
    assert lines.endswith("the file is not valid")
    words = Cleaner().clean("valid " * 2000)
    assert len(words) <= LIMIT
    assert words.endswith("valid")


def test_a_secret_cut_by_the_cap_does_not_show_its_head() -> None:
    assert "zubr" not in Cleaner().clean("ok " * 2729 + "zubrowka-and-more")


def test_importing_loads_no_pattern_and_no_vocabulary() -> None:
    code = (
        "import sys; before = set(sys.modules); from aboveboard.privacy import Cleaner, Hasher; Cleaner(['x'])\n"
        "print(*(set(sys.modules) - before))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert not loaded & {
        "re",
        "collections",
        "threading",
        "dataclasses",
        "hashlib",
        "aboveboard.privacy.vocabulary",
        "aboveboard.privacy.scanner",
    }


def test_a_machine_gives_its_names_once_each() -> None:
    environ = {"USER": "jo", "LOGNAME": "jo", "HOME": "/home/jo", "COMPUTERNAME": "BOX"}
    values = values_of(environ, "box.corp.lan", "/home/jo", "Jo Do")
    assert values == ["jo", "BOX", "/home/jo", "box.corp.lan", "box", "corp.lan", "Jo Do"]


def test_the_full_name_is_read_from_the_file_of_accounts(tmp_path: Path) -> None:
    passwd = tmp_path / "passwd"
    uid = os.getuid()
    passwd.write_text(
        f"other:x:{uid + 1}:1:Jane Roe:/:/bin/sh\nbroken\njo:x:{uid}:1:Jo Do,Room 7:/:/bin/sh\n"
    )
    assert full_name(str(passwd)) == "Jo Do"
    assert full_name(str(tmp_path / "none")) == ""


class Unprintable:
    """A value of an app that fails to print."""

    def __str__(self) -> str:
        raise ValueError


@pytest.mark.parametrize(
    "odd", [None, 5, 5.5, b"\xff", "", " ", Path("/home/jo"), Unprintable(), "\ud800", ["a"]]
)
def test_an_odd_value_loses_no_other(odd: object) -> None:
    cleaner = Cleaner(["handshake", odd])  # type: ignore[list-item]
    cleaner.sensitive("zubrowka")
    cleaner.sensitive(odd)  # type: ignore[arg-type]
    cleaner.sensitive("target")
    assert cleaner.clean("the handshake of zubrowka") == "the <name> of <name>"
    cleaner.sensitive(odd)  # type: ignore[arg-type]
    cleaner.sensitive("socketry")
    assert cleaner.clean("the handshake of socketry") == "the <name> of <name>"


def test_a_value_that_is_no_text_counts_as_it_prints() -> None:
    cleaner = Cleaner()
    cleaner.sensitive(Path("/home/handshake"))  # type: ignore[arg-type]
    assert cleaner.clean("the handshake failed") == "the <name> failed"


SPELLINGS = {
    "plain": str,
    "upper": str.upper,
    "u": lambda value: "".join(f"\\u{ord(sign):04x}" for sign in value),
    "x": lambda value: "".join(f"\\x{ord(sign):02x}" for sign in value),
    "percent": lambda value: "".join(f"%{ord(sign):02X}" for sign in value),
    "entities": lambda value: "".join(f"&#{ord(sign)};" for sign in value),
    "zero width": "\u200b".join,
    "underscores": lambda value: value.replace(" ", "_"),
    "percent blank": lambda value: value.replace(" ", "%20"),
}


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("value", ["Grant Page", "mark", "target_db", "file-server"])
@pytest.mark.parametrize(
    "text",
    ["the {} failed", "t.{} missing", "db_{}_v2 missing", "key={} is bad", "in /srv/{}/x now", "'{}' é ß"],
)
def test_a_registered_value_goes_as_a_whole(text: str, value: str, spelling: str) -> None:
    cleaner = Cleaner([value])
    cleaned = cleaner.clean(text.format(SPELLINGS[spelling](value)))
    assert not {"grant", "page", "mark", "target", "server"} & set(re.findall("[a-z]+", cleaned.lower())), (
        cleaned
    )
    assert "%" not in cleaned
    assert "\\" not in cleaned
    assert cleaner.clean(cleaned) == cleaned


def test_letters_that_fold_to_two_hide_no_phrase() -> None:
    assert "server" not in Cleaner(["file-server"]).clean("Straße: the file-server failed")


def test_five_thousand_phrases_cost_no_more_than_one() -> None:
    many = Cleaner([f"zxq{number}w page" for number in range(5000)])
    assert many.clean("cannot stop zxq4711w Page now") == "cannot stop <name> now"


def test_an_ordinary_word_as_a_value_stays_in_prose() -> None:
    cleaner = Cleaner(["node", "docker", "error"])
    assert cleaner.clean("docker error: node is not ready") == "docker error: node is not ready"
    assert Cleaner(["mark"]).clean("cannot reach mark") == "cannot reach <name>"


NAMING = """customer Visa not found|owner Mark left|Mr Mark has no access|Mr. Mark has no access|Dr Shell is away
login failed: Mark|Login failed for Mark|login failed (Mark)|assigned to Mark|owner=Mark|owner=mark|team: Shell
Team Shell has no access|tenant acme is over quota|tenant shell is over quota|please contact Mark for access
account Visa is locked|client Target disconnected|customer visa not found|"owner":"Mark"|customer Visa Target is gone
owner 'Mark' left"""
PLAIN = """client disconnected|account is locked|team not found|owner of the file|client connection closed|client error
account not found|contact your administrator|contact support|login failed: invalid password|Client Error: 404 Not Found
login failed: Connection refused|login failed: EOF|assigned to the node|owner has no access|team quota exceeded
Login failed: Unauthorized|client API version 1.41 is too old|Client.Timeout exceeded|Owner: root|login failed: Timeout
client request timed out|account key is not valid|owner reference is missing|team member not found"""


@pytest.mark.parametrize("text", NAMING.replace("\n", "|").split("|"))
def test_public_words_are_names_where_people_stand(text: str) -> None:
    cleaned = Cleaner().clean(text)
    assert not {"visa", "mark", "shell", "acme", "target"} & set(re.findall("[a-z]+", cleaned.lower())), (
        cleaned
    )
    assert Cleaner().clean(cleaned) == cleaned


@pytest.mark.parametrize("text", PLAIN.replace("\n", "|").split("|"))
def test_ordinary_words_stay_where_people_stand(text: str) -> None:
    assert Cleaner().clean(text) == text


CONSTANTS = "RLIMIT_NOFILE SIGKILL SIGTERM O_CREAT AF_INET AF_INET6 ECONNREFUSED EMFILE LD_PRELOAD"
NO_CONSTANTS = "ZUBROWKA SIGMUND O_MALLEY AF_ZUBROWKA LAURA_DB MARK_ZUBROWKA GRANT_PAGE"


@pytest.mark.parametrize("quote", ["'", '"', "`"])
def test_constants_of_systems_stay_in_quotes(quote: str) -> None:
    for constant in CONSTANTS.split():
        text = f"raise {quote}{constant}{quote} first"
        assert Cleaner().clean(text) == text
    for name in NO_CONSTANTS.split():
        assert name not in Cleaner().clean(f"raise {quote}{name}{quote} first")
    assert "NOFILE" not in Cleaner(["nofile"]).clean(f"raise {quote}RLIMIT_NOFILE{quote} first")


def test_a_value_said_again_before_each_text_costs_nothing() -> None:
    cleaner = Cleaner(["apollo"])
    cleaner.clean("warm")
    ready = cleaner._ready
    for _ in range(100):
        cleaner.sensitive("apollo")
        assert cleaner.clean("cannot start apollo") == "cannot start <name>"
    assert cleaner._ready is ready


def test_a_dash_counts_the_same_whatever_texts_came_before() -> None:
    """The strictness after a sign alone is the one before it, so no text may leave it behind for the next."""
    text = "statistical computing - kenvedy fails"
    first = Cleaner().clean(text)
    after = Cleaner()
    after.clean("no container - at all")
    assert after.clean(text) == first
