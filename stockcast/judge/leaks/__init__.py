"""Pipelines that look into the future, and probes that find out without being told how."""
