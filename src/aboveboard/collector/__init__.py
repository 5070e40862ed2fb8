"""How events come in: protocols, admission, and a commit that is on disk before the answer."""
