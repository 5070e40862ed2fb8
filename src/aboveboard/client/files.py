"""How is a file put in place so that nobody ever sees half of it, and nobody else can read it?"""

import errno
import os
import stat
from pathlib import Path
from typing import Final

# Opening a pipe must not wait, should one take a file's place between the look and the opening.
NONBLOCK: Final = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


def make_private_folder(folder: Path) -> None:
    """Make a folder that only its owner may enter; folders above it are made as usual."""
    if not folder.is_dir():
        folder.parent.mkdir(parents=True, exist_ok=True)
        folder.mkdir(mode=0o700, exist_ok=True)


def check_regular(path: Path) -> None:
    """Raise `OSError` where something else than a regular file is there: a device, a pipe, a folder."""
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        return
    if not stat.S_ISREG(mode):
        raise OSError(errno.EINVAL, "not a regular file", str(path))


def read_regular(path: Path) -> bytes:
    """Return what a regular file holds; anything else raises `OSError`, and is neither opened nor waited for."""
    check_regular(path)
    with os.fdopen(os.open(path, os.O_RDONLY | NONBLOCK), "rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise OSError(errno.EINVAL, "not a regular file", str(path))
        return file.read()


def replace_file(path: Path, content: bytes, mode: int = 0o600, before: bytes | None = None) -> bool:
    """Put `content` at `path` in one step, keeping the mode and owner of a file that was there.

    With `before`, only while that is still what the file holds (nothing: no file); false where it is not.
    """
    check_regular(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.{id(content):x}")
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        _keep_owner(path, temporary)
        check_regular(path)
        if before is not None and not _holds_still(path, before):
            temporary.unlink()
            return False
        os.replace(temporary, path)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise
    return True


def content_of(path: Path) -> bytes:
    """Return what a regular file holds, nothing if there is none."""
    try:
        return read_regular(path)
    except FileNotFoundError:
        return b""


def create_once(path: Path, content: bytes) -> bytes:
    """Write `content` unless another process was first; return what is in the file."""
    make_private_folder(path.parent)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.new")
    replace_file(temporary, content)
    try:
        path.hardlink_to(temporary)
    except FileExistsError:
        pass
    except OSError:
        replace_file(path, content)  # a file system without hard links
    finally:
        temporary.unlink(missing_ok=True)
    return path.read_bytes()


def _holds_still(path: Path, content: bytes) -> bool:
    """Tell whether a file holds this; the last look is one `stat`, to be as close to the next step as can be."""
    seen = _identity(path)
    return content_of(path) == content and _identity(path) == seen


def _identity(path: Path) -> tuple[int, int, int] | None:
    try:
        found = os.stat(path)
    except FileNotFoundError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size


def _keep_owner(path: Path, temporary: Path) -> None:
    try:
        before = path.stat()
    except FileNotFoundError:
        return
    os.chmod(temporary, before.st_mode & 0o7777)
    if hasattr(os, "chown") and (before.st_uid, before.st_gid) != (os.geteuid(), os.getegid()):
        try:
            os.chown(temporary, before.st_uid, before.st_gid)
        except PermissionError:
            return  # only root may; the file then belongs to whoever answered
