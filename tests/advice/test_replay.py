"""Sixty evenings lived through by one command, and everything computed once more by hand."""

from __future__ import annotations

import contextlib
import io
import json
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from scipy.stats import spearmanr

from stockcast import cli
from stockcast.advice import replay
from stockcast.advice.ledger import Ledger
from stockcast.advice.ledger.place import ANCHOR_FILE, FILE
from stockcast.errors import InputError

DAYS = 60
MODEL = "ridge"


@dataclass(frozen=True)
class Left:
    """What the command left: its output, its folder, and the ledger's tables."""

    status: int
    out: str
    folder: Path
    forecasts: pd.DataFrame
    scores: pd.DataFrame
    fills: pd.DataFrame
    orders: pd.DataFrame
    panel: pd.DataFrame
    days: pd.DatetimeIndex


def call(*words: str) -> tuple[int, str]:
    """The command line in this process: exit status and stdout."""
    printed = io.StringIO()
    with pytest.MonkeyPatch.context() as patched, contextlib.redirect_stdout(printed):
        patched.setattr(sys, "argv", ["stockcast", *words])
        with pytest.raises(SystemExit) as ended:
            cli.main()
    return ended.value.code, printed.getvalue()


def payloads(ledger: Ledger, kind: str) -> pd.DataFrame:
    return pd.DataFrame(ledger.entries(kind)["payload"].tolist())


