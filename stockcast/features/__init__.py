"""Causal features: what each knows is declared beside the expression that computes it."""
