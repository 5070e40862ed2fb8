"""Does each tutorial do, word by word, what it says?"""

import socket
from pathlib import Path

import pytest

from tests.docs.tutorial import ROOT, Reader

TUTORIALS = sorted((ROOT / "docs" / "tutorials").glob("*.md"))


@pytest.mark.parametrize("tutorial", TUTORIALS, ids=lambda path: path.stem)
def test_a_reader_gets_what_the_tutorial_shows(tutorial: Path, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    reader = Reader(tmp_path, port)
    try:
        reader.follow(tutorial.read_text(encoding="utf-8"))
    finally:
        reader.leave()
