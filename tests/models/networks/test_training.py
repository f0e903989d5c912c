"""Training: what it learns on data of known noise, that it repeats, and where it runs."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch

from stockcast.errors import InputError
from stockcast.models import progress
from stockcast.models.networks import device, training
from stockcast.models.networks.forecast import Ensemble, forecast, load, save
from stockcast.models.networks.two_level import Architecture
from tests.models.conftest import RECIPE


def ensemble(material, trained, members: int = 1) -> Ensemble:
    return Ensemble("two_level", (trained,) * members, material.codes, material.information_until)


def table(material, trained, **kw):
    days = material.days("test", every=3)
    one = ensemble(material, trained)
    return forecast(one, days, material.scale, horizon=5, run="known", **kw)


def test_sigma_ranks_the_true_errors(known, material, trained):
    """On data of known noise, sigma orders stocks by their true spread, and mu by their mean."""
    got = (
        table(material, trained).merge(known.noise).merge(known.samples[["date", "code", "label"]])
    )
    assert got.sigma.corr(got.noise, method="spearman") > 0.8
    error = (got.label - got.mu).abs()
    assert got.sigma.corr(error, method="spearman") > 0.2
    assert got.mu.corr(got.label, method="spearman") > 0.1
    inside = got.label.between(got.interval_low, got.interval_high).mean()
    assert inside == pytest.approx(0.9, abs=0.03)


def test_shuffled_labels_teach_nothing(known, material):
    """Labels shuffled within each day leave forecasts that do not rank the stocks.

    One blind network is one function, which may lean to either side: the mean over shuffles counts.
    """
    found = []
    for seed in range(6):
        rng = np.random.default_rng(seed)
        days = known.samples.groupby("date").label
        shuffled = known.samples.assign(label=days.transform(rng.permutation))
        other = dataclasses.replace(known, samples=shuffled).material()
        architecture = Architecture(4, len(other.codes), width=8)
        fit, valid = other.days("train"), other.days("valid")
        net = training.train(architecture, RECIPE, fit, valid, device.choose("cpu"), seed=seed)
        got = table(material, net).merge(known.samples[["date", "code", "label"]])
        found.append(got.mu.corr(got.label, method="spearman"))
    error = np.std(found, ddof=1) / np.sqrt(len(found))
    assert abs(np.mean(found)) < 3 * error
    assert error < 0.1


def test_same_seed_same_bits(material, trained):
    """Two trainings from one seed end with identical weights; another seed does not."""
    architecture = trained.architecture
    fit, valid = material.days("train", every=8), material.days("valid", every=8)
    recipe = dataclasses.replace(RECIPE, epochs=2)

    def weights(seed: int) -> torch.Tensor:
        net = training.train(architecture, recipe, fit, valid, device.choose("cpu"), seed)
        return torch.cat([value.flatten() for value in net.module.state_dict().values()])

    first = weights(5)
    assert torch.equal(first, weights(5))
    assert not torch.equal(first, weights(6))


def test_stops_early_and_returns_to_the_best_epoch(material):
    """With a patience of 1 training ends at the first epoch that does not improve."""
    recipe = dataclasses.replace(RECIPE, epochs=30, patience=1, learning_rate=0.1)
    fit, valid = material.days("train", every=12), material.days("valid", every=4)
    net = training.train(
        Architecture(4, len(material.codes), width=4), recipe, fit, valid, device.choose("cpu"), 0
    )
    losses = [row["valid_loss"] for row in net.history]
    assert len(losses) < 30
    assert losses[-1] >= min(losses[:-1])
    with torch.inference_mode():
        inputs, target = valid.batch(np.arange(len(valid)))
        from stockcast.models.networks.losses import StudentLoss

        at_best = StudentLoss()(net.module(**inputs), target).item()
    assert at_best == pytest.approx(min(losses), abs=0.02)


def test_saved_networks_forecast_the_same(material, trained, tmp_path):
    """Loading what was saved gives bit-identical forecasts; nothing is unpickled."""
    one = ensemble(material, trained, members=2)
    save(one, tmp_path / "net.safetensors")
    again = load(tmp_path / "net.safetensors")
    days = material.days("test", every=10)
    tables = [forecast(e, days, material.scale, horizon=5, run="known") for e in (one, again)]
    assert tables[0].equals(tables[1])
    assert again.information_until == one.information_until


@pytest.mark.parametrize("draws", ["ensemble", "dropout"])
def test_a_day_does_not_depend_on_the_days_asked_for(material, trained, draws):
    """Forecasts of a day are bit-identical whether asked for alone or with others."""
    many = material.days("test", every=3)
    one = dataclasses.replace(many, days=many.days[4:5])
    kw = {"horizon": 5, "run": "known", "draws": draws, "dropout_draws": 4}
    group = ensemble(material, trained)
    alone = forecast(group, one, material.scale, **kw)
    among = forecast(group, many, material.scale, **kw)
    among = among[among.date == alone.date[0]].reset_index(drop=True)
    assert alone.equals(among)


def test_score_leaves_out_what_the_day_shares(material, trained):
    """In units of volatility the day's scores average zero, and order stocks as mu does there."""
    unit = material.scale * np.linspace(1, 3, len(material.scale))[:, None]
    got = forecast(
        ensemble(material, trained), material.days("test", every=10), unit, horizon=5, run="known"
    )
    volatility = np.linspace(0.02, 0.06, len(material.scale))
    volatility = dict(zip(material.windows.codes, volatility, strict=True))
    got = got.assign(unit=got.code.map(volatility))
    location, left = got.mu / got.unit, got.score / got.unit
    np.testing.assert_allclose(left.groupby(got.date).mean(), 0, atol=1e-12)
    np.testing.assert_allclose((location - left).groupby(got.date).std(), 0, atol=1e-12)


