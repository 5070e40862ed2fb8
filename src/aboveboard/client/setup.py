"""What did the app tell us about itself?"""

from pathlib import Path
from typing import Any

from aboveboard.catalog import Catalog
from aboveboard.client.budget import Budget
from aboveboard.frozen import field, record


@record(frozen=True, slots=True)
class Setup:
    """What the app told us about itself."""

    app: str
    version: str = ""
    endpoint: str = ""
    write_key: str = ""
    catalog: str | Path | Catalog | None = None
    preset: str | None = None
    rules: Any = None
    budget: Budget = field(default_factory=Budget)
    detach: bool = True
    exceptions: bool = True
    lifecycle: bool = True
    development: bool = False
