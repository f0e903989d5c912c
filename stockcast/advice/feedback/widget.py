"""A panel for the notebook: choose an evening and a stock, say how satisfied you are, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from stockcast.advice.feedback.satisfaction import RATINGS, rate
from stockcast.advice.ledger import Ledger, LedgerError
from stockcast.errors import InputError

if TYPE_CHECKING:
    import ipywidgets


class Panel:
    """Choices of evening, stock and rating, a note, a name and a button.

    Attributes
    ----------
    evening, stock, rating, note, who : ipywidgets.Widget
        What is chosen; stocks are those with a forecast on the evening, best score first.
    button : ipywidgets.Button
        A click calls `stockcast.advice.feedback.satisfaction.rate`, as the command line does.
    said : ipywidgets.HTML
        What became of the last click.
    box : ipywidgets.VBox
        All of them: name it last in a cell.
    """

    def __init__(
        self,
        ledger: Ledger,
        who: str = "",
        *,
        run: str = "",
        model: str = "",
        horizon: int = 0,
        issued_at: pd.Timestamp | str | None = None,
    ) -> None:
        import ipywidgets as widgets

        self._ledger, self._issued_at = ledger, issued_at
        self._asked = {"run": run, "model": model, "horizon": horizon}
        forecasts = ledger.forecasts()
        for name, value in self._asked.items():
            forecasts = forecasts[forecasts[name] == value] if value else forecasts
        self._forecasts = forecasts
        evenings = [f"{day:%F}" for day in sorted(forecasts["date"].unique(), reverse=True)]
        self.evening = widgets.Dropdown(options=evenings, description="evening")
        self.stock = widgets.Dropdown(description="stock")
        self.rating = widgets.ToggleButtons(options=list(RATINGS), value=3, description="rating")
        self.note = widgets.Text(description="note")
        self.who = widgets.Text(value=who, description="who")
        self.button = widgets.Button(description="Record")
        self.said = widgets.HTML()
        self.box: ipywidgets.VBox = widgets.VBox(
            [self.evening, self.stock, self.rating, self.note, self.who, self.button, self.said]
        )
        self.evening.observe(self._offer, names="value")
        self.button.on_click(self._record)
        self._offer()

    def _offer(self, _: object = None) -> None:
        """Offer the stocks of the evening."""
        day = self._forecasts[self._forecasts["date"] == pd.Timestamp(self.evening.value or 0)]
        ordered = day.sort_values(["score", "code"], ascending=[False, True])
        codes = list(dict.fromkeys(ordered["code"]))
        self.stock.options = codes
        self.stock.value = codes[0] if codes else None

    def _record(self, _: object = None) -> None:
        from html import escape

        try:
            rate(
                self._ledger, self.evening.value or "", self.stock.value or "", self.rating.value,
                self.who.value, self.note.value, issued_at=self._issued_at, **self._asked,
            )  # fmt: skip
        except (InputError, LedgerError) as error:
            self.said.value = f"not recorded: {escape(str(error))}"
            return
        told = f"{self.stock.value} of {self.evening.value}: {self.rating.value}"
        self.said.value = f"recorded: {escape(told)} by {escape(self.who.value)}"
        self.note.value = ""
