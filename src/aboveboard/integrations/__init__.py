"""How does telemetry come into a framework? One file a host, each behind its extra."""