def test_dropout_draws_give_a_spread(material, trained):
    """sigma_prob is 0 for one network without dropout and in (0, .5] over dropout draws."""
    assert (table(material, trained).sigma_prob == 0).all()
    drawn = table(material, trained, draws="dropout", dropout_draws=8).sigma_prob
    assert ((drawn > 0) & (drawn <= 0.5)).all()


def test_forecasts_before_the_networks_knowledge_are_refused(material, trained):
    """A day that the training labels reach into is refused by name."""
    with pytest.raises(InputError, match="must come after"):
        forecast(
            ensemble(material, trained), material.days("valid"), material.scale, horizon=5, run="x"
        )


def test_fixed_committee_trains(known):
    """Experts of their own train and forecast on the same tables."""
    material = known.material(experts="own")
    architecture = Architecture(4, len(material.codes), width=4, experts="own")
    recipe = dataclasses.replace(RECIPE, epochs=2)
    fit, valid = material.days("train", every=6), material.days("valid", every=4)
    net = training.train(architecture, recipe, fit, valid, device.choose("cpu"), 0)
    got = table(material, net)
    assert len(got) == got.date.nunique() * len(material.codes)
    assert np.isfinite(got[["mu", "sigma", "prob_up"]].to_numpy()).all()


# Switching oneDNN off and on again touches settings of devices that are not there.
@pytest.mark.filterwarnings("ignore:TF32 acceleration:UserWarning")
def test_half_precision_runs_on_the_cpu(material):
    """The autocast path that CUDA takes trains here too, and the head still returns float32.

    Without oneDNN, which has no LSTM in half precision for AVX2, where the tests keep it.
    """
    half = device.Device("cpu", torch.bfloat16, "for the test")
    recipe = dataclasses.replace(RECIPE, epochs=1)
    fit, valid = material.days("train", every=12), material.days("valid", every=8)
    shape = Architecture(4, len(material.codes), width=4)
    with torch.backends.mkldnn.flags(enabled=False):
        net = training.train(shape, recipe, fit, valid, half, 0)
    full = training.train(shape, recipe, fit, valid, device.choose("cpu"), 0)
    a, b = (n.history[-1]["valid_loss"] for n in (net, full))
    assert a == pytest.approx(b, abs=0.05)
    assert a != b


