"""What may be seen of an answer by those who are not admins?

Every answer passes here on its way to a viewer, into an export and onto a public page. Sources under development
are exact for everybody.
"""

from aboveboard.insights.disclosure.answers import TOO_FEW, Answer, disclosed, on_grid
from aboveboard.insights.disclosure.viewpoint import monday

__all__ = ["TOO_FEW", "Answer", "disclosed", "monday", "on_grid"]
