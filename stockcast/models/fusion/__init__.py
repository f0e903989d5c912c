"""Fusion: networks that read several kinds of data, each on its own, and bring them together."""
