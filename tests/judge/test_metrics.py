"""Every figure a forecast is judged by, against independent computation."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from sklearn import metrics as sk

from stockcast.errors import InputError
from stockcast.judge import metrics


def _scored(seed: int, days: int = 30, stocks: int = 40, ic: float = 0.3) -> pd.DataFrame:
    """Scores and labels of correlation `ic`, with ties and holes."""
    rng = np.random.default_rng(seed)
    dates = pd.date_range("2016-01-04", periods=days, freq="B").repeat(stocks)
    score = rng.normal(size=days * stocks)
    label = ic * score + np.sqrt(1 - ic**2) * rng.normal(size=days * stocks)
    frame = pd.DataFrame({"date": dates, "score": score.round(1), "label": label.round(1)})
    frame["code"] = [f"{stock:06d}.SZ" for stock in range(stocks)] * days
    frame.loc[rng.random(len(frame)) < 0.1, "label"] = np.nan
    frame.loc[rng.random(len(frame)) < 0.05, "score"] = np.nan
    return frame


def _frame(*days: tuple[list[float], list[float]]) -> pd.DataFrame:
    """Literal days, each of scores and labels."""
    dates = pd.date_range("2016-01-04", periods=len(days), freq="D")
    parts = [
        pd.DataFrame({"date": date, "score": scores, "label": labels})
        for date, (scores, labels) in zip(dates, days, strict=True)
    ]
    return pd.concat(parts, ignore_index=True)


def test_the_namespace_is_sorted_and_whole():
    """`__all__` is sorted and names every public function."""
    public = {name for name, value in vars(metrics).items() if callable(value)}
    assert metrics.__all__ == sorted(public)


class TestDailyIC:
    """The information coefficient by day."""

    @pytest.mark.parametrize(
        ("method", "one_day"), [("pearson", stats.pearsonr), ("spearman", stats.spearmanr)]
    )
    def test_it_equals_scipy_day_by_day(self, method, one_day):
        """The vectorised figure is scipy's on each day's complete rows, ties averaged."""
        frame = _scored(1)
        expected = frame.dropna().groupby("date").apply(lambda d: one_day(d.score, d.label)[0])
        found = metrics.daily_ic(frame, method=method)
        np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-12)
        assert found.index.equals(pd.DatetimeIndex(expected.index))

    def test_row_order_does_not_matter(self):
        """A shuffled table gives the same dates and the same figures."""
        frame = _scored(2)
        shuffled = frame.sample(frac=1, random_state=0)
        pd.testing.assert_series_equal(metrics.daily_ic(shuffled), metrics.daily_ic(frame))

    def test_days_that_cannot_count_are_nan(self):
        """Four stocks, a constant score or a constant label make NaN; the date stays."""
        up, flat = [1.0, 2.0, 3.0, 4.0, 5.0], [0.1] * 5
        frame = _frame((up, up), (up[:4], up[:4]), (flat, up), (up, flat), (up, [np.nan] * 5))
        for method in ("pearson", "spearman"):
            found = metrics.daily_ic(frame, method=method).to_numpy()
            np.testing.assert_allclose(found, [1, np.nan, np.nan, np.nan, np.nan])

    def test_another_method_is_refused(self):
        """A misspelt method is an input error."""
        with pytest.raises(InputError, match="pearson or spearman"):
            metrics.daily_ic(_scored(3), method="kendall")

    def test_icir(self):
        """Mean 2 over sample standard deviation 1, the NaN day left out."""
        assert metrics.icir(pd.Series([1.0, 2.0, 3.0, np.nan])) == pytest.approx(2.0)


class TestDirection:
    """Market-relative direction."""

    def test_relative_subtracts_each_days_median(self):
        """Day medians 2 and 20 come off, NaN stays NaN and is no part of the median."""
        frame = _frame(([0] * 4, [1.0, 2.0, np.nan, 4.0]), ([0] * 3, [10.0, 20.0, 60.0]))
        np.testing.assert_allclose(
            metrics.relative(frame), [-1.0, 0.0, np.nan, 2.0, -10.0, 0.0, 40.0]
        )

    def test_relative_accuracy_counts_by_hand(self):
        """Four of six stocks are on the same side of the median in score and outcome."""
        frame = _frame(([1.0, 2, 3, 4, 5, 6], [1.0, 2, 9, 8, 5, 3]))
        assert metrics.relative_accuracy(frame).tolist() == [pytest.approx(4 / 6)]

    def test_expected_sign_accuracy_is_what_normal_draws_show(self):
        """.05 gives 51.6 %, and simulated normal days agree within sampling error."""
        assert metrics.expected_sign_accuracy(0.05) == pytest.approx(0.516, abs=5e-4)
        assert metrics.expected_sign_accuracy(0.0) == 0.5
        rng = np.random.default_rng(4)
        score = rng.normal(size=200_000)
        label = 0.3 * score + np.sqrt(1 - 0.3**2) * rng.normal(size=200_000)
        dates = pd.date_range("2016-01-04", periods=200).repeat(1000)
        frame = pd.DataFrame({"date": dates, "score": score, "label": label})
        found = metrics.relative_accuracy(frame).mean()
        assert found == pytest.approx(metrics.expected_sign_accuracy(0.3), abs=0.004)


class TestClassification:
    """Probability against direction."""

    def test_counts_by_hand(self):
        """Three true rises, one false rise, two true falls, one missed rise."""
        prob = np.array([0.9, 0.8, 0.7, 0.6, 0.4, 0.3, 0.2])
        label = np.array([0.1, 0.2, 0.1, -0.1, 0.0, -0.3, 0.5])
        found = metrics.classification(prob, label)
        expected = {
            "n": 7, "up_share": 4 / 7, "accuracy": 5 / 7, "balanced_accuracy": (3 / 4 + 2 / 3) / 2,
            "precision_up": 3 / 4, "recall_up": 3 / 4, "precision_down": 2 / 3,
            "recall_down": 2 / 3, "f1": 3 / 4, "mcc": (3 * 2 - 1) / 12,
            # 9 of the 12 pairs of a rise and another row are in the right order.
            "auc": 9 / 12,
        }  # fmt: skip
        assert {name: found[name] for name in expected} == pytest.approx(expected)

    def test_it_equals_scikit_learn_and_mann_whitney(self):
        """Each figure is the library's on the same complete rows, with tied probabilities."""
        rng = np.random.default_rng(6)
        prob = rng.random(500).round(2).clip(0.01, 0.99)
        label = np.where(rng.random(500) < prob, 0.01, -0.01)
        label[:7] = np.nan
        found = metrics.classification(prob, label)
        prob, up = prob[7:], label[7:] > 0
        said = prob > 0.5
        u = stats.mannwhitneyu(prob[up], prob[~up]).statistic
        expected = {
            "accuracy": sk.accuracy_score(up, said),
            "balanced_accuracy": sk.balanced_accuracy_score(up, said),
            "precision_up": sk.precision_score(up, said),
            "recall_up": sk.recall_score(up, said),
            "precision_down": sk.precision_score(up, said, pos_label=False),
            "recall_down": sk.recall_score(up, said, pos_label=False),
            "f1": sk.f1_score(up, said),
            "mcc": sk.matthews_corrcoef(up, said),
            "auc": u / (up.sum() * (~up).sum()),
            "brier": sk.brier_score_loss(up, prob),
            "log_loss": -np.mean(np.where(up, np.log(prob), np.log(1 - prob))),
        }
        assert {name: found[name] for name in expected} == pytest.approx(expected)

    def test_what_is_undefined_is_nan(self):
        """One class alone has no AUC, a direction never said no precision, no rows nothing."""
        found = metrics.classification([0.6, 0.7], [0.1, 0.2])
        assert found["accuracy"] == 1.0
        undefined = ("auc", "mcc", "recall_down", "precision_down", "balanced_accuracy")
        assert all(np.isnan(found[name]) for name in undefined)
        empty = metrics.classification([np.nan], [0.1])
        assert empty.pop("n") == 0
        assert np.isnan(list(empty.values())).all()

    def test_unequal_lengths_are_refused(self):
        """Arrays that cannot be rows of one table are an input error."""
        with pytest.raises(InputError, match="equal lengths"):
            metrics.classification([0.6, 0.7], [0.1])

    def test_intervals_hold_the_pooled_figures(self):
        """The value column is `classification` itself and lies inside its interval."""
        frame = _scored(7).assign(prob_up=lambda f: stats.norm.cdf(f.score / 2))
        table = metrics.classification_intervals(frame, np.random.default_rng(0), n=200)
        pooled = metrics.classification(frame.prob_up, frame.label)
        assert table["value"].to_dict() == pytest.approx(
            {name: pooled[name] for name in table.index}
        )
        assert ((table.low < table.value) & (table.value < table.high)).all()

    def test_intervals_respect_the_day(self):
        """When all stocks of a day move together the interval is as wide as days alone make it."""
        rng = np.random.default_rng(8)
        days, stocks = 200, 50
        moves = rng.normal(size=days)
        dates = pd.date_range("2016-01-04", periods=days)
        frame = pd.DataFrame(
            {
                "date": dates.repeat(stocks),
                "label": moves.repeat(stocks),
                "prob_up": (0.5 + 0.1 * rng.normal(size=days)).repeat(stocks),
            }
        )
        table = metrics.classification_intervals(frame, rng, block=1, n=300)
        width = table.loc["accuracy", "high"] - table.loc["accuracy", "low"]
        assert width == pytest.approx(2 * 1.96 * 0.5 / np.sqrt(days), rel=0.2)


