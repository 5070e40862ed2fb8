"""What does this machine call its user and itself? The first values that a cleaner should know."""

import os
from collections.abc import Mapping

__all__ = ["full_name", "machine_values", "values_of"]

_NAMES = (
    "USER",
    "LOGNAME",
    "USERNAME",
    "SUDO_USER",
    "COMPUTERNAME",
    "HOSTNAME",
    "USERDOMAIN",
    "USERDNSDOMAIN",
    "LOGONSERVER",
)
_HOMES = ("HOME", "USERPROFILE", "HOMEPATH", "OneDrive")


def machine_values() -> list[str]:
    """Give the names of this machine's user, host and home folders; asks no network and starts nothing."""
    import socket

    home = os.path.expanduser("~")
    return values_of(os.environ, socket.gethostname(), home, full_name())


def values_of(environ: Mapping[str, str], host: str, home: str, full_name: str) -> list[str]:
    """Give the same of what is passed in: each value once, hosts also without their domain."""
    values = [environ.get(name, "") for name in (*_NAMES, *_HOMES)]
    values += [host, host.partition(".")[0], host.partition(".")[2], home, full_name]
    return list(dict.fromkeys(value for value in values if value))


def full_name(accounts: str = "/etc/passwd") -> str:
    """Give the full name of the person's account, empty where the file of accounts knows none.

    The file is read and the system is not asked: its answer may come from a directory server, and before a yes
    nothing may open a socket.
    """
    uid = str(os.getuid()) if hasattr(os, "getuid") else ""
    try:
        with open(accounts, encoding="utf-8", errors="replace") as lines:
            fields = [line.rstrip("\n").split(":") for line in lines]
    except OSError:
        return ""
    names = [account[4] for account in fields if len(account) > 4 and account[2] == uid]
    return names[0].partition(",")[0] if names else ""
