"""One table over models: everyone on the same rows, by the intervals of the book."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from stockcast.determinism import stream
from stockcast.errors import InputError
from stockcast.judge import intervals, metrics, scorecard
from stockcast.judge.scoreboard import (
    ORACLE,
    VOLATILITY,
    claims,
    of_model,
    same_rows,
    scoreboard,
)

DAYS, STOCKS = 120, 25


def tables(seed: int = 2, skill: float = 0.02) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Forecasts of two models (one knows half, one nothing), samples, and the truth."""
    rng = np.random.default_rng(seed)
    dates = pd.bdate_range("2016-01-04", periods=DAYS)
    codes = [f"{600000 + i}.SH" for i in range(STOCKS)]
    keys = pd.MultiIndex.from_product([dates, codes], names=["date", "code"]).to_frame(index=False)
    truth = skill * rng.standard_normal(len(keys))
    label = truth + 0.05 * rng.standard_normal(len(keys))
    samples = keys.assign(label=label, scale=0.05, member=True, trainable=True, split="test")

    def told(model: str, score: np.ndarray) -> pd.DataFrame:
        prob = 1 / (1 + np.exp(-score / 0.03))
        return keys.assign(model=model, score=score, mu=score, sigma=0.05, prob_up=prob)

    half = truth + skill * rng.standard_normal(len(keys))
    blind = 0.02 * rng.standard_normal(len(keys))
    forecasts = pd.concat([told("knows", half), told("blind", blind)], ignore_index=True)
    return forecasts, samples, keys.assign(oracle=truth)


@pytest.fixture(scope="module")
def judged() -> pd.DataFrame:
    return same_rows(*tables())


@pytest.fixture(scope="module")
def board(judged) -> pd.DataFrame:
    costs = pd.DataFrame({"fit_seconds": [2.5]}, index=["knows"])
    return scoreboard(
        judged, horizon=5, seed=1, taught=tables(seed=7)[1].label, costs=costs, resamples=200
    )


class TestSameRows:
    """Who is compared must be compared on the same rows."""

    def test_rows_that_one_model_lacks_are_left_out_for_all(self):
        """A model must not look good for having skipped the hard days."""
        forecasts, samples, oracle = tables()
        late = forecasts[(forecasts.model == "knows") | (forecasts.date > "2016-03-01")]
        kept = same_rows(late, samples, oracle)
        rows = kept.groupby("model").size()
        assert rows["knows"] == rows["blind"]
        assert kept.date.min() > pd.Timestamp("2016-03-01")

    def test_strangers_and_unknown_outcomes_are_left_out(self):
        """Stocks that are no members, and rows without outcome or oracle, must not count."""
        forecasts, samples, oracle = tables()
        samples.loc[0, "label"] = np.nan
        samples.loc[1, "member"] = False
        oracle.loc[2, "oracle"] = np.nan
        kept = same_rows(forecasts, samples, oracle)
        assert len(kept) == 2 * (DAYS * STOCKS - 3)

    def test_a_row_told_twice_is_refused(self):
        """Two runs glued together would count some days double."""
        forecasts, samples, _ = tables()
        with pytest.raises(InputError, match="one row"):
            same_rows(pd.concat([forecasts, forecasts.head(1)]), samples)

    def test_a_score_that_is_not_finite_is_refused(self):
        """A model that cannot rank a stock must not have the row taken from everyone."""
        forecasts, samples, _ = tables()
        forecasts.loc[0, "score"] = np.nan
        with pytest.raises(InputError, match="knows"):
            same_rows(forecasts, samples)

    def test_one_model_is_found_and_a_stranger_is_refused(self):
        """The model that stands trial must be one that made forecasts."""
        forecasts, _, _ = tables()
        assert set(of_model(forecasts, "knows")["model"]) == {"knows"}
        with pytest.raises(InputError, match=r"headline: .*'knwos'; did you mean 'knows'"):
            of_model(forecasts, "knwos")

    def test_nothing_in_common_is_refused(self):
        """Forecasts of other years share no rows, and no table can be made."""
        forecasts, samples, _ = tables()
        forecasts.loc[forecasts.model == "knows", "date"] += pd.Timedelta("3650D")
        with pytest.raises(InputError, match="share rows"):
            same_rows(forecasts, samples)


