"""How is a finding said in one sentence?"""

from collections.abc import Mapping

from aboveboard.insights.causes.select import Finding, Findings
from aboveboard.insights.causes.units import ANY

__all__ = ["described", "headline", "sentence"]


def headline(event: str, found: Findings) -> str:
    """Return what is to be known first: the strongest cause, or that there is none."""
    noise = found.tested - len(found.found)
    if not found.failing:
        return f"{event} failed with none of {_counted(found.installs, 'install')}."
    if not found.found:
        return (
            f"Nothing tells the {_counted(found.failing, 'install')} where {event} fails from the others: "
            f"{_counted(noise, 'candidate')} fell within noise."
        )
    first = sentence(event, found.found[0]).removesuffix(".")
    return f"{first}; {_counted(noise, 'other candidate')} fell within noise."


def sentence(event: str, finding: Finding) -> str:
    """Return a finding in words."""
    return (
        f"{event} fails {_times(finding.relative_risk)} × as often {described(finding.attributes)} "
        f"({_times(finding.low)} to {_times(finding.high)}); it accounts for {finding.share:.0%} of failures."
    ).replace("%", " %")


def described(attributes: Mapping[str, str]) -> str:
    """Return attributes as they are read: `on Windows arm64 with podman 5.2`."""
    rest = dict(attributes)
    parts = []
    system = [rest.pop(name) for name in ("os", "distribution", "os_version", "arch") if name in rest]
    if system:
        parts.append(f"on {' '.join(system)}")
    if "version" in rest:
        parts.append(f"in version {rest.pop('version')}")
    if "country" in rest:
        parts.append(f"in {rest.pop('country')}")
    for name, value in rest.items():
        kind, _, thing = name.partition(":")
        if kind == "property":
            parts.append(f"where {thing} is {value}")
        elif kind in ("provider", "extension"):
            named = f"the extension {thing}" if kind == "extension" else thing
            parts.append(f"with {named}" if value == ANY else f"with {named} {value}")
        else:
            parts.append(f"with {value} {name}")
    return " ".join(parts)


def _times(risk: float) -> str:
    return f"{risk:.1f}" if risk < 10 else f"{risk:.0f}"


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
