"""Features of headlines."""
