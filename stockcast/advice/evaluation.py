def evaluate(forecasts, scores, days):
    return {}
