"""How fast is cleaning: distinct messages a CPU second, doubled adversarial texts, and a mebibyte?

python -m tests.bench.bench_privacy
"""

import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from aboveboard.privacy import Cleaner
from tests.bench.figures import Figure
from tests.privacy.corpora.generate import corpus

SHAPES = Path(__file__).parents[1] / "privacy" / "corpora" / "shapes.txt"
KNOWN = [
    "mapel99",
    "Brepa Mapel",
    "sisund26",
    "DESKTOP-T3ALMB4",
    "/Users/mapel99",
    "C:\\Users\\mapel99",
    "my-kruhyo",
]
SECONDS = 5.0
SIZES = (256, 512, 1024, 2048, 4096, 8192)
HOSTILE = {
    "dots": ".",
    "slashes": "/",
    "a@a@": "a@a@",
    "a@ blank": "a@a@ ",
    "escapes": "\\u0041\\",
    "percent": "%2525",
    "quotes": "'\"`",
    "escaped quotes": '\\"',
    "braces": '{"a":',
    "brackets": "[a]",
    "windows": "C:\\a b",
    "unix": "/home/a b",
    "digits": "12 34 ",
    "colons": "a:",
    "entities": "&#65;",
    "zero width": "a\u200b",
    "non-ASCII": "é ",
    "PEM": "-----BEGIN A-----",
    "words": "qwe ",
}


def messages() -> Iterator[str]:
    """Distinct messages of all shapes and styles of names, without end."""
    seed = 0
    while True:
        for style in ("invented", "words", "people"):
            for record in corpus(SHAPES, style, seed=1000 + seed):
                yield str(record["text"])
        seed += 1


def throughput(seconds: float = SECONDS) -> dict[str, float]:
    """Megabytes a CPU second over distinct, warm messages; making them is not counted."""
    cleaner = Cleaner(KNOWN)
    source = messages()
    for _ in range(3000):
        cleaner.clean(next(source))
    spent = size = count = 0.0
    seen: set[str] = set()
    while spent < seconds:
        batch = [text for text in (next(source) for _ in range(500)) if text not in seen]
        seen.update(batch)
        started = time.process_time()
        for text in batch:
            cleaner.clean(text)
        spent += time.process_time() - started
        size += sum(len(text.encode("utf-8", "replace")) for text in batch)
        count += len(batch)
    return {
        "mb_per_cpu_s": round(size / spent / 1e6, 2),
        "us_per_message": round(spent / count * 1e6, 1),
        "messages": count,
    }


def best_ms(cleaner: Cleaner, text: str, rounds: int = 5) -> float:
    """The best of some rounds, in milliseconds of CPU."""
    best = float("inf")
    for _ in range(rounds):
        started = time.process_time()
        cleaner.clean(text)
        best = min(best, time.process_time() - started)
    return best * 1e3


def doubling() -> dict[str, list[float]]:
    """Milliseconds for each hostile text at each size; a straight line at most doubles from one to the next."""
    cleaner = Cleaner(KNOWN)
    cleaner.clean("warm")
    return {
        name: [round(best_ms(cleaner, (part * (size // len(part) + 1))[:size]), 3) for size in SIZES]
        for name, part in HOSTILE.items()
    }


def mebibyte() -> dict[str, float]:
    """Milliseconds for 1 MiB of prose, and of the slowest hostile text."""
    cleaner = Cleaner(KNOWN)
    cleaner.clean("warm")
    size = 1 << 20
    hostile = max(best_ms(cleaner, (part * (size // len(part) + 1))[:size], 3) for part in HOSTILE.values())
    return {
        "prose": round(best_ms(cleaner, "the file /home/x/y is not valid " * (size // 32)), 2),
        "hostile": round(hostile, 2),
    }


def main() -> dict[str, Any]:
    """Print all of it as JSON; returns it."""
    found: dict[str, Any] = {"throughput": throughput(), "doubling_ms": doubling(), "mebibyte_ms": mebibyte()}
    sys.stdout.write(json.dumps(found, indent=2) + "\n")
    return found


def figures(found: dict[str, Any]) -> list[Figure]:
    """Return what was measured as the design counts it; a straight line at most doubles from size to size."""
    steepest = max(times[-1] / times[-3] for times in found["doubling_ms"].values() if times[-3] > 0)
    return [
        Figure(
            "privacy: cleaning", found["throughput"]["mb_per_cpu_s"], "MB per CPU second", 3, at_most=False
        ),
        Figure("privacy: 8 KB over 2 KB, the steepest hostile text", steepest, "×", 6),
        Figure("privacy: 1 MiB of hostile text", found["mebibyte_ms"]["hostile"], "ms", 5),
    ]


if __name__ == "__main__":
    main()
