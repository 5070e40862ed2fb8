"""Can it be deployed as the pages say: what the chart renders, the compose file, the unit, the container file?"""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import kubernetes_validate
import pytest
import yaml

ROOT = Path(__file__).parents[2]
CHART = ROOT / "deploy" / "helm" / "aboveboard"
SPRIG = Path("/usr/share/gocode/src/github.com/Masterminds/sprig")
KUBERNETES = ("1.28", "1.35")
"""The oldest that the chart says it runs on, and a new one."""

Values = dict[str, Any]


@pytest.fixture(scope="module")
def renderer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Helm's engine, built from what Debian packages of it."""
    if shutil.which("go") is None or not SPRIG.exists():
        assert not os.environ.get("CI"), "scripts/system installs Go and sprig"
        pytest.skip(
            "rendering needs Go and sprig: apt-get install golang-go golang-github-masterminds-sprig-dev"
        )
    folder = tmp_path_factory.mktemp("render")
    environ = os.environ | {
        "GO111MODULE": "off", "GOFLAGS": "", "GOPATH": "/usr/share/gocode", "GOCACHE": str(folder / "cache"),
    }  # fmt: skip
    source = Path(__file__).with_name("render.go")
    subprocess.run(["go", "build", "-o", str(folder / "render"), str(source)], env=environ, check=True)
    return folder / "render"


def values(**changes: Any) -> Values:
    """The chart's own values with changes."""
    found: Values = yaml.safe_load((CHART / "values.yaml").read_text(encoding="utf-8"))
    return found | changes


def render(renderer: Path, given: Values) -> "subprocess.CompletedProcess[str]":
    """What `helm template obs deploy/helm/aboveboard` would write with these values."""
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text(encoding="utf-8"))
    chart = {name[0].upper() + name[1:]: value for name, value in chart.items()}
    return subprocess.run(
        [str(renderer), str(CHART), "obs"],
        input=json.dumps({"values": given, "chart": chart}), capture_output=True, text=True, check=False,
    )  # fmt: skip


def objects(rendered: str) -> dict[str, Values]:
    """The objects of a rendering, by kind."""
    parts = [part for part in rendered.split("---\n") if part and not part.startswith("# Source: NOTES.txt")]
    found = [yaml.safe_load(part) for part in parts]
    return {entry["kind"]: entry for entry in found if entry}


MANY = {"replicas": 3, "storeSecret": "clickhouse", "settingsSecret": "settings"}
OUTSIDE = {
    "ingress": {
        "enabled": True, "className": "nginx", "host": "t.example.org", "tlsSecret": "tls",
        "annotations": {"a/b": "c"},
    }
}  # fmt: skip


@pytest.mark.parametrize("version", KUBERNETES)
@pytest.mark.parametrize("changes", [{}, OUTSIDE, MANY | OUTSIDE], ids=["default", "ingress", "many"])
def test_what_the_chart_renders_is_what_kubernetes_takes(
    renderer: Path, changes: Values, version: str
) -> None:
    done = render(renderer, values(**changes))
    assert done.returncode == 0, done.stderr
    found = objects(done.stdout)
    kinds = {"StatefulSet", "Service"} | ({"Ingress"} if "ingress" in changes else set())
    assert set(found) == kinds | ({"PodDisruptionBudget"} if "replicas" in changes else set())
    for entry in found.values():
        kubernetes_validate.validate(entry, version, strict=True)


def test_a_pod_has_no_rights_and_writes_to_its_volume_alone(renderer: Path) -> None:
    pod = objects(render(renderer, values()).stdout)["StatefulSet"]["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    assert container["securityContext"]["readOnlyRootFilesystem"]
    assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
    assert pod["securityContext"]["runAsNonRoot"]
    assert [mount["mountPath"] for mount in container["volumeMounts"]] == ["/var/lib/aboveboard", "/tmp"]


@pytest.mark.parametrize("left_out", ["storeSecret", "settingsSecret"])
def test_several_replicas_without_a_common_store_and_settings_are_refused(
    renderer: Path, left_out: str
) -> None:
    done = render(renderer, values(**(MANY | {left_out: ""})))
    assert done.returncode != 0
    assert f"needs {left_out}" in done.stderr


def test_the_charts_schema_takes_its_values_and_names_what_is_wrong() -> None:
    schema = json.loads((CHART / "values.schema.json").read_text(encoding="utf-8"))
    jsonschema.validate(values(), schema)
    for wrong in ({"replicas": 0}, {"persistence": {"size": "big"}}, {"replica": 2}):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(values(**wrong), schema)


def test_every_flag_that_is_deployed_exists() -> None:
    from aboveboard.cli.serve import serve

    options = {name for parameter in serve.params for name in parameter.opts}
    deployed = [path for path in (ROOT / "deploy").rglob("*") if path.is_file()]
    for path in deployed:
        text = path.read_text(encoding="utf-8")
        for line in re.findall(r"aboveboard serve[^\n]*", text):
            assert set(re.findall(r"--[a-z-]+", line)) <= options, path
    template = (CHART / "templates" / "statefulset.yaml").read_text(encoding="utf-8")
    assert set(re.findall(r"^ +- (--[a-z-]+)", template, re.MULTILINE)) <= options


@pytest.mark.parametrize("file", sorted((ROOT / "deploy").rglob("compose*.yaml")), ids=str)
def test_a_compose_file_is_one(file: Path) -> None:
    done = subprocess.run(
        [str(Path(sys.executable).parent / "check-jsonschema"), "--builtin-schema", "vendor.compose-spec", str(file)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout


def test_workflows_are_workflows_with_time_limits() -> None:
    checker = str(Path(sys.executable).parent / "check-jsonschema")
    files = [str(path) for path in (ROOT / ".github" / "workflows").glob("*.yml")]
    done = subprocess.run(
        [checker, "--builtin-schema", "vendor.github-workflows", *files],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout


def test_versions_agree() -> None:
    version = subprocess.run(
        ["sh", str(ROOT / "scripts" / "version")], capture_output=True, text=True, check=True
    ).stdout.strip()
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text(encoding="utf-8"))
    compose = yaml.safe_load((ROOT / "deploy" / "single" / "compose.yaml").read_text(encoding="utf-8"))
    assert chart["appVersion"] == version
    assert compose["services"]["aboveboard"]["image"] == f"aboveboard:{version}"


def test_the_container_file_copies_what_the_package_is_built_from() -> None:
    text = (ROOT / "deploy" / "Containerfile").read_text(encoding="utf-8")
    copied = [
        word
        for line in re.findall(r"^COPY (?!--from)(.*)$", text, re.MULTILINE)
        for word in line.split()[:-1]
    ]
    assert {"pyproject.toml", "README.md", "LICENSE", "src"} <= set(copied)
    assert all((ROOT / name).exists() for name in copied)
    assert re.search(r"^USER \d+:\d+$", text, re.MULTILINE)


def test_the_unit_is_one_that_systemd_takes() -> None:
    if shutil.which("systemd-analyze") is None:
        text = (ROOT / "deploy" / "aboveboard.service").read_text(encoding="utf-8")
        assert re.findall(r"^\[(\w+)\]$", text, re.MULTILINE) == ["Unit", "Service", "Install"]
        return
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(ROOT / "deploy" / "aboveboard.service")],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    complaints = [line for line in done.stderr.splitlines() if "is not executable" not in line]
    assert complaints == []
