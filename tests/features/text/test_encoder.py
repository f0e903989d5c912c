"""A transformer from a local folder: same interface, no network, no pickle."""

import socket
import sys

import numpy as np
import pandas as pd
import pytest

from stockcast.errors import InputError
from stockcast.features.text import encoder

UNTIL = "2017-06-30"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A BERT of one layer with random weights, and a vocabulary of the test's characters."""
    torch = pytest.importorskip("torch")
    transformers = pytest.importorskip("transformers")
    folder = tmp_path_factory.mktemp("bert")
    letters = "公司数百分比负中标亿元项目上半年净利增长控股东持万获发明专拟回购:"
    letters += "减前三季度亏损被立案调查终止重组收到警示函"
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *dict.fromkeys(letters)]
    (folder / "vocab.txt").write_text("\n".join(vocabulary), encoding="utf-8")
    torch.manual_seed(0)
    config = transformers.BertConfig(
        vocab_size=len(vocabulary), hidden_size=16, num_hidden_layers=1, num_attention_heads=2,
        intermediate_size=32, max_position_embeddings=64,
    )  # fmt: skip
    transformers.BertModel(config).save_pretrained(folder, safe_serialization=True)
    transformers.BertTokenizerFast(vocab_file=str(folder / "vocab.txt")).save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def tiny(folder) -> encoder.Encoder:
    return encoder.Encoder(folder)


@pytest.fixture(scope="module")
def few(news) -> pd.DataFrame:
    return news.iloc[::2]


@pytest.fixture(scope="module")
def model(few, tiny) -> encoder.EncoderModel:
    return encoder.fit(few, UNTIL, tiny)


def test_embedding_is_the_mean_of_the_last_layer(tiny, folder):
    """Equals the plain spelling in transformers, headline by headline."""
    import torch
    from transformers import AutoTokenizer, BertModel

    found = tiny.embed(["中标项目", "被立案调查", "中标项目"])
    tokenizer = AutoTokenizer.from_pretrained(folder)
    bert = BertModel.from_pretrained(folder).eval()
    with torch.no_grad():
        last = bert(**tokenizer("被立案调查", return_tensors="pt")).last_hidden_state
    np.testing.assert_array_equal(found[1], last[0].mean(0).double().numpy())
    np.testing.assert_array_equal(found[0], found[2])
    assert np.abs(found[0] - found[1]).max() > 0.01
    assert tiny.embed([]).shape == (0, 16)


def test_names_are_masked(tiny):
    """Two companies with the same wording have one embedding."""
    found = tiny.embed(["云岭科技中标项目", "海川电力中标项目"], [("云岭科技",), ("海川电力",)])
    np.testing.assert_array_equal(found[0], found[1])


def test_even_random_weights_tell_wordings_apart(few, model):
    """Frozen random features and a regression beat the majority on later headlines."""
    later = few[few["time"] > UNTIL]
    said = model.predict(later["title"], later["names"]) > 0.5
    assert np.mean(said == later["label"]) > max(later["label"].mean(), 0.6) + 0.1
    assert model.information_until <= pd.Timestamp(UNTIL)


def test_later_labels_change_no_bit(few, tiny, model):
    """Turning labels after `until` leaves every weight."""
    turned = few.assign(label=(1 - few["label"]).where(few["time"] > UNTIL, few["label"]))
    again = encoder.fit(turned, UNTIL, tiny)
    np.testing.assert_array_equal(again.weights, model.weights)
    assert (again.offset, again.chosen) == (model.offset, model.chosen)


def test_saved_model_is_bit_equal(few, model, tiny, folder, tmp_path):
    """A loaded model with the encoder read anew gives the same bits, one headline or many."""
    model.save(tmp_path / "model.safetensors")
    loaded = encoder.EncoderModel.load(tmp_path / "model.safetensors", encoder.Encoder(folder))
    some = few.tail(9)
    asked = some["title"], some["names"]
    np.testing.assert_array_equal(loaded.predict(*asked), model.predict(*asked))
    last = model.predict(some["title"].tail(1), some["names"].tail(1))
    assert last[0] == model.predict(*asked)[-1]
    (tmp_path / "other.safetensors").write_bytes(b"x")
    for name in ("other", "none"):
        with pytest.raises(InputError, match="must be a saved encoder model"):
            encoder.EncoderModel.load(tmp_path / f"{name}.safetensors", tiny)


def test_no_network_is_touched(folder, monkeypatch):
    """Loading and embedding open no connection."""

    def refuse(*_):
        raise AssertionError("a connection was opened")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    assert encoder.Encoder(folder).embed(["中标"]).shape == (1, 16)


def test_missing_folder_says_so(tmp_path):
    """A folder that is not there or lacks safetensors is an error that names the file."""
    with pytest.raises(InputError, match=r"must hold config\.json"):
        encoder.Encoder(tmp_path / "nowhere")
    (tmp_path / "config.json").write_text("{}")
    (tmp_path / "pytorch_model.bin").write_bytes(b"\x80\x04.")
    with pytest.raises(InputError, match=r"must hold model\.safetensors"):
        encoder.Encoder(tmp_path)
    (tmp_path / "model.safetensors").write_bytes(b"broken")
    with pytest.raises(InputError, match="must be readable"):
        encoder.Encoder(tmp_path)


def test_missing_package_says_so(folder, monkeypatch):
    """Without transformers the error names the package."""
    monkeypatch.setitem(sys.modules, "transformers", None)
    with pytest.raises(InputError, match="pip install transformers"):
        encoder.Encoder(folder)
