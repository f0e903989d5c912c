"""What came back about forecasts: from the market, users, experts and trades; all in the ledger."""