class TestScoreboard:
    """One row a model."""

    def test_figures_are_those_of_their_functions(self, judged, board):
        """Nothing may be computed in a second way here."""
        part = judged[judged.model == "knows"]
        daily = metrics.daily_ic(part, method="spearman")
        sure, row = intervals.newey_west(daily, 10), board.loc["knows"]
        assert tuple(row[["rank_ic", "rank_ic_low", "rank_ic_high", "t"]]) == (
            sure.mean, sure.low, sure.high, sure.t
        )  # fmt: skip
        assert row["rank_icir"] == metrics.icir(daily)
        assert row["rank_icir_low"] == pytest.approx(sure.low / daily.std())
        signs = metrics.classification_intervals(part, stream(1, "scoreboard"), n=200)
        assert tuple(row[["auc", "auc_low", "auc_high"]]) == tuple(signs.loc["auc"])

    def test_share_is_of_the_oracle_on_the_same_rows(self, judged, board):
        """Half the variance of the score is the truth's, so about 1/√2 of its IC is recovered."""
        part = judged[judged.model == "knows"]
        own = metrics.daily_ic(part, method="spearman")
        whole = metrics.daily_ic(part, score="oracle", method="spearman")
        found = scorecard.share(own, whole, stream(1, "share"), n=200)
        assert board.loc["knows", "share"] == found.mean
        assert board.loc["knows", "share"] == pytest.approx(np.sqrt(0.5), abs=0.15)
        assert board.loc["knows", "share_low"] < np.sqrt(0.5) < board.loc["knows", "share_high"]
        assert board.loc[ORACLE, "share"] == 1

    def test_blindness_shows(self, board):
        """A forecast of noise must have no interval above blindness."""
        row = board.loc["blind"]
        assert row["rank_ic_low"] < 0 < row["rank_ic_high"]
        assert row["auc_low"] < 0.5 < row["auc_high"]
        assert row["share_low"] < 0 < row["share_high"]

    def test_rows_beside_the_models(self, board):
        """Oracle and trailing volatility stand last and have only the figures they can have."""
        assert list(board.index) == ["knows", "blind", ORACLE, VOLATILITY]
        assert np.isnan(board.loc[ORACLE, "auc"])
        assert np.isnan(board.loc[VOLATILITY, "rank_ic"])
        assert np.isfinite(board.loc[VOLATILITY, "f1_5"])

    def test_costs_stand_beside_their_model(self, board):
        """What was not measured must be unknown, not zero."""
        assert board.loc["knows", "fit_seconds"] == 2.5
        assert np.isnan(board.loc["blind", "fit_seconds"])
        assert board["peak_mb"].isna().all()

    def test_the_same_seed_gives_the_same_bits(self, judged, board):
        """Resampled intervals must not differ from page to page, nor by who else is judged."""
        alone = scoreboard(judged[judged.model == "blind"], horizon=5, seed=1, resamples=200)
        for name in ("rank_ic_low", "auc_low", "share_high"):
            assert alone.loc["blind", name] == board.loc["blind", name]

    def test_without_oracle_there_is_no_share(self):
        """Of a real market nobody knows how much there was to know."""
        forecasts, samples, _ = tables()
        table = scoreboard(same_rows(forecasts, samples), horizon=5, seed=1, resamples=100)
        assert table["share"].isna().all()
        assert list(table.index) == ["knows", "blind"]

    def test_one_stock_gives_unknown_figures(self, judged):
        """Where no day has enough stocks to rank, a table of NaN must come, not an error."""
        one = judged[judged.code == judged.code.iloc[0]]
        table = scoreboard(one, horizon=5, seed=1, resamples=100)
        assert table[["ic", "rank_ic", "rank_icir", "share"]].isna().all(axis=None)


class TestClaims:
    """How often skill is claimed where there is none."""

    @staticmethod
    def boards(lows: list[float]) -> dict[int, pd.DataFrame]:
        index = pd.Index(["a", "b", ORACLE], name="model")
        return {
            seed: pd.DataFrame(
                {"rank_ic_low": [low, -0.1, 0.2], "rank_ic_high": [0.1, 0.1, 0.3]}, index
            )
            for seed, low in enumerate(lows)
        }

    def test_counts_intervals_that_exclude_zero(self):
        """Each model is counted over markets; the oracle is no model."""
        table = claims(self.boards([-0.05, 0.01, -0.05, 0.02]))
        assert table["claims"].to_dict() == {"a": 0.5, "b": 0.0, "all": 0.25}
        assert list(table.index) == ["a", "b", "all"]

    def test_an_interval_below_zero_is_a_claim_too(self):
        """Nothing can be known to be wrong, either."""
        boards = self.boards([-0.2])
        boards[0].loc["a", "rank_ic_high"] = -0.1
        assert claims(boards).loc["a", "claims"] == 1

    def test_rows_without_an_interval_do_not_count(self):
        """What claims nothing because it ranks nothing must not thin out the others' claims."""
        boards = self.boards([0.01])
        boards[0].loc[VOLATILITY] = np.nan
        table = claims(boards)
        assert list(table.index) == ["a", "b", "all"]
        assert table.loc["all", "claims"] == 0.5

    def test_allows_what_the_number_of_markets_does(self):
        """Two models on four markets are four draws of luck, not eight."""
        table = claims(self.boards([-0.05] * 4))
        assert (table["allowed"] == 0.05 + 2 * np.sqrt(0.05 * 0.95 / 4)).all()
