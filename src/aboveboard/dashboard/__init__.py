"""What a maintainer sees: pages for people, and the same rows as JSON for programs."""
