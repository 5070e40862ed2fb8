"""Is cleaning linear in the text, bounded by the cap, and quick enough for an app that never pays?"""

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
