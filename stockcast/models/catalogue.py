"""Every model of the book, in the order of its levels."""

from stockcast.models.classical import CLASSICAL
from stockcast.models.committee import MODEL as COMMITTEE
from stockcast.models.fusion.models import FUSIONS
from stockcast.models.model import Model
from stockcast.models.networks.models import NETWORKS
from stockcast.models.pretraining.tuned import PRETRAINED

MODELS: tuple[Model, ...] = (*CLASSICAL, COMMITTEE, *NETWORKS, *FUSIONS, *PRETRAINED)
"""Of different names; see `stockcast.models.model.Model`."""
