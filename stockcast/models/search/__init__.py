"""Search for hyperparameters: spaces, samplers, studies that resume, and the record they leave.

A trial is one set of hyperparameters. Trials are chosen on the earlier part of the validation days
alone; its later part is kept to see how much the best score flatters, and the test days are cut
off before anything is laid out.
"""