def test_device_says_why(monkeypatch):
    """The choice comes with its reason; cuda where there is none is refused."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert device.choose("auto").name == "cpu"
    assert "no CUDA device" in device.choose("auto").reason
    assert "ask for it" in device.choose("cpu").reason
    with pytest.raises(InputError, match="device"):
        device.choose("cuda")


def small(material) -> tuple[Architecture, training.Recipe, training.Days, training.Days]:
    architecture = Architecture(4, len(material.codes), width=4, kind="mlp")
    recipe = dataclasses.replace(RECIPE, epochs=2)
    return architecture, recipe, material.days("train", every=12), material.days("valid", every=8)


def test_the_users_interruption_is_no_early_stop(material, monkeypatch):
    """Control-C within an epoch raises; a half-trained network is not handed on."""

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(training.Days, "batch", interrupted)
    with pytest.raises(KeyboardInterrupt):
        training.train(*small(material), device.choose("cpu"), 0)


def test_compiled_networks_keep_their_weights_names(material):
    """The path that `torch.compile` takes trains to the same bits; the names stay."""
    traced = device.Device("cpu", None, "for the test", compiler="eager")
    plain, compiled = (
        training.train(*small(material), where, 0).module.state_dict()
        for where in (device.choose("cpu"), traced)
    )
    assert list(plain) == list(compiled)
    assert all(torch.equal(plain[name], compiled[name]) for name in plain)


@pytest.mark.parametrize("where", ["terminal", "notebook", "log"])
def test_bars_are_for_whoever_looks_on(material, monkeypatch, capfd, where: str):
    """Progress is shown on a terminal and where it is asked for, and in no log."""
    monkeypatch.setattr("sys.stderr.isatty", lambda: where == "terminal")
    monkeypatch.setenv(progress.VARIABLE, "1" if where == "notebook" else "")
    training.train(*small(material), device.choose("cpu"), 0)
    out, err = capfd.readouterr()
    assert out == ""
    assert bool(err) == (where != "log")


def test_schedules_move_the_rate_as_they_say(material):
    """One cycle ends near 0, cosine falls, constant stays; the history tells."""
    architecture, recipe, fit, valid = small(material)
    rates = {}
    for name in ("one_cycle", "cosine", "constant"):
        own = dataclasses.replace(recipe, schedule=name, epochs=3)
        net = training.train(architecture, own, fit, valid, device.choose("cpu"), 0)
        rates[name] = [row["learning_rate"] / recipe.learning_rate for row in net.history]
    assert rates["constant"] == [1.0, 1.0, 1.0]
    assert rates["one_cycle"][-1] < 0.05
    assert rates["cosine"][0] > rates["cosine"][1] > rates["cosine"][2]


@pytest.mark.parametrize("changes", [{"loss": "studnet"}, {"schedule": "one_cycl"}])
def test_unknown_names_are_refused(material, changes: dict[str, str]):
    """A loss or schedule that does not exist is named, with the nearest that does."""
    architecture, recipe, fit, valid = small(material)
    with pytest.raises(InputError, match="did you mean"):
        training.train(
            architecture, dataclasses.replace(recipe, **changes), fit, valid,
            device.choose("cpu"), 0,
        )  # fmt: skip


def test_tensors_for_a_gpu_go_through_pinned_memory(material, monkeypatch):
    """Batches for another device are pinned and sent without waiting; on the CPU they are not."""
    sent = []

    def pin(value: torch.Tensor) -> torch.Tensor:
        return value

    def to(value: torch.Tensor, where: str, non_blocking: bool = False) -> torch.Tensor:
        sent.append((where, non_blocking))
        return value

    monkeypatch.setattr(torch.Tensor, "pin_memory", pin)
    monkeypatch.setattr(torch.Tensor, "to", to)
    days = material.days("valid", every=8)
    next(iter(training.DayBatches(days, 2)))
    assert sent == []
    next(iter(training.DayBatches(days, 2, device="cuda")))
    assert sent == [("cuda", True)] * 4
