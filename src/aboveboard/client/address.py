"""Where does a request go, and by which way? The endpoint's parts, and the proxy that the environment names."""

import re
from collections.abc import Mapping
from urllib.parse import unquote, urlsplit

from aboveboard.frozen import record


class BadEndpoint(ValueError):
    """The endpoint cannot be used; the text says why."""


@record(frozen=True, slots=True)
class Proxy:
    """An HTTP proxy through which a tunnel is opened, with the credentials of its URL."""

    host: str
    port: int
    user: str = ""
    password: str = ""


@record(frozen=True, slots=True)
class Endpoint:
    """The collector's address; `path` has no slash at its end."""

    host: str
    port: int
    secure: bool
    path: str

    @property
    def is_loopback(self) -> bool:
        """Tell whether the collector is on this machine, which needs neither HTTPS nor a proxy."""
        return is_loopback(self.host)


def parse_endpoint(url: str) -> Endpoint:
    """Return the parts of a collector's URL; raise `BadEndpoint` for anything but HTTPS or loopback."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise BadEndpoint(f"endpoint {url!r} is no URL: {error}") from error
    host = parts.hostname or ""
    if parts.scheme not in ("http", "https") or not host:
        raise BadEndpoint(f"endpoint {url!r} must be https://host or http://127.0.0.1:port")
    if parts.scheme == "http" and not is_loopback(host):
        raise BadEndpoint(f"endpoint {url!r} must be https: plain http goes only to this machine itself")
    secure = parts.scheme == "https"
    return Endpoint(host, port or (443 if secure else 80), secure, parts.path.rstrip("/"))


def is_loopback(host: str) -> bool:
    """Tell whether a host is a literal loopback address or `localhost`; other names could resolve anywhere."""
    return host in ("localhost", "::1") or bool(re.fullmatch(r"127(\.\d{1,3}){3}", host))


def find_proxy(endpoint: Endpoint, environ: Mapping[str, str]) -> Proxy | None:
    """Return the proxy for an endpoint from `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY`, as curl reads them."""
    if endpoint.is_loopback or _excluded(endpoint.host, _read(environ, "no_proxy")):
        return None
    url = _read(environ, "https_proxy") or _read(environ, "all_proxy")
    if not url:
        return None
    parts = urlsplit(url if "://" in url else f"http://{url}")
    if parts.scheme != "http" or not parts.hostname:
        raise BadEndpoint(
            f"proxy {parts.scheme}://{parts.hostname or '?'} cannot be used; it must be http://"
        )
    return Proxy(
        parts.hostname, parts.port or 80, unquote(parts.username or ""), unquote(parts.password or "")
    )


def _read(environ: Mapping[str, str], name: str) -> str:
    return environ.get(name) or environ.get(name.upper()) or ""


def _excluded(host: str, no_proxy: str) -> bool:
    for entry in no_proxy.replace(" ", ",").split(","):
        name = entry.strip().lstrip(".").lower()
        if name == "*" or (name and (host == name or host.endswith("." + name))):
            return True
    return False
