"""The figures of the chapter on judgement once more, from its forecasts, without the package.

Nothing here imports stockcast. Daily figures go through pandas and scipy one day at a time,
Newey-West sums are written out, and days are resampled by arch; so that a fault in the package is
not repeated.

The table all functions take is the chapter's `models.parquet`: a row a model, date and code,
with the columns of a forecast and `label`, `member`, `as_traded`, `buyable_close`, `scale` and,
where there are such, `reversal`, `momentum`, `oracle` and `omniscient`. A label is NaN where there
is no outcome. What the training days knew comes as the labels of their rows.
"""
