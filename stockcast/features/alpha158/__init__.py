"""The peer's published set of 158 features, complete: Qlib's Alpha158."""
