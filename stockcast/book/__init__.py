"""Glue for the pages: stages, execution, figures, publication."""
