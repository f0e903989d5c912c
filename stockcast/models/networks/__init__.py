"""Networks: architecture, loss, training and forecasts."""
