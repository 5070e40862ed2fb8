"""Does this tool tell its makers anything, and who decides? `aboveboard usage on | off | status | show …`"""

from typing import Final

from aboveboard.cli.own_usage import make_telemetry
from aboveboard.integrations.click import telemetry_group

__all__ = ["usage"]

usage: Final = telemetry_group(make_telemetry)
usage.help = """Say whether this tool tells its makers anything: by default nothing, and never without your yes.

It can only where ABOVEBOARD_USAGE_ENDPOINT and ABOVEBOARD_USAGE_WRITE_KEY name a collector.
"""