@pytest.fixture(scope="module")
def file(whole_run, tmp_path_factory) -> Path:
    """A parameters file of the small run."""
    path = tmp_path_factory.mktemp("params") / "mine.yml"
    values = whole_run.params.model_copy(update={"headline": MODEL}).model_dump()
    path.write_text(yaml.safe_dump(values), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def left(whole_run, file, tmp_path_factory) -> Left:
    """Sixty evenings, by one command."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("STOCKCAST_RUNS", str(whole_run.folder))
        status, out = call("replay", "--days", str(DAYS), "--params", str(file))
        desk = whole_run.desk(MODEL)
        folder = replay.place("tiny")
    with Ledger.open(f"sqlite:///{folder / FILE}", folder / ANCHOR_FILE) as ledger:
        assert ledger.verify() == []
        return Left(
            status, out, folder, ledger.forecasts(), ledger.scores(), payloads(ledger, "fill"),
            payloads(ledger, "order"), desk.panel, replay.dates(desk, DAYS),
        )  # fmt: skip


def test_every_evening_was_lived_through(left):
    """A line an evening, its list and report, and no difference in any comparison at the end."""
    assert left.status == 0, left.out
    lines = left.out.splitlines()
    assert [line[:10] for line in lines[:DAYS]] == [f"{day:%Y-%m-%d}" for day in left.days]
    checks = [line for line in lines[DAYS:] if line.startswith(("ok", "FAILED"))]
    assert len(checks) >= 4
    assert all(line.endswith(" 0 differ") and " 0 compared" not in line for line in checks)
    for day in left.days:
        made = {path.name for path in (left.folder / f"{day:%Y-%m-%d}").iterdir()}
        assert {"list.json", "list.parquet", "list.html", "report.json"} <= made


def test_what_was_forecast_is_what_the_run_forecasts(left, whole_run):
    """Sixty evenings, each from its own past alone, give the run's own forecasts, bit for bit."""
    own = whole_run.said[MODEL]
    own = own[own["date"].isin(left.days)].reset_index(drop=True)
    found = left.forecasts[list(own.columns)].reset_index(drop=True)
    assert found["date"].nunique() == DAYS
    pd.testing.assert_frame_equal(found, own, check_exact=True, check_dtype=False)


def test_each_was_issued_on_its_evening(left):
    """At half past six in Shanghai, which is before anybody can know the label's first close."""
    local = left.forecasts["issued"].dt.tz_convert("Asia/Shanghai").dt.tz_localize(None)
    assert (local - left.forecasts["date"] == pd.Timedelta("18h30min")).all()


def test_scores_are_the_returns_by_hand(left, whole_run):
    """From the close of t+1 to that of t+1+h, of all forecasts whose horizon is over, no other."""
    h = whole_run.params.horizon
    days = pd.DatetimeIndex(np.sort(left.panel["date"].unique()))
    last = days.get_loc(left.days[-1])
    price = left.panel.assign(p=left.panel["close"] * left.panel["adj_factor"])
    price = price.pivot(index="date", columns="code", values="p")
    held = left.panel.pivot(index="date", columns="code", values="suspended")
    due = left.forecasts[left.forecasts["date"] <= days[last - h - 1]]
    assert len(left.scores) == len(due) > 0
    scores = left.scores.set_index(["date", "code"])["label"]
    for row in due.itertuples():
        at = days.get_loc(row.date)
        bought, sold = days[at + 1], days[at + 1 + h]
        traded = not (held.at[bought, row.code] or held.at[sold, row.code])
        by_hand = price.at[sold, row.code] / price.at[bought, row.code] - 1 if traded else np.nan
        np.testing.assert_allclose(scores[(row.date, row.code)], by_hand, rtol=1e-12)


def test_the_account_is_its_fills(left, whole_run):
    """Cash and shares added up from fills and dividends alone give each evening's equity.

    Dividends arrive on their day; who sells within a month of buying pays 20 % of them in tax,
    within a year 10 %, of which 5 % were withheld until 2015-09-08 (Caishui 2012/85, 2015/101).
    """
    panel = left.panel.set_index(["date", "code"])
    paid = pd.read_parquet(whole_run.folder / "tiny" / "01_data" / "dividends.parquet")
    paid = paid.dropna(subset=["ex_date"]).set_index(["ex_date", "code"])
    cash, lots, factors, closes, arriving, gross, taxed = (
        whole_run.params.cash, {}, {}, {}, [], 0.0, 0.0
    )  # fmt: skip
    fills = dict(iter(left.fills.groupby("date")))
    for day in left.days:
        withheld = 0.05 if day < pd.Timestamp("2015-09-08") else 0.0
        for code, held in lots.items():
            factor = panel.at[(day, code), "adj_factor"]
            known, growth, yuan = (day, code) in paid.index, factor / factors[code], 0.0
            if known:
                row = paid.loc[(day, code)]
                growth, yuan = 1 + row["bonus"], row["cash"]
                count = sum(lot["shares"] for lot in held)
                arriving.append((row["pay_date"], count * yuan * (1 - withheld)))
                gross += count * yuan
                for lot in held:
                    lot["tax"].append((lot["shares"] * yuan, withheld))
            exact = growth * sum(lot["shares"] for lot in held)
            # what is no whole share is paid at yesterday's close without what left the price
            cash += (exact - int(exact + 1e-6)) * (closes[code] - yuan) / growth
            assert len(held) == 1 or growth == 1
            held[0]["shares"] = int(exact + 1e-6) - sum(lot["shares"] for lot in held[1:])
            factors[code] = factor
        cash += sum(yuan for date, yuan in arriving if date <= day)
        arriving = [(date, yuan) for date, yuan in arriving if date > day]
        for fill in fills.get(f"{day:%Y-%m-%d}", pd.DataFrame()).to_dict("records"):
            if not fill["shares"]:
                continue
            code, count = fill["code"], fill["shares"]
            charges = fill["commission"] + fill["stamp_tax"] + fill["transfer_fee"]
            if fill["side"] == "buy":
                cash -= fill["value"] + charges
                lots.setdefault(code, []).append({"shares": count, "bought": day, "tax": []})
                factors[code] = panel.at[(day, code), "adj_factor"]
                continue
            tax = 0.0
            while count:
                lot = lots[code][0]
                part = min(count, lot["shares"]) / lot["shares"]
                rate = 0.2 if day <= lot["bought"] + pd.DateOffset(months=1) else 0.1
                tax += sum(part * yuan * (rate - before) for yuan, before in lot["tax"])
                lot["tax"] = [((1 - part) * yuan, before) for yuan, before in lot["tax"]]
                sold = min(count, lot["shares"])
                count, lot["shares"] = count - sold, lot["shares"] - sold
                if not lot["shares"]:
                    lots[code].pop(0)
            assert fill["dividend_tax"] == pytest.approx(tax, abs=1e-6)
            cash += fill["value"] - charges - tax
            taxed += tax
        lots = {code: held for code, held in lots.items() if held}
        closes = {code: panel.at[(day, code), "close"] for code in lots}
        worth = cash + sum(yuan for _, yuan in arriving)
        worth += sum(lot["shares"] * closes[code] for code, held in lots.items() for lot in held)
        told = json.loads((left.folder / f"{day:%Y-%m-%d}" / "report.json").read_text())
        assert told["equity"] == pytest.approx(worth, abs=0.01)
        assert cash >= 0
    assert gross > 0
    assert taxed > 0


def test_every_report_is_what_scipy_says(left, whole_run):
    """Each evening's figures, over the last twenty evenings with known outcomes, by hand."""
    judged = 0
    for number, day in enumerate(left.days):
        told = json.loads((left.folder / f"{day:%Y-%m-%d}" / "report.json").read_text())
        over = left.days[: max(0, number - whole_run.params.horizon)][-told["window"] :]
        scores = left.scores[left.scores["date"].isin(over)]
        assert told["forecasts"] == (left.forecasts["date"] <= day).sum()
        assert told["scored"] == (left.scores["until"] <= day).sum()
        if len(over) < told["window"] / 2:
            assert all(told["figures"][name] is None for name in ("rank_ic", "ece"))
            continue
        for name, value in by_hand(scores).items():
            assert told["figures"][name] == pytest.approx(value, abs=1e-9), (day, name)
        judged += 1
    assert judged > DAYS / 2


def by_hand(scores: pd.DataFrame) -> dict[str, float]:
    """The figures of some evenings, in numpy and scipy."""
    known = scores.dropna(subset=["label"])
    daily = []
    for _, part in known.groupby("date"):
        score, label, said = (part[name].to_numpy() for name in ("score", "label", "prob_up"))
        inside = (label >= part["interval_low"]) & (label <= part["interval_high"])
        sides = np.sign(score - np.median(score)) * np.sign(label - np.median(label))
        listed = part["rank"].notna().to_numpy()
        daily.append(
            {
                "rank_ic": spearmanr(score, label)[0],
                "ic": np.corrcoef(score, label)[0, 1],
                "accuracy": ((said > 0.5) == (label > 0)).mean(),
                "relative_accuracy": 0.5 + 0.5 * sides.mean(),
                "coverage": inside.mean(),
                "brier": ((said - (label > 0)) ** 2).mean(),
                "everyone": label.mean(),
                "listed": label[listed].mean(),
                "listed_excess": label[listed].mean() - label.mean(),
            }
        )
    rose, said = known["label"].to_numpy() > 0, known["prob_up"].to_numpy()
    tenth = np.minimum((said * 10).astype(int), 9)
    apart = [abs((rose[tenth == n] - said[tenth == n]).sum()) for n in range(10)]
    return {**pd.DataFrame(daily).mean(), "ece": sum(apart) / len(known), "scored": 1.0}


def test_the_ledgers_report_is_what_numpy_says(left, file, whole_run, monkeypatch):
    """The command's table over the replay's ledger, from its scores alone."""
    monkeypatch.setenv("STOCKCAST_RUNS", str(whole_run.folder))
    status, out = call("ledger", "report", "--replay", "--params", str(file))
    row = next(line.split() for line in out.splitlines() if line.split()[:2] == ["tiny", MODEL])
    known = left.scores.dropna(subset=["label"])
    ics = [spearmanr(part["score"], part["label"])[0] for _, part in known.groupby("date")]
    right = ((known["prob_up"] > 0.5) == (known["label"] > 0)).mean()
    inside = known["label"].between(known["interval_low"], known["interval_high"]).mean()
    brier = ((known["prob_up"] - (known["label"] > 0)) ** 2).mean()
    assert status == 0
    assert row[3:5] == [str(len(left.forecasts)), str(len(known))]
    assert row[-5:-1] == [
        f"{np.mean(ics):+.4f}", f"{right:.1%}", f"{inside:.1%}", f"{brier:.4f}",
    ]  # fmt: skip


def test_every_order_met_the_next_days_market(left):
    """What an evening ordered is what the next day filled or refused, neither more nor less."""
    after = dict(zip(left.days[:-1], left.days[1:], strict=True))
    ordered = {
        (f"{after[pd.Timestamp(order['decided'])]:%Y-%m-%d}", order["code"], order["side"])
        for order in left.orders.to_dict("records")
        if pd.Timestamp(order["decided"]) in after
    }
    met = {(fill["date"], fill["code"], fill["side"]) for fill in left.fills.to_dict("records")}
    assert met == ordered
    assert len(met) > DAYS / 4


def test_a_second_time_changes_nothing(left, whole_run, file, monkeypatch):
    """Lived through again, every evening is told so, and no byte of the ledger's history moves."""
    monkeypatch.setenv("STOCKCAST_RUNS", str(whole_run.folder))
    where = (f"sqlite:///{left.folder / FILE}", left.folder / ANCHOR_FILE)
    with Ledger.open(*where) as ledger:
        before = ledger.head()
    status, out = call("replay", "--days", str(DAYS), "--params", str(file))
    assert status == 0
    assert out.count("was lived through before") == DAYS
    with Ledger.open(*where) as ledger:
        assert ledger.head() == before


def test_more_evenings_than_there_are_are_refused(run):
    """A replay ends where the data do, and begins after what the model knows."""
    with pytest.raises(InputError, match="days"):
        replay.dates(run.desk(MODEL), 10_000)
    with pytest.raises(InputError, match="trading day"):
        replay.dates(run.desk(MODEL), 5, "2015-10-04")


def test_only_a_replay_is_forgotten(tmp_path):
    """A folder without a replay's ledger is not removed."""
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("years of work")
    with pytest.raises(InputError, match="folder of a replay"):
        replay.forget(tmp_path / "mine")
    assert (tmp_path / "mine" / "thesis.txt").exists()
