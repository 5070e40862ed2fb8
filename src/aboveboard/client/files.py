"""How is a file put in place so that nobody ever sees half of it, and nobody else can read it?"""

import os
from pathlib import Path


def make_private_folder(folder: Path) -> None:
    """Make a folder that only its owner may enter; folders above it are made as usual."""
    if not folder.is_dir():
        folder.parent.mkdir(parents=True, exist_ok=True)
        folder.mkdir(mode=0o700, exist_ok=True)


def replace_file(path: Path, content: bytes, mode: int = 0o600) -> None:
    """Put `content` at `path` in one step, keeping the mode and owner of a file that was there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.{id(content):x}")
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        _keep_owner(path, temporary)
        os.replace(temporary, path)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise


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
