"""Classes of return: their chances, the class said, and how well it is said."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from sklearn.metrics import f1_score

from stockcast.errors import InputError
from stockcast.judge.classes import class_figures, class_probabilities


def drawn(days: int = 200, skill: float = 0.5, seed: int = 0) -> pd.DataFrame:
    """Returns of a known mean and spread, and the forecast that knows both."""
    rng = np.random.default_rng(seed)
    n = days * 30
    mu, sigma = skill * rng.normal(0, 0.03, n), np.exp(rng.normal(-3, 0.5, n))
    label = mu + sigma * rng.standard_normal(n)
    date = np.repeat(pd.bdate_range("2016-01-04", periods=days), 30)
    return pd.DataFrame({"date": date, "model": "true", "mu": mu, "sigma": sigma, "label": label})


class TestProbabilities:
    """Chance of each class under a normal distribution."""

    def test_sum_to_one_and_match_the_distribution(self):
        """The three chances are areas of one distribution."""
        found = class_probabilities(np.array([0.01]), np.array([0.04]), 0.05)
        assert found.sum() == pytest.approx(1)
        assert found[0, 0] == pytest.approx(stats.norm(0.01, 0.04).cdf(-0.05))
        assert found[0, 2] == pytest.approx(stats.norm(0.01, 0.04).sf(0.05))

    def test_are_the_observed_shares(self):
        """Where mean and spread are right, the chances must be met."""
        table = drawn()
        said = class_probabilities(table.mu, table.sigma, 0.05).mean(axis=0)
        seen = [(table.label <= -0.05).mean(), None, (table.label >= 0.05).mean()]
        assert said[0] == pytest.approx(seen[0], abs=0.02)
        assert said[2] == pytest.approx(seen[2], abs=0.02)


class TestFigures:
    """F1, AUC and accuracy, by model and level."""

    def test_f1_is_scikit_learns(self):
        """Of the class said, the F1 must be the library's macro average."""
        table = drawn()
        row = class_figures(table, table.label, (0.03,)).loc[("true", 0.03)]
        truth = np.sign(table.label) * (table.label.abs() >= 0.03)
        prior = np.array([(truth == side).mean() for side in (-1, 0, 1)])
        said = (class_probabilities(table.mu, table.sigma, 0.03) / prior).argmax(axis=1) - 1
        assert row["f1"] == pytest.approx(f1_score(truth, said, average="macro"))
        assert row["accuracy"] == pytest.approx((said == truth).mean())

    def test_knowledge_beats_blindness(self):
        """A forecast that knows must beat one that says the same of all, and guessing."""
        table = drawn()
        flat = table.assign(model="flat", mu=0.0, sigma=0.05)
        figures = class_figures(pd.concat([table, flat]), table.label)
        for level in (0.03, 0.05, 0.10):
            assert figures.loc[("true", level), "f1"] > figures.loc[("true", level), "blind_f1"]
            assert figures.loc[("true", level), "auc"] > 0.6
            assert figures.loc[("flat", level), "auc"] == 0.5

    def test_blind_f1_is_what_guessing_scores(self):
        """The yardstick is the F1 of classes drawn at random."""
        table = drawn(1000)
        row = class_figures(table, table.label, (0.05,)).iloc[0]
        truth = np.sign(table.label) * (table.label.abs() >= 0.05)
        said = np.random.default_rng(1).integers(-1, 2, len(truth))
        assert row["blind_f1"] == pytest.approx(f1_score(truth, said, average="macro"), abs=0.01)

    def test_the_decision_knows_no_judged_outcome(self):
        """Other outcomes on the judged days must not change what is said of them."""
        table, taught = drawn(), drawn(seed=1).label
        quiet = table.assign(label=0.0)
        row = class_figures(quiet, taught, (0.05,)).iloc[0]
        prior = np.array([(taught <= -0.05).mean(), 0, (taught >= 0.05).mean()])
        prior[1] = 1 - prior.sum()
        said = (class_probabilities(table.mu, table.sigma, 0.05) / prior).argmax(axis=1) - 1
        assert row["accuracy"] == pytest.approx((said == 0).mean())
        assert np.isnan(row["auc"])

    def test_rows_without_an_outcome_are_left_out(self):
        """A suspended stock must count neither way."""
        table = drawn()
        holes = table.assign(label=table.label.mask(table.index % 3 == 0))
        kept = table[table.index % 3 != 0]
        pd.testing.assert_frame_equal(
            class_figures(holes, table.label), class_figures(kept, table.label)
        )

    def test_a_class_that_training_lacks_is_refused(self):
        """Without a share in training the decision would divide by zero."""
        table = drawn()
        with pytest.raises(InputError, match="10%"):
            class_figures(table, table.label.clip(upper=0.06))
