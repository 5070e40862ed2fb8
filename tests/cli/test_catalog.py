"""Do `aboveboard catalog lint` and `document` say what they should, in each form?"""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from aboveboard.cli import main

EXAMPLE = Path(__file__).parents[2] / "examples" / "podman_desktop"
BAD = 'app = "demo"\nprivacy = "https://example.org/x"\n[events.a]\nlevel = "usage"\nexpires = 2001-01-01\n'


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, ["catalog", *map(str, arguments)])


@pytest.fixture
def bad(tmp_path: Path) -> Path:
    path = tmp_path / "telemetry.toml"
    path.write_text(BAD, encoding="utf-8")
    return path


class TestLint:
    def test_findings_are_lines_with_file_and_line_and_the_exit_code_is_1(self, bad: Path) -> None:
        ran = run("lint", bad)
        assert ran.exit_code == 1
        lines = ran.stdout.splitlines()
        assert all(line.startswith(f"{bad}:") for line in lines)
        assert f"{bad}:5: a: expired on 2001-01-01" in ran.stdout
        assert ran.stderr == f"{len(lines)} findings\n"

    def test_json_holds_the_same(self, bad: Path) -> None:
        ran = run("lint", bad, "--format", "json")
        assert ran.exit_code == 1
        found = json.loads(ran.stdout)
        assert {item["rule"] for item in found} >= {"expires-past", "no-owner", "no-question"}
        assert all(set(item) == {"file", "line", "rule", "message", "remedy"} for item in found)

    def test_github_shows_them_beside_the_line(self, bad: Path) -> None:
        ran = run("lint", bad, "--format", "github")
        assert ran.exit_code == 1
        assert f"::error file={bad},line=5,title=expires-past::a: expired on 2001-01-01" in ran.stdout

    def test_github_lines_cannot_be_broken_out_of(self, tmp_path: Path) -> None:
        path = tmp_path / "a,b%.toml"
        path.write_text('app = "demo"\n["x\\n::error::y"]\n', encoding="utf-8")
        ran = run("lint", path, "--format", "github")
        assert all(line.startswith("::error file=") for line in ran.stdout.splitlines())
        assert "a%2Cb%25.toml" in ran.stdout

    def test_several_files_are_read_together(self, bad: Path, tmp_path: Path) -> None:
        other = tmp_path / "other.toml"
        other.write_text("app = 3\n", encoding="utf-8")
        ran = run("lint", bad, other)
        assert str(bad) in ran.stdout
        assert str(other) in ran.stdout

    def test_a_good_catalog_ends_with_0(self, tmp_path: Path) -> None:
        path = tmp_path / "telemetry.toml"
        path.write_text(
            'app = "demo"\nprivacy = "https://example.org/x"\n[events.seen]\ndescription = "D."\nquestion = "Q?"\n'
            'level = "usage"\nowner = "o"\nissue = "https://example.org/1"\nadded = 2026-01-01\n',
            encoding="utf-8",
        )
        assert run("lint", path).exit_code == 1
        from datetime import UTC, datetime, timedelta

        soon = datetime.now(UTC).date() + timedelta(days=30)
        path.write_text(
            path.read_text(encoding="utf-8").replace("2026-01-01", "2020-01-01") + f"expires = {soon}\n"
        )
        ran = run("lint", path)
        assert (ran.exit_code, ran.stdout, ran.stderr) == (0, "", "0 findings\n")

    def test_without_a_file_it_says_what_it_looked_for(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)
        ran = run("lint")
        assert ran.exit_code == 2
        assert "telemetry.toml" in ran.stderr


class TestDocument:
    def test_app_and_extensions_become_one_text(self, tmp_path: Path) -> None:
        target = tmp_path / "USAGE_DATA.md"
        files = [EXAMPLE / "telemetry.toml", *sorted(EXAMPLE.glob("extensions/*/telemetry.toml"))]
        ran = run("document", *files, "-o", target)
        assert ran.exit_code == 0, ran.output
        text = target.read_text(encoding="utf-8")
        assert text.startswith("# Usage data of Podman Desktop\n")
        assert "189 events" in text
        assert "### redhat.bootc.buildDiskImage" in text

    def test_without_a_target_it_is_printed(self) -> None:
        ran = run("document", EXAMPLE / "telemetry.toml")
        assert ran.stdout.startswith("# Usage data of Podman Desktop\n")

    def test_a_second_app_is_refused(self, bad: Path) -> None:
        ran = run("document", EXAMPLE / "telemetry.toml", bad)
        assert ran.exit_code == 1
        assert "only the first catalog is of an app" in ran.stderr

    def test_a_broken_catalog_is_refused_with_its_findings(self, tmp_path: Path) -> None:
        path = tmp_path / "telemetry.toml"
        path.write_text("app = 3\n", encoding="utf-8")
        ran = run("document", path)
        assert ran.exit_code == 1
        assert f"{path}:1:" in ran.stderr
