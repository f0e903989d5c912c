"""How sure a forecast is: draws of networks, conformal intervals, calibrated probabilities."""
