"""What can an engine without Keeper run of a statement for a cluster? Everything but replication."""

import re

__all__ = ["distributed", "here", "plain"]

_ON = re.compile(r"\s+ON CLUSTER '[^']*'")
_REPLICATED = re.compile(r"\bReplicated(\w*MergeTree)\('[^']*', '[^']*'(?:, )?")
_DISTRIBUTED = re.compile(
    r"CREATE TABLE IF NOT EXISTS (\w+)\b.*\bENGINE = Distributed\('[^']*', '[^']*', '(\w+)', (.+)\)\s*",
    re.DOTALL,
)


def plain(statement: str) -> str:
    """Return the statement for the one server that runs it: not on a cluster, and not replicated."""
    return _REPLICATED.sub(r"\1(", here(statement))


def here(statement: str) -> str:
    """Return the statement for this server alone."""
    return _ON.sub("", statement)


def distributed(statement: str) -> tuple[str, str, str] | None:
    """Return name, local table and sharding key of a `Distributed` table that a statement makes, else None."""
    found = _DISTRIBUTED.fullmatch(statement)
    return (found[1], found[2], found[3]) if found else None
