"""How does a group of failures become an issue that somebody has only to send?"""

from typing import Any
from urllib.parse import urlencode

__all__ = ["new_issue"]

_MOST = 6_000
"""Addresses that are longer are refused by some sites."""


def new_issue(group: dict[str, Any], repository: str, url: str) -> str:
    """Return the address of a new issue that has the facts of a group, or nothing without a repository.

    GitLab takes other names than GitHub, Gitea and Forgejo.
    """
    if not repository:
        return ""
    title = (
        f"{', '.join(group['events'][:3])}: {group['text'] or group['type'] or group['code'] or 'failure'}"
    )
    body = "\n".join(_facts(group, url))[:_MOST]
    if "gitlab" in repository:
        query = {"issue[title]": title[:200], "issue[description]": body}
        return f"{repository.rstrip('/')}/-/issues/new?{urlencode(query)}"
    return f"{repository.rstrip('/')}/issues/new?{urlencode({'title': title[:200], 'body': body})}"


def _facts(group: dict[str, Any], url: str) -> list[str]:
    known = {
        "Events": ", ".join(group["events"]),
        "Message": group["text"],
        "Type": group["type"],
        "Code": group["code"],
        "Status": group["status_code"],
        "Exit code": group["exit_code"],
        "Installs": group["installs"],
        "Failures": group["failures"],
        "First version": group["first_version"],
        "Versions": ", ".join(version for version in group["versions"] if version),
        "First seen": group["first_seen"] and f"{group['first_seen']:%Y-%m-%d}",
        "Last seen": group["last_seen"] and f"{group['last_seen']:%Y-%m-%d}",
    }
    told = [f"- {name}: {value}" for name, value in known.items() if value not in (None, "")]
    return [*told, f"- Group: {group['fingerprint']}", "", url]
