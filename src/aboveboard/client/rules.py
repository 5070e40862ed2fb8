"""Which events are sent less often than they happen? Rules of the app and of the collector.

Every rule takes something away, and rules are combined by taking the strictest of each part. So no
rule, wherever it comes from, can make the client send more than it would without it.
"""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from aboveboard.frozen import record

DAILY: Final = "dailyPerInstance"
WINDOW_SECONDS: Final = 10.0
WINDOW_EVENTS: Final = 100
SMALLEST_RATIO: Final = 1e-6
MOST_RULES: Final = 500
MOST_STARS: Final = 4
LONGEST_PATTERN: Final = 200


@record(frozen=True, slots=True)
class Rule:
    """One rule: for which names, and what it takes away.

    `ratio` is the share of installs that send the event, `aggregate` the seconds and the number of events
    after which what came in is sent as one.
    """

    pattern: re.Pattern[str]
    disabled: bool = False
    ratio: float = 1.0
    daily: bool = False
    aggregate: tuple[float, int] | None = None


@record(frozen=True, slots=True)
class Ruling:
    """What all rules together say about one event."""

    disabled: bool = False
    ratio: float = 1.0
    daily: bool = False
    aggregate: tuple[float, int] | None = None


def read_rules(content: object) -> tuple[tuple[Rule, ...], tuple[str, ...]]:
    """Return the rules in a decoded rules file, and a sentence for each entry that is none.

    The form is Podman Desktop's telemetry.json: `{"rules": [{"event": "list.*", "ratio": 0.1}]}`.
    """
    entries = content.get("rules") if isinstance(content, dict) else content
    if not isinstance(entries, list):
        return (), ("the rules are no list",)
    rules: list[Rule] = []
    problems: list[str] = []
    for number, entry in enumerate(entries[:MOST_RULES], 1):
        try:
            rules.append(_rule(entry))
        except ValueError as error:
            problems.append(f"rule {number}: {error}")
    return tuple(rules), tuple(problems)


def load_rules(source: str | Path | Iterable[Any] | None) -> tuple[tuple[Rule, ...], tuple[str, ...]]:
    """Return the rules in a file, or in a list of entries; a file that cannot be read is a problem."""
    import json

    if source is None:
        return (), ()
    if not isinstance(source, (str, Path)):
        return read_rules(list(source))
    try:
        return read_rules(json.loads(Path(source).read_text(encoding="utf-8")))
    except (OSError, ValueError) as error:
        return (), (f"the rules in {source} cannot be read: {error}",)


def ruling(rules: Iterable[Rule], event: str) -> Ruling:
    """Return the strictest of each part among the rules whose pattern matches the whole name."""
    found = [rule for rule in rules if rule.pattern.fullmatch(event)]
    windows = [rule.aggregate for rule in found if rule.aggregate is not None]
    return Ruling(
        disabled=any(rule.disabled for rule in found),
        ratio=min((rule.ratio for rule in found), default=1.0),
        daily=any(rule.daily for rule in found),
        aggregate=max(windows) if windows else None,
    )


def draw(anonymous_id: str) -> float:
    """Return the install's own number in [0, 1): the same for every event, so the same installs stay in."""
    from aboveboard.privacy.blake import blake2b  # few apps have a ratio

    digest = blake2b(anonymous_id.encode(), digest_size=8, person=b"sampling").digest()
    return int.from_bytes(digest, "big") / 2**64


def _rule(entry: object) -> Rule:
    if not isinstance(entry, dict) or not isinstance(entry.get("event"), str):
        raise ValueError("has no `event`")
    ratio = entry.get("ratio", 1.0)
    if isinstance(ratio, bool) or not isinstance(ratio, (int, float)) or not 0 <= ratio <= 1:
        raise ValueError(f"`ratio` is {ratio!r}, not a number from 0 to 1")
    frequency = entry.get("frequency")
    if frequency not in (None, DAILY):
        raise ValueError(f"`frequency` is {frequency!r}, not {DAILY!r}")
    return Rule(
        pattern=_pattern(entry["event"]),
        disabled=entry.get("disabled", False) is not False or ratio < SMALLEST_RATIO,
        ratio=max(float(ratio), SMALLEST_RATIO),
        daily=frequency == DAILY,
        aggregate=_window(entry.get("aggregate")),
    )


def _window(value: object) -> tuple[float, int] | None:
    if value is None or value is False:
        return None
    if value is True:
        return WINDOW_SECONDS, WINDOW_EVENTS
    if not isinstance(value, dict):
        raise ValueError(f"`aggregate` is {value!r}, not true or {{seconds, events}}")
    seconds, events = value.get("seconds", WINDOW_SECONDS), value.get("events", WINDOW_EVENTS)
    if not isinstance(seconds, (int, float)) or not isinstance(events, int):
        raise ValueError(f"`aggregate` is {value!r}, and its numbers are none")
    return min(max(float(seconds), 0.1), 3600.0), min(max(events, 1), WINDOW_EVENTS)


def _pattern(text: str) -> re.Pattern[str]:
    """Compile `list.*|page`: letters, `.`, `.*` and `|` of regular expressions, nothing that can run away."""
    if len(text) > LONGEST_PATTERN or text.count("*") + text.count("+") > MOST_STARS:
        raise ValueError(f"the pattern {text[:40]!r} is too long or has too many stars")
    if not re.fullmatch(r"(?:[\w|/@: -]|\\\.|\.[*+]?|\*)+", text):
        raise ValueError(f"the pattern {text!r} may only hold letters, digits, `.`, `.*`, `\\.` and `|`")
    # A star without a dot before it is meant as in file names.
    return re.compile("(?:" + re.sub(r"(?<!\.)\*", ".*", text) + ")")
