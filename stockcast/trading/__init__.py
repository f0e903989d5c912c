"""Broker, strategies and backtest under the exchange's rules."""
