"""Usage telemetry that an app can show its users line by line."""
