"""Level 4: several models' forecasts made into one, with weights that know only past outcomes."""
