"""Stockcast: a reproducible research book on forecasting Chinese A-shares, and its package."""

__version__ = "0.1.0"
