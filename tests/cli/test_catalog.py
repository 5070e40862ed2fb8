"""Do the commands of `aboveboard catalog` say what they should, in each form?"""

import json
import subprocess
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


GOOD = (
    'app = "demo"\nnotice = 1\nprivacy = "https://example.org/x"\n[events.seen]\ndescription = "D."\nquestion = "Q?"\n'
    'level = "usage"\nowner = "o"\nissue = "https://example.org/1"\nadded = 2026-01-01\nexpires = 2099-01-01\n'
)
NEW = '[events.fresh]\nlevel = "usage"\ndescription = "F."\nexpires = 2099-01-01\nissue = "{issue}"\n'


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with one good catalog and code that keeps to it, committed."""
    (tmp_path / "telemetry.toml").write_text(GOOD, encoding="utf-8")
    (tmp_path / "app.py").write_text("telemetry.log_usage('seen')\n", encoding="utf-8")
    identity = ("-c", "user.name=n", "-c", "user.email=e@example.org")
    for command in (["init", "-q"], ["add", "."], [*identity, "commit", "-q", "-m", "first"]):
        subprocess.run(["git", "-C", str(tmp_path), *command], check=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


class TestCheck:
    def test_code_and_catalog_that_agree_end_with_0(self, repository: Path) -> None:
        ran = run("check")
        assert (ran.exit_code, ran.stdout, ran.stderr) == (0, "", "0 findings\n")

    def test_differences_are_findings_in_each_form(self, repository: Path) -> None:
        (repository / "app.py").write_text("telemetry.log_usage('other')\n", encoding="utf-8")
        ran = run("check")
        assert ran.exit_code == 1
        assert "app.py:1: other is sent and not declared [undeclared-event]" in ran.stdout
        assert "telemetry.toml:4: seen is declared and no code sends it [never-called]" in ran.stdout
        assert len(json.loads(run("check", "--format", "json").stdout)) == 2
        assert run("check", "--format", "github").stdout.count("::error file=") == 2
        results = json.loads(run("check", "--format", "sarif").stdout)["runs"][0]["results"]
        assert {each["ruleId"] for each in results} == {"undeclared-event", "never-called"}


class TestDiff:
    def test_nothing_changed_since_the_base(self, repository: Path) -> None:
        ran = run("diff", "--base", "HEAD")
        assert (ran.exit_code, ran.stdout, ran.stderr) == (0, "", "0 changes\n")

    def test_growth_without_an_issue_ends_with_1(self, repository: Path) -> None:
        path = repository / "telemetry.toml"
        path.write_text(GOOD + NEW.format(issue=""), encoding="utf-8")
        ran = run("diff", "--base", "HEAD")
        assert ran.exit_code == 1
        assert "telemetry.toml:12: new: fresh" in ran.stdout
        assert "link an issue where this was agreed" in ran.stdout
        path.write_text(GOOD + NEW.format(issue="https://example.org/2"), encoding="utf-8")
        assert run("diff", "--base", "HEAD").exit_code == 0
        assert (
            "| [issue](https://example.org/2) |"
            in run("diff", "--base", "HEAD", "--format", "markdown").stdout
        )

    def test_two_files_can_be_compared(self, repository: Path) -> None:
        other = repository / "other.toml"
        other.write_text(GOOD + NEW.format(issue=""), encoding="utf-8")
        assert run("diff", "telemetry.toml", other).exit_code == 1
        assert run("diff", other, "telemetry.toml").exit_code == 0
        assert run("diff", other).exit_code == 2

    def test_a_new_catalog_and_a_removed_one_are_seen(self, repository: Path) -> None:
        (repository / "telemetry.toml").unlink()
        assert "removed: seen" in run("diff", "--base", "HEAD").stdout
        (repository / "kind").mkdir()
        (repository / "kind" / "telemetry.toml").write_text(GOOD, encoding="utf-8")
        assert "kind/telemetry.toml:4: new: seen" in run("diff", "--base", "HEAD").stdout

    def test_an_unknown_base_is_said(self, repository: Path) -> None:
        ran = run("diff", "telemetry.toml", "--base", "nowhere")
        assert ran.exit_code == 1
        assert "there is no revision 'nowhere'" in ran.stderr


class TestReview:
    def test_only_what_grew_is_asked_about(self, repository: Path) -> None:
        assert "nothing to review" in run("review", "--base", "HEAD").stdout
        (repository / "telemetry.toml").write_text(GOOD + NEW.format(issue=""), encoding="utf-8")
        ran = run("review", "--base", "HEAD", "-o", "review.md")
        assert ran.exit_code == 0
        text = (repository / "review.md").read_text(encoding="utf-8")
        assert "## fresh" in text
        assert "## seen" not in text
        assert "## seen" in run("review").stdout
