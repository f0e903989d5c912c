"""Metrics and how sure of them we are."""
