"""When does a number cross its limit, and how is somebody told?"""

from aboveboard.alerts.evaluate import Reading, crossed, read, verify
from aboveboard.alerts.rounds import keep_watching, try_out, watch_once

__all__ = ["Reading", "crossed", "keep_watching", "read", "try_out", "verify", "watch_once"]
