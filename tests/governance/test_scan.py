"""Does the scanner find every telemetry call of the fixtures, and nothing else? They hold every shape of call.

`expected.txt` beside each project lists what is sent: `file:line event | property:type …`, `…` for properties that
are not all known, `?` for an event whose name is made elsewhere, and `TRUSTED` for a value vouched for.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from aboveboard.governance.scan import Scan, scan

FIXTURES = Path(__file__).parent / "fixtures"
PROJECTS = sorted(path.parent for path in FIXTURES.glob("*/expected.txt"))


def expected(project: Path) -> set[str]:
    lines = (project / "expected.txt").read_text(encoding="utf-8").splitlines()
    return {_line(*_parts(line)) for line in lines}


def _parts(line: str) -> tuple[str, str, list[str]]:
    where, _, rest = line.partition(" ")
    event, _, properties = rest.partition(" | ")
    return where, event, properties.split()


def found(project: Path, ran: Scan) -> set[str]:
    return set(_found(project, ran))


def _found(project: Path, ran: Scan) -> Iterator[str]:
    for call in ran.calls:
        properties = [f"{prop.name}:{prop.type}" for prop in call.properties] + ["…"] * call.open
        where = f"{Path(call.file).relative_to(project).as_posix()}:{call.line}"
        yield _line(where, call.event or "?", properties)
    for trusted in ran.trusted:
        where = f"{Path(trusted.file).relative_to(project).as_posix()}:{trusted.line}"
        yield _line(where, "TRUSTED", [])


def _line(where: str, event: str, properties: list[str]) -> str:
    return f"{where} {event} | {' '.join(sorted(properties))}"


@pytest.mark.parametrize("project", PROJECTS, ids=lambda path: path.name)
def test_every_shape_of_call_is_found_and_nothing_else(project: Path) -> None:
    wanted, got = expected(project), found(project, scan([project]))
    assert got - wanted == set(), "these are no calls, or have other properties"
    assert wanted - got == set(), "these calls were missed"


def test_precision_and_recall_over_all_fixtures() -> None:
    wanted = {(project.name, line) for project in PROJECTS for line in expected(project)}
    got = {(project.name, line) for project in PROJECTS for line in found(project, scan([project]))}
    right = len(wanted & got)
    assert len(wanted) > 290
    assert (right / len(got), right / len(wanted)) == (1.0, 1.0)


def test_all_projects_at_once_by_many_processes_give_the_same() -> None:
    together = scan([FIXTURES], jobs=2)
    alone = {line for project in PROJECTS for line in found(project, scan([project], jobs=1))}
    names = {line.split(" | ")[0] for line in alone}
    got = {
        f"{Path(call.file).relative_to(FIXTURES / Path(call.file).relative_to(FIXTURES).parts[0]).as_posix()}"
        f":{call.line} {call.event or '?'}"
        for call in together.calls
    }
    assert got == {name for name in names if not name.endswith(" TRUSTED")}


def test_broken_files_are_said_and_the_rest_is_read(tmp_path: Path) -> None:
    (tmp_path / "broken.py").write_text("telemetry.log_usage('x'\n")
    (tmp_path / "half.ts").write_text("const = ;\nwindow.telemetryTrack('half');\n")
    (tmp_path / "binary.js").write_bytes(b"telemetryTrack\x00\xff\xfe(")
    (tmp_path / "good.py").write_text("telemetry.log_usage('good')\n")
    (tmp_path / "deep.py").write_text("telemetry.log_usage(" + "(" * 500 + "'deep'" + ")" * 500 + ")\n")
    ran = scan([tmp_path])
    assert {call.event for call in ran.calls} >= {"half", "good"}
    assert any(name.endswith("broken.py") for name, _ in ran.broken)


def test_installed_packages_and_tests_are_left_out(tmp_path: Path) -> None:
    for name in (
        "node_modules/x/a.js",
        "src/a.js",
        "src/a.spec.js",
        "src/__tests__/b.js",
        "tests/c.py",
        ".x/d.py",
    ):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        call = "telemetry.log_usage('x')" if name.endswith(".py") else "window.telemetryTrack('x');"
        path.write_text(call + "\n")
    assert [Path(call.file).name for call in scan([tmp_path]).calls] == ["a.js"]
    assert len(scan([tmp_path], tests=True).calls) == 4
    assert len(scan([tmp_path / "tests" / "c.py"]).calls) == 1, "a file that is named is always read"


def test_what_git_ignores_is_left_out(tmp_path: Path) -> None:
    import subprocess

    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    (tmp_path / ".gitignore").write_text("made/\n")
    for name in ("made/a.py", "build/b.py"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_text("telemetry.log_usage('x')\n")
    assert [Path(call.file).name for call in scan([tmp_path]).calls] == ["b.py"]


def test_values_that_refer_to_themselves_come_to_an_end(tmp_path: Path) -> None:
    (tmp_path / "a.ts").write_text(
        "import { b } from './b';\nexport const a = b + 'x';\n"
        "const o = { self: () => o.self(), get x() { return this.x; }, y: this.y };\n"
        "function f(n: string): string { return f(n + o.x); }\n"
        "function g(n: string): void { telemetry.track(n); g(n + '.again'); h(n); }\n"
        "function h(n: string): void { g(`${n}.h`); }\n"
        "g(f(a)); telemetry.track(a); telemetry.track(o.self());\n"
    )
    (tmp_path / "b.ts").write_text("import { a } from './a';\nexport const b = a;\nexport * from './a';\n")
    ran = scan([tmp_path])
    assert {call.line for call in ran.calls if call.event is None} >= {7}


def test_five_thousand_files_take_less_than_twenty_seconds(tmp_path: Path) -> None:
    filler = (
        "export function f{n}(a: number): string {{\n"
        "  const list = [a, {n}].map(x => x * 2);\n  return `${{list}}`;\n}}\n"
    )
    for number in range(5_000):
        folder = tmp_path / f"p{number % 50}"
        folder.mkdir(exist_ok=True)
        text = "".join(filler.format(n=f"{number}_{part}") for part in range(40))
        if number % 10 == 0:
            text = (
                "import { telemetry } from '../p0/f1';\n"
                + text
                + f"telemetry.track('event.{number}', {{ a: 1 }});\n"
            )
        (folder / f"f{number}.ts").write_text(text)
    ran = scan([tmp_path])
    assert ran.files == 5_000
    assert len(ran.calls) == 500
    assert ran.seconds < 20
