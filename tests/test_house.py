"""Does the house stand as the design draws it: layers, types, style, no addresses, no secrets of the workshop?"""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
BIN = Path(sys.executable).parent

CHECKS = {
    "layers": [str(BIN / "lint-imports"), "--no-cache"],
    "types": [str(BIN / "mypy")],
    "style": [str(BIN / "ruff"), "check"],
    "layout": [str(BIN / "ruff"), "format", "--check"],
}


@pytest.mark.parametrize("check", CHECKS)
def test_the_checkers_find_nothing(check: str) -> None:
    done = subprocess.run(CHECKS[check], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def tracked_files() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
    return [ROOT / name for name in listed.stdout.split("\0") if name]


def test_no_lock_or_constraints_file_names_an_index() -> None:
    for path in tracked_files():
        if path.name == "package-lock.json":
            assert '"resolved"' not in path.read_text(encoding="utf-8"), path
        if path.name.startswith("constraints") or path.suffix == ".toml":
            text = path.read_text(encoding="utf-8")
            assert not re.search(r"index-url|^\s*--|find-links|@ (?:https?|file):", text, re.MULTILINE), path


def test_constraints_pin_every_dependency() -> None:
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    wanted = [*project["project"]["optional-dependencies"].values(), *project["dependency-groups"].values()]
    entries = [entry for group in wanted for entry in group if isinstance(entry, str)]  # no included group
    names = {re.split(r"[\[<>=; ]", entry)[0] for entry in entries}
    pinned = re.findall(r"^([\w.-]+)==", (ROOT / "constraints.txt").read_text(encoding="utf-8"), re.MULTILINE)
    assert {name.replace("_", "-").lower() for name in names} - {"aboveboard"} <= {
        name.replace("_", "-").lower() for name in pinned
    }


def test_every_module_says_what_it_answers() -> None:
    for path in (ROOT / "src").rglob("*.py"):
        assert path.read_text(encoding="utf-8").startswith('"""'), f"{path} has no docstring"


def test_importing_the_package_brings_in_nothing_but_the_standard_library() -> None:
    code = (
        "import sys, aboveboard, aboveboard.client, aboveboard.catalog, aboveboard.privacy\n"
        "names = {name.partition('.')[0] for name in sys.modules}\n"
        "print(sorted(names - sys.stdlib_module_names - {'aboveboard', '__main__'}))"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-c", f"import sys; sys.path.insert(0, {str(ROOT / 'src')!r})\n{code}"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    # What an environment's own .pth files bring in is not ours.
    bare = subprocess.run(
        [sys.executable, "-I", "-c", "import sys; print(sorted({n.partition('.')[0] for n in sys.modules}))"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert set(re.findall(r"'(\w+)'", done.stdout)) <= set(re.findall(r"'(\w+)'", bare.stdout))
