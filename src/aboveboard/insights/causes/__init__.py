"""Which attributes make the difference between installs where an action fails and those where it works?"""

from aboveboard.insights.causes.select import Finding, Findings, findings
from aboveboard.insights.causes.sentences import headline, sentence
from aboveboard.insights.causes.units import Column, Rows, Units, read_units

__all__ = ["Column", "Finding", "Findings", "Rows", "Units", "findings", "headline", "read_units", "sentence"]
