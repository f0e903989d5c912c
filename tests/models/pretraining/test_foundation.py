"""The foundation-model adapter on tiny models made here: files, tokens, time, and refusals."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from stockcast.errors import InputError
from stockcast.models.model import COLUMNS
from stockcast.models.pretraining.foundation import Quantiles, Tokens, read_forecaster
from stockcast.models.pretraining.zero_shot import foundation

pytest.importorskip("transformers")

CHRONOS = {
    "tokenizer_class": "MeanScaleUniformBins",
    "tokenizer_kwargs": {"low_limit": -5.0, "high_limit": 5.0},
    "n_tokens": 64,
    "n_special_tokens": 2,
    "pad_token_id": 0,
    "eos_token_id": 1,
    "use_eos_token": True,
    "model_type": "seq2seq",
    "context_length": 16,
    "prediction_length": 4,
    "num_samples": 3,
    "temperature": 1.0,
    "top_k": 50,
    "top_p": 1.0,
}


@pytest.fixture(scope="module")
def chronos(tmp_path_factory) -> Path:
    """A T5 of a few hundred weights with the header of a Chronos."""
    from transformers import T5Config, T5ForConditionalGeneration

    torch.manual_seed(0)
    config = T5Config(
        vocab_size=64, d_model=8, d_kv=4, d_ff=16, num_layers=1, num_heads=2,
        pad_token_id=0, eos_token_id=1, decoder_start_token_id=0, chronos_config=CHRONOS,
    )  # fmt: skip
    folder = tmp_path_factory.mktemp("chronos")
    T5ForConditionalGeneration(config).save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def timesfm(tmp_path_factory) -> Path:
    """A TimesFM with one layer."""
    from transformers import TimesFmConfig, TimesFmModelForPrediction

    torch.manual_seed(0)
    config = TimesFmConfig(
        patch_length=4, context_length=16, horizon_length=8, num_hidden_layers=1, hidden_size=8,
        intermediate_size=8, head_dim=4, num_attention_heads=2, use_positional_embedding=True,
    )  # fmt: skip
    folder = tmp_path_factory.mktemp("timesfm")
    TimesFmModelForPrediction(config).save_pretrained(folder)
    return folder


def returns(stocks: int = 5, days: int = 16) -> np.ndarray:
    return 0.02 * np.random.default_rng(0).standard_normal((stocks, days))


def test_the_kind_is_read_from_the_folder(chronos, timesfm):
    """A Chronos is read as tokens and a TimesFM as quantiles, each with its own context."""
    tokens, quantiles = read_forecaster(chronos), read_forecaster(timesfm)
    assert isinstance(tokens, Tokens)
    assert isinstance(quantiles, Quantiles)
    assert tokens.context == quantiles.context == 16
    assert tokens.weights != quantiles.weights


def test_values_become_tokens_and_come_back(chronos):
    """Each value comes back within half a bin; unknown days are padding that is not attended to."""
    model = read_forecaster(chronos)
    values = returns()
    values[1, 3], values[2] = np.nan, np.nan
    tokens, known, scale = model.read(values)
    assert tokens.shape == known.shape == (5, 17)
    assert (tokens[:, -1] == 1).all()
    assert known[:, -1].all()
    assert tokens[1, 3] == 0
    assert not known[1, 3]
    assert not known[2, :-1].any()
    assert scale[2] == 1.0
    back = model.values(tokens[:, :-1]) * scale[:, None]
    half = 10 / 60 / 2
    error = (np.abs(back - values) / scale[:, None])[known[:, :-1]]
    assert error.max() <= half + 1e-9


def test_bins_are_those_of_chronos(chronos):
    """Zero is in the middle of the vocabulary; beyond the limits the outermost bins are taken."""
    model = read_forecaster(chronos)
    tokens, _, scale = model.read(np.array([[0.0, 1.0, -1.0, 100.0, -100.0]]))
    centres = np.linspace(-5, 5, 61)
    assert scale == pytest.approx(40.4)
    assert tokens[0, 0] == 2 + 31
    assert model.values(tokens[0, :1]) == centres[30] == 0.0
    assert model.values(np.array([2, 3, 63])).tolist() == [-5.0, -5.0, 5.0]


@pytest.mark.parametrize("which", ["chronos", "timesfm"])
def test_one_expected_return_a_step_the_same_each_time(which, request):
    """Shape (stocks, steps), finite, and the same bits for the same seed; series may have holes."""
    model = read_forecaster(request.getfixturevalue(which))
    values = returns()
    values[0, :9] = np.nan
    said = model.expected(values, 3, seed=5)
    assert said.shape == (5, 3)
    assert np.isfinite(said).all()
    assert np.array_equal(said, model.expected(values, 3, seed=5))


def test_drawing_leaves_torchs_own_numbers_alone(chronos):
    """Sampled continuations come from their seed, and do not move the global generator."""
    model = read_forecaster(chronos)
    torch.manual_seed(1)
    before = torch.get_rng_state()
    one, other = (model.expected(returns(), 3, seed=seed) for seed in (5, 6))
    assert torch.equal(before, torch.get_rng_state())
    assert not np.array_equal(one, other)


@pytest.fixture(scope="module")
def fitted(chronos, samples):
    return foundation(chronos, "2014-03-03").fit(samples, 7)


@pytest.fixture(scope="module")
def forecasts(fitted, samples) -> pd.DataFrame:
    return fitted.forecast(samples)


def test_it_forecasts_behind_the_interface(forecasts, samples):
    """The plan's columns, finite, for each member of each test day."""
    wanted = samples.samples.loc[samples.part("test"), ["date", "code"]]
    assert tuple(forecasts.columns) == COLUMNS
    assert len(forecasts.merge(wanted)) == len(wanted) == len(forecasts)
    assert np.isfinite(forecasts.select_dtypes("number")).all().all()


