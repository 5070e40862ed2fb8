"""What runs in the app: it asks, cleans, keeps, shows and sends, with the standard library alone."""
