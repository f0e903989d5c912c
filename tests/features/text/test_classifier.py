"""The headline model learns wordings from labels known by a day, and nothing else."""

import os
import pickle
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from stockcast.errors import InputError
from stockcast.features.text import classifier
from tests.features.text.conftest import made_up

UNTIL = "2017-06-30"


@pytest.fixture(scope="module")
def model(news) -> classifier.HeadlineModel:
    return classifier.fit(news, UNTIL)


def bits(values: np.ndarray) -> list[int]:
    return values.view(np.uint64).tolist()


def same(first: classifier.HeadlineModel, second: classifier.HeadlineModel) -> bool:
    """Whether two models are equal in every bit."""
    return (
        first.terms == second.terms
        and bits(first.idf) == bits(second.idf)
        and bits(first.weights) == bits(second.weights)
        and (first.offset, first.chosen, first.information_until, first.headlines)
        == (second.offset, second.chosen, second.information_until, second.headlines)
    )


def test_later_headlines_are_told_apart(news, model):
    """On made-up headlines after `until`, all but the ten per cent of turned labels are right."""
    later = news[news["time"] > UNTIL]
    said = model.predict(later["title"], later["names"]) > 0.5
    assert np.mean(said == later["label"]) > 0.85


def test_words_alone_learn_too(news):
    """Without the lexicon's score the wordings are learnt all the same."""
    later = news[news["time"] > UNTIL]
    alone = classifier.fit(news, UNTIL, classifier.Settings(lexicon=0.0))
    said = alone.predict(later["title"], later["names"]) > 0.5
    assert np.mean(said == later["label"]) > 0.85


def test_information_until_is_the_last_label_known(news, model):
    """It is the last day in the training, and not after `until`."""
    assert model.information_until == news["time"][news["time"] <= UNTIL].max()
    assert model.headlines == (news["time"] <= UNTIL).sum()


def test_later_rows_change_no_bit(news, model):
    """Dropping, turning or rewording what came after `until` leaves the model as it was."""
    after = news["time"] > UNTIL
    turned = news.assign(label=(1 - news["label"]).where(after, news["label"]))
    worded = news.assign(title=news["title"].mask(after, "全新的词语出现"))
    for changed in (news[~after], turned, worded):
        assert same(classifier.fit(changed, UNTIL), model)


def test_labels_known_later_change_no_bit(news):
    """A headline before `until` whose label came after it counts for nothing."""
    known = news["time"] + pd.Timedelta(days=20)
    late = known > UNTIL
    dated = news.assign(known=known)
    turned = dated.assign(label=(1 - news["label"]).where(late, news["label"]))
    assert (late & (news["time"] <= UNTIL)).any()
    assert same(classifier.fit(turned, UNTIL), classifier.fit(dated, UNTIL))


def test_earlier_labels_do_count(news, model):
    """Turning labels before `until` gives another model: the tests above can fail."""
    turned = news.assign(
        label=(1 - news["label"]).where(news["time"] < "2016-03-01", news["label"])
    )
    assert not same(classifier.fit(turned, UNTIL), model)


def test_saved_model_is_bit_equal(news, model, tmp_path):
    """A loaded model gives the same bits, and its file holds no pickle."""
    path = tmp_path / "headlines.parquet"
    model.save(path)
    loaded = classifier.HeadlineModel.load(path)
    assert same(loaded, model)
    assert loaded.settings == model.settings
    asked = news["title"], news["names"]
    assert bits(loaded.predict(*asked)) == bits(model.predict(*asked))
    with pytest.raises(pickle.UnpicklingError):
        pickle.loads(path.read_bytes())


def test_another_process_fits_the_same_bits(news, model, tmp_path):
    """The same rows give the same model in a fresh process, with other hashes and threads."""
    news.drop(columns="names").to_parquet(tmp_path / "news.parquet")
    code = (
        "import sys, pandas as pd; from stockcast.features.text import classifier;"
        "news = pd.read_parquet(sys.argv[1]);"
        f"classifier.fit(news, {UNTIL!r}).save(sys.argv[2])"
    )
    command = [sys.executable, "-c", code, tmp_path / "news.parquet", tmp_path / "model.parquet"]
    other = os.environ | {"PYTHONHASHSEED": "5", "OMP_NUM_THREADS": "2"}
    subprocess.run(command, check=True, env=other)
    here = classifier.fit(news.drop(columns="names"), UNTIL)
    assert same(classifier.HeadlineModel.load(tmp_path / "model.parquet"), here)


