"""Where does BLAKE2b come from? Python's own, because `hashlib` loads the system's cryptography as well: 5 ms."""

try:
    from _blake2 import blake2b
except ImportError:  # a Python whose `hashlib` finds it elsewhere
    from hashlib import blake2b

__all__ = ["blake2b"]