def test_what_comes_later_changes_no_bit(fitted, forecasts, samples):
    """Drawn continuations depend on the day: without later rows the forecasts are the same bits."""
    last = samples.days[160]
    cut = fitted.forecast(samples.until(last))
    whole = forecasts[forecasts["date"] <= last].reset_index(drop=True)
    pd.testing.assert_frame_equal(whole, cut.reset_index(drop=True), check_exact=True)


def test_saved_it_holds_no_weights_but_their_hash(
    fitted, forecasts, samples, chronos, timesfm, tmp_path
):
    """Loaded with the same weights it says the same; with others it is refused."""
    fitted.save(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["foundation.json"]
    back = foundation(chronos, "2014-03-03").load(tmp_path)
    pd.testing.assert_frame_equal(back.forecast(samples), forecasts, check_exact=True)
    with pytest.raises(InputError, match="weights named here"):
        foundation(timesfm, "2014-03-03").load(tmp_path)
    with pytest.raises(InputError, match="must exist"):
        foundation(chronos, "2014-03-03").load(tmp_path / "none")


def test_days_that_the_weights_may_know_are_refused(chronos, fitted, samples):
    """Weights that may know the validation or the test days are not judged on them."""
    with pytest.raises(InputError, match="which the weights may know"):
        foundation(chronos, samples.days[-1]).fit(samples, 7)
    inside = samples.days[130]  # within validation: the head is fitted on the rest
    assert foundation(chronos, inside, every=1).fit(samples, 7).information_until > inside
    known = dataclasses.replace(fitted, information_until=samples.days[150])
    with pytest.raises(InputError, match="must come after"):
        known.forecast(samples)


def test_a_set_without_returns_is_refused(chronos, samples):
    """It reads the day's return and says so."""
    with pytest.raises(InputError, match="must hold return_1"):
        foundation(chronos, "2014-03-03").fit(samples.only(["range_1"]), 7)


def test_what_cannot_be_read_is_one_clear_error(chronos, tmp_path):
    """No folder, pickled weights, cut weights, a header without bins, another kind of model."""
    with pytest.raises(InputError, match=r"must hold config\.json"):
        read_forecaster(tmp_path / "none")
    for name, change in {
        "pickled": lambda f: (f / "model.safetensors").rename(f / "pytorch_model.bin"),
        "cut": lambda f: (f / "model.safetensors").write_bytes(b"\0" * 20),
        "bins": lambda f: _config(f, chronos_config={"context_length": 8}),
        "other": lambda f: _config(f, model_type="bert"),
    }.items():
        folder = tmp_path / name
        folder.mkdir()
        for file in ("config.json", "model.safetensors"):
            (folder / file).write_bytes((chronos / file).read_bytes())
        change(folder)
        with pytest.raises(InputError, match=f"model {name}: must"):
            read_forecaster(folder)


def _config(folder: Path, **change: object) -> None:
    about = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(about | change))
