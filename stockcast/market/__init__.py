"""The market: its calendar, its trading rules, and one that is simulated so its truth is known."""
