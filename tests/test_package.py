"""Is what people install whole, small and free of dependencies: the wheel and the sdist, in a clean environment?"""

import email.parser
import subprocess
import sys
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
MOST_BYTES = 1_500_000
PROGRAM = """
import importlib.metadata, pathlib, sys
import aboveboard
from aboveboard.privacy import Cleaner
assert sys.prefix in aboveboard.__file__, aboveboard.__file__
print(sorted(d.name for d in importlib.metadata.distributions() if d.name not in {"pip", "setuptools"}))
print(Cleaner().clean("open /home/maria/x.yaml: permission denied"))
"""


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Wheel and sdist; the wheel is built from the sdist, as a registry's users may do it."""
    folder = tmp_path_factory.mktemp("dist")
    subprocess.run(
        [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder)],
        cwd=ROOT, check=True, capture_output=True, timeout=120,
    )  # fmt: skip
    return {"wheel": next(folder.glob("*.whl")), "sdist": next(folder.glob("*.tar.gz"))}


@pytest.fixture(scope="module")
def clean(built: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of an environment in which the wheel alone was installed, without any index."""
    folder = tmp_path_factory.mktemp("clean")
    venv.create(folder, with_pip=True)
    python = folder / "bin" / "python"
    subprocess.run(
        [python, "-m", "pip", "install", "--quiet", "--no-index", str(built["wheel"])],
        check=True, capture_output=True, timeout=120,
    )  # fmt: skip
    return python


def test_the_wheel_is_small(built: dict[str, Path]) -> None:
    assert built["wheel"].stat().st_size <= MOST_BYTES


def test_the_wheel_has_every_file_of_the_package(built: dict[str, Path]) -> None:
    listed = subprocess.run(
        ["git", "ls-files", "src/aboveboard"], cwd=ROOT, check=True, capture_output=True, text=True
    )
    names = set(zipfile.ZipFile(built["wheel"]).namelist())
    assert {name.removeprefix("src/") for name in listed.stdout.split()} <= names


def test_the_sdist_has_what_a_build_needs_and_nothing_of_the_workshop(built: dict[str, Path]) -> None:
    with tarfile.open(built["sdist"]) as archive:
        tops = {name.split("/")[1] for name in archive.getnames() if "/" in name}
    assert tops == {"src", "README.md", "CHANGELOG.md", "LICENSE", "PKG-INFO", "pyproject.toml", ".gitignore"}


def test_a_bare_install_has_no_dependency_and_works(clean: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [clean, "-I", "-c", PROGRAM], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.stderr == ""
    assert done.stdout.splitlines() == ["['aboveboard']", "open <path>.yaml: permission denied"]


def test_a_bare_install_says_which_extra_a_command_needs(clean: Path) -> None:
    done = subprocess.run(
        [clean.parent / "aboveboard", "serve"], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode != 0
    assert "pip install 'aboveboard[cli]'" in done.stderr
    assert "Traceback" not in done.stderr


def test_every_extra_that_an_error_names_exists(built: dict[str, Path]) -> None:
    wheel = zipfile.ZipFile(built["wheel"])
    name = next(name for name in wheel.namelist() if name.endswith(".dist-info/METADATA"))
    metadata = email.parser.Parser().parsestr(wheel.read(name).decode())
    extras = set(metadata.get_all("Provides-Extra") or [])
    requires = metadata.get_all("Requires-Dist") or []
    assert all("extra ==" in line for line in requires), "a bare install must need nothing"
    sources = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "src").rglob("*.py"))
    for extra in ("cli", "scan", "server"):
        assert extra in extras
        assert f"aboveboard[{extra}]" in sources or extra == "server"
