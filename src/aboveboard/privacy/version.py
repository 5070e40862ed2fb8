"""Which rules cleaned a text: the number that rises whenever the same text may clean differently."""

CLEANER_VERSION: int = 4
