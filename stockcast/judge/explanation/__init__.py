"""Why a model forecasts what it does: attributions, what it rests on, what would flip it."""