class TestCoverage:
    """Accuracy as the doubtful forecasts are left out."""

    def test_by_hand(self):
        """Below .1 two of two are right, below .3 three of four; at .05 none is left."""
        sigma = [0.05, 0.08, 0.2, 0.25, 0.4, np.nan]
        correct = [1, 1, 0, 1, 0, 1]
        dates = pd.to_datetime(["2016-01-04", "2016-01-05"] * 3)
        table = metrics.coverage_curve(
            sigma, correct, dates, np.random.default_rng(0), thresholds=[0.05, 0.1, 0.3], n=50
        )
        assert table["n"].tolist() == [0, 2, 4]
        assert table["coverage"].tolist() == [0, 2 / 5, 4 / 5]
        np.testing.assert_allclose(table["accuracy"], [np.nan, 1.0, 0.75])
        assert np.isnan(table.loc[0, ["low", "high"]].astype(float)).all()
        assert (table.loc[1, "low"], table.loc[1, "high"]) == (1.0, 1.0)

    def test_quantiles_keep_their_share(self):
        """A quantile of .25 keeps a quarter of the forecasts and 1 keeps them all."""
        rng = np.random.default_rng(1)
        dates = pd.date_range("2016-01-04", periods=40).repeat(10)
        table = metrics.coverage_curve(
            rng.random(400), rng.random(400) < 0.5, dates, rng, quantiles=[0.25, 1.0], n=50
        )
        assert table["coverage"].tolist() == [0.25, 1.0]
        assert (table.low <= table.accuracy).all()
        assert (table.accuracy <= table.high).all()

    def test_one_kind_of_threshold(self):
        """Both kinds or neither is an input error."""
        for chosen in ({}, {"thresholds": [0.1], "quantiles": [0.1]}):
            with pytest.raises(InputError, match="exactly one"):
                metrics.coverage_curve([0.1], [1], [0], np.random.default_rng(0), **chosen)


