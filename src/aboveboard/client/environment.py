"""Does the environment say off? Variables, continuous integration, and another user's sudo."""

from collections.abc import Iterator, Mapping
from typing import Final

from aboveboard.frozen import record

NAMING: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
# Set by the services that run builds; `CI` alone covers most of them.
CI_VARIABLES: Final = (
    "CI",
    "CONTINUOUS_INTEGRATION",
    "GITHUB_ACTIONS",
    "GITLAB_CI",
    "TRAVIS",
    "CIRCLECI",
    "APPVEYOR",
    "BUILDKITE",
    "DRONE",
    "TF_BUILD",
    "JENKINS_URL",
    "TEAMCITY_VERSION",
    "BITBUCKET_BUILD_NUMBER",
    "CODEBUILD_BUILD_ID",
)


@record(frozen=True, slots=True)
class Source:
    """One place that was asked about consent: its name, what it says, and why.

    `says` is "off", "declined", "undecided", "accepted", "at most <level>" or "nothing".
    """

    name: str
    says: str
    detail: str = ""


def disable_variable(app: str) -> str:
    """Return the variable that switches one app off: "podman-desktop" → PODMAN_DESKTOP_DISABLE_TELEMETRY."""
    words = "".join(letter if letter in NAMING else " " for letter in app.upper()).split()
    return "_".join(words) + "_DISABLE_TELEMETRY"


def is_set(environ: Mapping[str, str], variable: str) -> bool:
    """Tell whether a variable says yes: any value but empty, `0` and `false`."""
    return environ.get(variable, "").strip().lower() not in ("", "0", "false")


def environment_sources(environ: Mapping[str, str], app: str, uid: int | None) -> tuple[Source, ...]:
    """Return what each part of the environment says, in the order in which they are asked."""
    return tuple(_sources(environ, app, uid))


def _sources(environ: Mapping[str, str], app: str, uid: int | None) -> Iterator[Source]:
    for variable in ("DO_NOT_TRACK", disable_variable(app)):
        yield Source(variable, "off" if is_set(environ, variable) else "nothing", _value(environ, variable))
    found = [variable for variable in CI_VARIABLES if is_set(environ, variable)]
    yield Source("continuous integration", "off" if found else "nothing", ", ".join(found) or "no variable")
    yield _sudo(environ, uid)


def _value(environ: Mapping[str, str], variable: str) -> str:
    return f"is {environ[variable]!r}" if variable in environ else "is not set"


def _sudo(environ: Mapping[str, str], uid: int | None) -> Source:
    caller = environ.get("SUDO_UID", "")
    if uid is None or not caller or caller == str(uid):
        return Source("sudo", "nothing", "the person's own account")
    return Source("sudo", "off", "started through sudo from another account")
