"""Labels, scales, windows and splits."""
