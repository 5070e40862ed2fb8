"""How do programmers, and people who name things, put words together? The tables of it."""

import re

__all__ = ["ENDINGS", "FUSED_HEADS", "FUSED_TAIL", "GIVEN", "HEADS", "TAILS"]


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


# Programmers fuse words: "checkpointdir", "preinitialized", "userauth". All parts must be technical words themselves.
FUSED_TAIL = frozenset(
    _words(
        """id ids fd fds db io fs ctl dir dirs cwd obj objs opt opts arg args env envs lib libs conf cfg info infos ref
        refs url urls uri uris spec specs src dst tmp buf ptr len idx num max min cmd api apis hdr msg err ns os vm"""
    )
)
FUSED_HEADS = _words("on pre re un de non sub multi auto over dis mis inter out")
ENDINGS = _words("s es ing ed er ers able ise ised ises ising ize ized izes izing")
# First and last parts of adjectives: "non-existent", "cross-device", "self-signed", "user-defined".
HEADS = tuple(
    f"{head}-" for head in _words("non cross dry ad self well pre post multi sub semi super inter co")
)
TAILS = tuple(
    f"-{tail}"
    for tail in _words(
        """only like level wide specific aware based bound free safe side time signed defined supplied provided mapped
        backed generated assigned facing encoded managed"""
    )
)
# How people make names of words: "my-harbor", "harbor-db".
GIVEN = re.compile(
    r"(?:my|our|team)[-_]|[a-z]+[-_](?:db|prod|dev|staging|svc|api|web|app|main|old|test|backup|laptop|ws|pc|vm)\Z"
)
