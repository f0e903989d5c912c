"""Panels: sources, their schema, quality and the universe rule."""
