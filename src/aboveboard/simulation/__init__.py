"""What would a believable population of installs send? The same events for the same seed."""

from aboveboard.simulation.causes import Cause, plant
from aboveboard.simulation.events import Event, events
from aboveboard.simulation.population import Plan, Population, populate
from aboveboard.simulation.units import units

__all__ = ["Cause", "Event", "Plan", "Population", "events", "plant", "populate", "units"]
