"""Which extensions does the app come with? Each is a package with a MANIFEST, a telemetry.toml and `activate(api)`."""
