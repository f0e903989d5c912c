"""Level 1: forests, boosting, support vectors and linear models behind the one interface."""

from stockcast.models.classical.boosting import LIGHTGBM, XGBOOST
from stockcast.models.classical.fitted import model_of
from stockcast.models.classical.forest import FOREST
from stockcast.models.classical.linear import LOGISTIC, RIDGE
from stockcast.models.classical.vectors import SVM

KINDS = (FOREST, XGBOOST, LIGHTGBM, SVM, LOGISTIC, RIDGE)
CLASSICAL = tuple(model_of(kind) for kind in KINDS)

__all__ = ["CLASSICAL", "KINDS"]
