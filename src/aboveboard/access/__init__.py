"""Who may do what: the settings file, sources with their write keys, tokens with their roles."""

from aboveboard.access.settings import Settings, load_settings
from aboveboard.access.sources import Source, Sources
from aboveboard.access.tokens import Token, Tokens, new_token

__all__ = ["Settings", "Source", "Sources", "Token", "Tokens", "load_settings", "new_token"]
