"""How is a question answered without reading every event? By counts of each partition, made anew when it changes."""

from aboveboard.store.rollups.attempts import MANY, OTHER
from aboveboard.store.rollups.build import Builder, Keeper, forget_all, untouched
from aboveboard.store.rollups.divisions import DIVISION_PAIRS
from aboveboard.store.rollups.facts import EDGES, FACT_ROWS, UPPER
from aboveboard.store.rollups.numbers import NUMBERING
from aboveboard.store.rollups.relation import (
    Relations,
    Standing,
    generation,
    held,
    lost,
    numbered,
    relations,
    standing,
)
from aboveboard.store.rollups.state import Build, State, builds, counted, states
from aboveboard.store.rollups.states import STATE, STATE_KEY
from aboveboard.store.rollups.tables import ATTRIBUTES
from aboveboard.store.rollups.weeks import WEEKS

__all__ = [
    "ATTRIBUTES", "DIVISION_PAIRS", "EDGES", "FACT_ROWS", "MANY", "NUMBERING", "OTHER", "STATE", "STATE_KEY", "UPPER",
    "WEEKS",
    "Build", "Builder", "Keeper", "Relations", "Standing", "State",
    "builds", "counted", "forget_all", "generation", "held", "lost", "numbered", "relations", "standing",
    "states", "untouched",
]  # fmt: skip
