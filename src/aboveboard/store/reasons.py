"""What does the engine say of an error, in one line?"""

__all__ = ["first_line"]

LONGEST = 300


def first_line(error: object) -> str:
    """Return the first line of what an error says, at most 300 characters, without the call stack that follows."""
    return str(error).strip().partition("\n")[0][:LONGEST]
