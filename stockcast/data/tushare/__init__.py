"""Tushare Pro: its client made safe, its tables joined to the panel, and today's bars watched."""