@pytest.mark.parametrize("text", ["", "not parquet"])
def test_other_files_are_refused(tmp_path, text):
    """A file that is no model, a table that is none, and no file at all are errors."""
    (tmp_path / "a.parquet").write_text(text)
    pd.DataFrame({"term": ["a"]}).to_parquet(tmp_path / "b.parquet")
    for name in ("a", "b", "c"):
        with pytest.raises(InputError, match="must be a saved headline model"):
            classifier.HeadlineModel.load(tmp_path / f"{name}.parquet")


def test_no_bit_depends_on_what_else_is_asked(news, model):
    """One headline by itself has the probability it has among others."""
    some = news.tail(25)
    together = model.predict(some["title"], some["names"])
    alone = [model.predict([t], [n])[0] for t, n in zip(some["title"], some["names"], strict=True)]
    assert bits(together) == bits(np.array(alone))
    assert model.predict([]).shape == (0,)


def test_companies_are_not_learnt(news):
    """Where only the company tells good from bad, the masked model learns nothing."""
    rng = np.random.default_rng(1)
    names = rng.choice(["云岭科技", "海川电力"], 400)
    told = pd.DataFrame(
        {
            "time": pd.date_range("2016-01-01", periods=400),
            "title": [f"{name}发布公告{n}" for n, name in enumerate(names)],
            "names": [(name,) for name in names],
            "label": (names == "海川电力") * 1,
        }
    )
    blind = classifier.fit(told, "2018-12-31")
    asked = ["云岭科技发布公告", "海川电力发布公告"]
    assert np.ptp(blind.predict(asked, [("云岭科技",), ("海川电力",)])) == 0
    seeing = classifier.fit(told.drop(columns="names"), "2018-12-31")
    assert np.ptp(seeing.predict(asked)) > 0.5


def test_probabilities_are_calibrated():
    """Of later headlines said to be good with p, about p are: error below .05, slope about one."""
    news = made_up(6000, seed=8, noise=0.25)
    model = classifier.fit(news, "2016-12-31")
    later = news[news["time"] > "2016-12-31"]
    prob, good = model.predict(later["title"], later["names"]), later["label"].to_numpy()
    place = np.digitize(prob, [0.2, 0.4, 0.6, 0.8])
    for each in np.unique(place):
        inside = place == each
        if inside.sum() > 100:
            assert abs(prob[inside].mean() - good[inside].mean()) < 0.05
    assert abs(prob.mean() - good.mean()) < 0.03


def test_overconfident_scores_are_calibrated():
    """With hardly any penalty and half the labels turned at random, calibration flattens."""
    news = made_up(800, seed=9, noise=0.4)
    settings = classifier.Settings(strengths=(1000.0,), lexicon=0.0)
    calibrated = classifier.fit(news, "2017-06-30", settings)
    plain = classifier.fit(news, "2017-06-30", replace(settings, folds=0))
    assert calibrated.chosen.slope < 0.8
    assert plain.chosen.slope == 1
    later = news[news["time"] > "2017-06-30"]
    losses = [
        -np.mean(np.log(np.where(later["label"] == 1, p, 1 - p)))
        for p in (m.predict(later["title"], later["names"]) for m in (calibrated, plain))
    ]
    assert losses[0] < losses[1]


def test_headlines_without_common_terms_fit_by_the_lexicon():
    """Where no term is common enough the lexicon's score is all there is, and it works."""
    news = made_up(60, seed=2, noise=0.0)
    model = classifier.fit(news, "2018-12-31", classifier.Settings(least=1000))
    assert model.terms == ([], [])
    good, bad = model.predict(["中标大单", "被立案调查"])
    assert good > bad


def test_the_file_lists_terms(model, tmp_path):
    """A person can read which terms weigh how much."""
    model.save(tmp_path / "m.parquet")
    table = pq.read_table(tmp_path / "m.parquet").to_pandas()
    words = table[table["block"] == "words"].set_index("term")["weight"]
    assert words["拟减持"] < 0 < words["中标"]
