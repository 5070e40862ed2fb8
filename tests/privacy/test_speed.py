"""Is cleaning linear in the text, bounded by the cap, and quick enough for an app that never pays?"""

import random
import time

import pytest

from aboveboard.privacy import Cleaner
from tests.bench.bench_privacy import HOSTILE, KNOWN, best_ms


@pytest.mark.parametrize("name", HOSTILE)
def test_doubling_a_hostile_text_at_most_doubles_its_time(name: str) -> None:
    cleaner = Cleaner(KNOWN)
    cleaner.clean("warm")
    part = HOSTILE[name]
    small, large = (best_ms(cleaner, (part * size)[:size], 7) for size in (1024, 8192))
    assert large < 3 * 8 * small + 0.5  # eight times the text, and room for a busy machine


@pytest.mark.parametrize("part", ["the file /home/x/y is not valid ", "x", "maria "])
def test_a_mebibyte_costs_what_the_cap_costs(part: str) -> None:
    cleaner = Cleaner(["maria"])
    cleaner.clean("warm")
    assert best_ms(cleaner, part * ((1 << 20) // len(part)), 7) < 10  # 5 ms where nothing else runs


FOUND = (
    "~/(",
    "--*/home/",
    "/home/!",
    "//~/",
    "/1a~/",
    '"]-!\\',
    "\\{[~/",
    "/a b~",
    "C:\\a b/~ ",
    "1(1('':a@",
)
SIGNS = "~/(-*!.:@'\" \\=,[]{}<>a1"
MOST_MS = 25  # where nothing else runs; tests allow twice that
SEARCHED_S = 3.0


@pytest.mark.parametrize("part", FOUND)
def test_what_once_took_its_square_takes_its_length(part: str) -> None:
    cleaner = Cleaner(KNOWN)
    cleaner.clean("warm")
    assert best_ms(cleaner, (part * 8000)[:8000], 4) < 2 * MOST_MS


def test_a_list_of_paths_without_blanks_takes_its_length() -> None:
    cleaner = Cleaner(KNOWN)
    cleaner.clean("warm")
    paths = ",".join(f"/home/a/x{number}" for number in range(800))
    assert best_ms(cleaner, paths[:8000], 4) < 2 * MOST_MS


def test_no_repeated_signs_take_long() -> None:
    cleaner = Cleaner(KNOWN)
    cleaner.clean("warm")
    chance = random.Random(20)
    end = time.monotonic() + SEARCHED_S
    slow = []
    while time.monotonic() < end:
        part = "".join(chance.choices(SIGNS, k=chance.randint(2, 8)))
        part += chance.choice(("", "", "/home/", "C:\\", "%2f"))
        text = (part * 8000)[:8000]
        if best_ms(cleaner, text, 1) > 2 * MOST_MS and _grows(cleaner, text):
            slow.append(part)
    assert slow == []


def _grows(cleaner: Cleaner, text: str) -> bool:
    """Say whether a text takes long for its length; a busy machine is slow with an eighth of it too."""
    whole, eighth = best_ms(cleaner, text, 4), best_ms(cleaner, text[: len(text) // 8], 8)
    return whole > 2 * MOST_MS and whole > 3 * 8 * eighth