def test_calibration_table_by_hand():
    """Two bins: .2 and .4 rose once, .5 and 1 rose both times; the ends belong somewhere."""
    table = metrics.calibration_table(
        [0.2, 0.4, 0.5, 1.0, np.nan], [0.1, -0.1, 0.2, 0.3, 1], bins=2
    )
    assert table["n"].tolist() == [2, 2]
    np.testing.assert_allclose(table["said"], [0.3, 0.75])
    np.testing.assert_allclose(table["seen"], [0.5, 1.0])


def test_an_empty_bin_is_shown():
    """A bin without forecasts stays in the table with no figure."""
    table = metrics.calibration_table([0.1], [1.0], bins=4)
    assert table["n"].tolist() == [1, 0, 0, 0]
    assert table["seen"].isna().tolist() == [False, True, True, True]


def test_regression_by_hand():
    """Errors -1, 0 and 2 have mse 5/3 and mae 1; a constant forecast has no correlation."""
    found = metrics.regression([1.0, 2.0, 5.0, np.nan], [2.0, 2.0, 3.0, 1.0])
    assert (found["n"], found["mse"], found["mae"]) == (3, pytest.approx(5 / 3), 1.0)
    expected = stats.pearsonr([1.0, 2.0, 5.0], [2.0, 2.0, 3.0])[0]
    assert found["correlation"] == pytest.approx(expected)
    assert np.isnan(metrics.regression([1.0, 1.0], [0.0, 1.0])["correlation"])


def test_interval_coverage_includes_the_ends():
    """Two of four outcomes lie inside, one of them on an end; a NaN row does not count."""
    low, high = np.array([0.0, 0, 0, 0, 0]), np.array([1.0, 1, 1, 1, np.nan])
    assert metrics.interval_coverage(low, high, np.array([1.0, 0.5, 1.5, -1, 0])) == 0.5


class TestLists:
    """What the best-scored stocks did."""

    def test_quantile_spread_by_hand(self):
        """Ten stocks in five pairs: pair means 1 to 5 and a spread of 4."""
        scores = [float(score) for score in range(10)]
        labels = [0.5, 1.5, 1.5, 2.5, 2.5, 3.5, 3.5, 4.5, 4.5, 5.5]
        frame = _frame((scores, labels), (scores[:4], labels[:4]))
        table = metrics.quantile_spread(frame.sample(frac=1, random_state=0))
        assert table.iloc[0].tolist() == [1.0, 2.0, 3.0, 4.0, 5.0, 4.0]
        assert table.iloc[1].isna().all()

    def test_quantiles_ignore_outcomes(self):
        """A stock without outcome keeps its quantile, so the others keep theirs."""
        scores = [float(score) for score in range(10)]
        frame = _frame((scores, [np.nan, *map(float, range(1, 10))]))
        assert metrics.quantile_spread(frame).iloc[0, :5].tolist() == [1.0, 2.5, 4.5, 6.5, 8.5]

    def test_recommendation_precision_by_hand(self):
        """Of the two listed one beats the median 3; a suspended one does not count."""
        labels = [9.0, 1.0, 2.0, 3.0, 4.0]
        frame = _frame(
            ([5.0, 4, 3, 2, 1], labels),
            ([5.0, 4, 3, 2, 1], [np.nan, *labels[1:]]),
            ([np.nan] * 5, labels),
        )
        found = metrics.recommendation_precision(frame, 2).to_numpy()
        np.testing.assert_allclose(found, [0.5, 0.0, np.nan])

    def test_a_good_forecast_lists_winners(self):
        """Scores of IC .3 list more stocks above the median than half."""
        frame = _scored(9, days=100)
        assert metrics.recommendation_precision(frame, 5).mean() > 0.6
