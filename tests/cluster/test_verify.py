"""Does deploy/verify see what holds and what does not, on the cluster of the tests instead of containers?"""

import importlib.machinery
import importlib.util
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.cluster.conftest import ROOT, Cluster
from tests.cluster.test_kills import Collectors


def loaded() -> Any:
    """The program as a module."""
    loader = importlib.machinery.SourceFileLoader("verify", str(ROOT / "deploy" / "verify"))
    spec = importlib.util.spec_from_loader("verify", loader)
    assert spec is not None
    sys.dont_write_bytecode = True
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    module.PATIENCE = 3.0
    return module


class Nodes:
    """What `verify` needs to know of its machinery, for the nodes of the tests."""

    database, password = "default", "secret"

    def __init__(self, cluster: Cluster, collectors: Collectors, names: tuple[str, ...]) -> None:
        self.cluster, self.collectors, self.names = cluster, collectors, names
        self.token, self.write_key = (
            collectors.servers[0].admin_token,
            collectors.servers[0].write_key,
        )

    def lose(self, name: str) -> None:
        self.cluster.kill(self.names.index(name))

    def bring_back(self, name: str) -> None:
        self.cluster.start(self.names.index(name))

    def url(self, name: str) -> str:
        if name in self.names:
            return f"http://127.0.0.1:{self.cluster.ports[self.names.index(name)]}"
        return self.collectors.servers[int(name == "collector2")].url


@pytest.mark.timeout(300)
def test_what_holds_here_is_found_to_hold_and_what_does_not_is_named(
    tmp_path: Path, cluster: Cluster
) -> None:
    verify = loaded()
    collectors = Collectors(cluster, tmp_path)
    nodes = Nodes(cluster, collectors, verify.SERVERS)
    found = {check.__name__: (holds, said) for (_, check), (_, holds, said) in zip(
        verify.CHECKS[:5], verify.run(nodes, verify.CHECKS[:5]), strict=True
    )}  # fmt: skip
    collectors.close()
    for name in (
        "answers_are_global",
        "an_answer_means_that_the_shards_have_it",
        "a_lost_replica_is_no_error",
    ):
        assert found[name][0], found[name]
    # The nodes replicate by other means, and know no quorum.
    assert "Replicated" in found["tables_are_as_expected"][1]
    assert found["a_quorum_is_on_both_replicas"] == (False, "one replica was enough")


def test_the_compose_file_starts_what_verify_looks_for() -> None:
    verify = loaded()
    file = yaml.safe_load((ROOT / "deploy" / "compose.yaml").read_text(encoding="utf-8"))
    published = {}
    for name, service in file["services"].items():
        for port in service.get("ports", []):
            published[name] = int(port.split(":-")[1].split("}")[0])
    assert published == verify.PORTS
    assert set(file["services"]) == {*verify.SERVERS, *verify.COLLECTORS, "keeper", "proxy"}
    for service in file["services"].values():
        for volume in service.get("volumes", []):
            if volume.startswith("./"):
                assert (ROOT / "deploy" / volume.split(":")[0]).is_file()


def test_without_docker_it_says_what_is_missing(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "deploy" / "verify")], env={"PATH": str(tmp_path)},
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (
        1,
        "There is no command `docker`. Install Docker with Compose first.\n",
    )
