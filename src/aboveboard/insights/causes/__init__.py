"""Which attributes make the difference between installs where an action fails and those where it works?"""

from aboveboard.insights.causes.reading import read_units
from aboveboard.insights.causes.select import Finding, Findings, findings
from aboveboard.insights.causes.sentences import described, headline, sentence
from aboveboard.insights.causes.units import Column, Given, Rows, Units

__all__ = [
    "Column", "Finding", "Findings", "Given", "Rows", "Units",
    "described", "findings", "headline", "read_units", "sentence",
]  # fmt: skip
