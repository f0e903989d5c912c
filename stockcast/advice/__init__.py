"""Tomorrow's list, the ledger of what was said and how it ended, and what people thought of it."""
