"""From a forecast to what a reader is told, and what became of it."""
