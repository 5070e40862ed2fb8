"""Is the address of a cluster read as it is meant, and is its password never said?"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aboveboard.errors import StoreError
from aboveboard.store import connect
from aboveboard.store.address import parse, without_password


def test_an_address_names_hosts_database_cluster_and_options() -> None:
    found = parse("clickhouse://me:p%40ss@h1:8123,h2,[::1]:9/tele?cluster=c_1&insert_quorum=2")
    assert found.hosts == (("h1", 8123), ("h2", 8123), ("::1", 9))
    assert (found.username, found.password, found.database) == ("me", "p@ss", "tele")
    assert (found.cluster, found.secure, found.options) == ("c_1", False, (("insert_quorum", "2"),))


@pytest.mark.parametrize(
    ("dsn", "secure", "port"),
    [
        ("clickhouse://h", False, 8123),
        ("clickhouses://h", True, 8443),
        ("https://h", True, 8443),
        ("clickhouse://h?secure=1", True, 8443),
        ("clickhouses://h:9440", True, 9440),
    ],
)
def test_tls_has_a_port_of_its_own(dsn: str, secure: bool, port: int) -> None:
    found = parse(dsn)
    assert (found.secure, found.hosts, found.database) == (secure, (("h", port),), "default")


@pytest.mark.parametrize(
    ("dsn", "said"),
    [
        ("clickhouse://me:hunter2@/db", "names no host"),
        ("clickhouse://me:hunter2@h1,,h2/db", "names no host"),
        ("clickhouse://me:hunter2@h1:port/db", "names no host where 'h1:port' stands"),
        ("clickhouse://me:hunter2@h1/db?cluster=it's", "names the cluster"),
    ],
)
def test_a_mistake_is_named_without_the_password(dsn: str, said: str) -> None:
    with pytest.raises(StoreError, match=said) as refused:
        parse(dsn)
    assert "hunter2" not in str(refused.value)


@given(st.text("abc:@/é?", min_size=1).filter(lambda text: "/" not in text and "?" not in text))
def test_no_password_is_ever_shown(password: str) -> None:
    assert without_password(f"clickhouse://user:{password}@host/db") == "clickhouse://user:…@host/db"


def test_servers_that_are_all_away_are_one_sentence() -> None:
    with pytest.raises(
        StoreError, match=r"The store on 127\.0\.0\.1:1, 127\.0\.0\.1:2 cannot be opened: .* Start"
    ) as no:
        connect("clickhouse://me:hunter2@127.0.0.1:1,127.0.0.1:2/db?cluster=c")
    assert "hunter2" not in str(no.value)
