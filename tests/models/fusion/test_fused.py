"""The fusion networks' structure."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from stockcast.errors import InputError
from stockcast.models.fusion.encoders import Reader
from stockcast.models.fusion.fused import KINDS, Architecture, Fused

SIZES, DAYS, STOCKS, LENGTH = (3, 2, 4), 2, 5, 12


def inputs(stocks: int = STOCKS) -> dict[str, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(DAYS, stocks, LENGTH, sum(SIZES), generator=generator)
    marks = torch.ones(DAYS, stocks, LENGTH, len(SIZES))
    return {
        "x": torch.cat([x, marks], dim=-1),
        "stock": torch.zeros(DAYS, stocks, dtype=torch.long),
        "present": torch.ones(DAYS, stocks, dtype=torch.bool),
    }


def network(kind: str = "gated", **changes: object) -> Fused:
    torch.manual_seed(0)
    module = Architecture(kind, SIZES, **({"width": 6} | changes)).build().eval()
    for head in module.heads:
        nn.init.normal_(head.linear.weight)  # heads start at zero and would hide the rest
    for across in module.between:
        nn.init.normal_(across.attention.out_proj.weight)  # so does attention
    return module


def size(module: nn.Module) -> int:
    return sum(p.numel() for p in module.parameters())


@pytest.mark.parametrize("sizes", [(8, 8, 8, 8), (12, 3), (2, 2, 2, 2, 2)])
def test_kinds_have_as_many_parameters(sizes):
    """Early, late and gated fusion compare on equal terms: parameters within a tenth."""
    counts = [size(Architecture(kind, sizes, width=12).build()) for kind in KINDS]
    assert max(counts) < 1.1 * min(counts)


def test_the_count_of_a_reader_is_what_it_has():
    """The formula that sets early fusion's width counts every parameter."""
    for series in (0, 3):
        assert size(Reader(series, 7, 5, 4)) == Reader.parameters_of(series, 7, 5, 4)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("across", [False, True])
def test_padding_and_order_of_stocks_do_not_matter(kind, across):
    """Stocks that are not present change nothing, and reordering stocks only reorders."""
    module, given = network(kind, across=across), inputs()
    plain = module(**given)[0]
    order = torch.tensor([3, 0, 4, 1, 2])
    moved = module(**{name: value[:, order] for name, value in given.items()})[0]
    torch.testing.assert_close(moved, plain[:, order], rtol=1e-4, atol=1e-6)
    more = inputs(STOCKS + 2)
    more["x"][:, :STOCKS] = given["x"]
    more["present"][:, STOCKS:] = False
    torch.testing.assert_close(module(**more)[0][:, :STOCKS], plain, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("across", [False, True])
def test_only_attention_carries_news_between_stocks(across):
    """Changing one stock moves the others' forecasts with attention across, and only then."""
    module, given = network(across=across), inputs()
    changed = given | {"x": given["x"].clone()}
    changed["x"][:, 0, :, : sum(SIZES)] += 3.0
    moved = (module(**given)[0] - module(**changed)[0])[:, 1:].abs().max()
    assert (moved > 1e-6) == across


@pytest.mark.parametrize("kind", ["late", "gated"])
def test_an_absent_modality_weighs_nothing(kind):
    """Where a stock lacks a modality, what stands in its columns is not read."""
    module, given = network(kind), inputs()
    given["x"][:, 0, -1, sum(SIZES) + 1] = 0.0  # stock 0 lacks the second modality
    changed = given | {"x": given["x"].clone()}
    changed["x"][:, 0, :, SIZES[0] : SIZES[0] + SIZES[1]] += 7.0
    weights = module.gates(given["x"])
    assert (weights[:, 0, 1] == 0).all()
    torch.testing.assert_close(weights.sum(-1), torch.ones(DAYS, STOCKS))
    if kind == "late":  # the gate of the others still sees all states; the mixture does not
        assert torch.equal(module(**given)[0][:, 0], module(**changed)[0][:, 0])


def test_a_stock_without_any_modality_has_a_forecast():
    """With no modality there the weights are equal and the forecast is finite."""
    module, given = network(), inputs()
    given["x"][:, 0] = 0.0
    torch.testing.assert_close(module.gates(given["x"])[:, 0], torch.full((DAYS, 3), 1 / 3))
    assert torch.isfinite(module(**given)[0]).all()


def test_modalities_that_are_not_series_are_read_on_the_last_day():
    """The past of a modality that is no series moves no forecast; that of a series does."""
    module, given = network(series=1), inputs()
    for columns, reads in ((slice(0, SIZES[0]), True), (slice(SIZES[0], sum(SIZES)), False)):
        changed = given | {"x": given["x"].clone()}
        changed["x"][:, :, :-1, columns] += 1.0
        moved = (module(**given)[0] - module(**changed)[0]).abs().max()
        assert (moved > 1e-6) == reads


def test_windows_that_are_no_whole_weeks_are_filled_in_front():
    """A window of 3 days reads as one of 5 whose first two are the mean."""
    torch.manual_seed(0)
    reader, x = Reader(2, 2, 4, 3), torch.randn(6, 3, 2)
    longer = torch.cat([torch.zeros(6, 2, 2), x], dim=1)
    torch.testing.assert_close(reader(x), reader(longer))


def test_forecast_starts_knowing_nothing():
    """Before training the location is 0 and the scale 1, whichever kind."""
    for kind in KINDS:
        location, scale, _ = Architecture(kind, SIZES, width=6).build().eval()(**inputs())
        assert location.abs().max() == 0
        torch.testing.assert_close(scale, torch.ones_like(scale), rtol=0.01, atol=0)


def test_impossible_architectures_are_refused():
    """An unknown kind, no modality, an odd width and too many series each have an error."""
    for wrong in ({"kind": "sum"}, {"sizes": ()}, {"width": 5}, {"series": 4}):
        with pytest.raises(InputError, match=next(iter(wrong))):
            Architecture(**({"kind": "late", "sizes": SIZES} | wrong))
    with pytest.raises(InputError, match="gates"):
        network("early").gates(inputs()["x"])
