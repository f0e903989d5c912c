// Search, filters, order, bars and details of the feature explorer. Without it the table stands.
(() => {
  const [BARS, FAMILY, GROUP, FORMULA] = [2, 3, 4, 7]; // columns
  const NUMBERS = [1, 5, 6]; // those ordered by value, the largest first
  const [STEP, HALF] = [7, 9]; // pixels: width of a year, height of the longest bar
  const make = (tag, text, into) => {
    const made = document.createElement(tag);
    if (text !== undefined) made.textContent = text;
    if (into) into.append(made);
    return made;
  };

  const bars = (values, longest) => {
    const draw = (tag, attributes, into) => {
      const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
      for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
      if (into) into.append(made);
      return made;
    };
    const width = values.length * STEP;
    const box = { width, viewBox: `0 0 ${width} 20`, "aria-hidden": "true" };
    const picture = draw("svg", box);
    for (const [kind, way] of [["u", 1], ["d", -1]]) {
      const d = values.map((value, at) => {
        if (value === null || (value < 0) !== (way < 0)) return "";
        const height = Math.max(1, Math.min(Math.abs(value) / longest, 1) * HALF).toFixed(1);
        return `M${at * STEP} 10v${-way * height}h5v${way * height}z`;
      });
      draw("path", { class: kind, d: d.join("") }, picture);
    }
    draw("path", { class: "z", d: `M0 10H${width}` }, picture);
    return picture;
  };

  const start = (root) => {
    const data = JSON.parse(root.querySelector('script[type="application/json"]').textContent);
    const body = root.querySelector(".sc-rows");
    const [search, family, group] = root.querySelectorAll(".sc-controls :is(input, select)");
    const count = root.querySelector(".sc-count");
    const heads = [...root.querySelectorAll(".sc-scroll > table > thead th")];
    const rows = [...body.rows].map((row, place) => {
      const [units, source, inputs, ...scaled] = data.rows[place];
      const [low, high, ...years] = scaled.map((x) => (x === null ? null : x * data.unit));
      const cells = [...row.cells].map((cell) => cell.textContent);
      const words = [units, source, inputs].map((word) => data.words[word]);
      return {
        row, place, cells, low, high, years, words,
        text: [...cells, ...words].join("\n").toLowerCase(),
      };
    });
    let open = null;

    const close = () => {
      if (!open) return;
      open.detail.remove();
      open.button.setAttribute("aria-expanded", "false");
      open = null;
    };

    const detail = (one) => {
      const row = make("tr");
      row.className = "sc-detail";
      row.id = `${root.id}-detail`;
      const cell = make("td", undefined, row);
      cell.colSpan = heads.length;
      const list = make("dl", undefined, cell);
      const [units, source, inputs] = one.words;
      const [, ic, , ofFamily, ofGroup, days, known, formula] = one.cells;
      const unknown = one.low === null || one.high === null;
      const interval = unknown ? "" : ` [${one.low.toFixed(4)}, ${one.high.toFixed(4)}]`;
      const facts = {
        Formula: formula, Inputs: inputs, Lookback: `${days} trading days`, Units: units,
        Source: source, Family: `${ofFamily}, ${ofGroup}`, Known: `${known} of rows`,
        "Rank IC": ic + interval,
      };
      for (const [key, value] of Object.entries(facts)) {
        make("dt", key, list);
        make("dd", value, list);
      }
      if (data.years.length) {
        const table = make("table", undefined, cell);
        const top = make("tr", undefined, make("thead", undefined, table));
        const values = make("tr", undefined, make("tbody", undefined, table));
        make("th", "Year", top).scope = "col";
        make("th", "Rank IC", values).scope = "row";
        data.years.forEach((year, at) => {
          make("th", year, top).scope = "col";
          make("td", one.years[at] === null ? "–" : one.years[at].toFixed(3), values);
        });
      }
      return row;
    };

    const toggle = (one) => {
      const again = open && open.one === one;
      close();
      if (again) return;
      open = { one, button: one.button, detail: detail(one) };
      one.row.after(open.detail);
      one.button.setAttribute("aria-expanded", "true");
    };

    const fill = (select, all, values) => {
      const chosen = select.value;
      select.replaceChildren();
      make("option", all, select).value = "";
      for (const value of new Set(values)) make("option", value, select).value = value;
      if ([...select.options].some((option) => option.value === chosen)) select.value = chosen;
    };

    const show = () => {
      close();
      const wanted = search.value.toLowerCase().split(" ").filter(Boolean);
      let shown = 0;
      for (const { row, cells, text } of rows) {
        const fits =
          (!family.value || cells[FAMILY] === family.value) &&
          (!group.value || cells[GROUP] === group.value) &&
          wanted.every((word) => text.includes(word));
        row.hidden = !fits;
        shown += fits;
      }
      count.textContent = `${shown} of ${rows.length} features`;
    };

    const order = (column, head) => {
      close();
      const number = NUMBERS.includes(column);
      const before = head.getAttribute("aria-sort");
      const down = before ? before === "ascending" : number;
      const key = ({ cells }) => (number ? parseFloat(cells[column]) : cells[column]);
      rows.sort((a, b) => {
        const [x, y] = [key(a), key(b)];
        if (x !== x || y !== y) return (x !== x) - (y !== y) || a.place - b.place;
        const way = x < y ? -1 : x > y ? 1 : 0;
        return (down ? -way : way) || a.place - b.place;
      });
      for (const other of heads) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      body.append(...rows.map(({ row }) => row));
    };

    for (const one of rows) {
      const cell = one.row.cells[0];
      cell.textContent = "";
      one.button = make("button", one.cells[0], cell);
      one.button.type = "button";
      one.button.setAttribute("aria-expanded", "false");
      one.button.setAttribute("aria-controls", `${root.id}-detail`);
      if (one.years.some((value) => value !== null)) {
        one.row.cells[BARS].replaceChildren(bars(one.years, data.longest));
      }
      one.row.addEventListener("click", () => {
        if (!String(window.getSelection())) toggle(one);
      });
    }
    heads.forEach((head, column) => {
      if (column === BARS || column === FORMULA) return;
      const button = make("button", head.textContent);
      button.type = "button";
      button.addEventListener("click", () => order(column, head));
      head.replaceChildren(button);
    });
    body.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || !open) return;
      const { button } = open;
      close();
      button.focus();
    });
    search.addEventListener("input", show);
    group.addEventListener("change", show);
    family.addEventListener("change", () => {
      const within = rows.filter(({ cells }) => !family.value || cells[FAMILY] === family.value);
      fill(group, "all groups", within.map(({ cells }) => cells[GROUP]));
      show();
    });
    fill(family, "all families", rows.map(({ cells }) => cells[FAMILY]));
    fill(group, "all groups", rows.map(({ cells }) => cells[GROUP]));
    if (data.years.length) {
      const [first, last] = [data.years[0], data.years.at(-1)];
      root.querySelector("caption").textContent +=
        `. Bars: Rank IC by year, ${first} to ${last}, the longest ±${data.longest} or more.`;
    }
    root.querySelector(".sc-controls").hidden = false;
    root.setAttribute("data-ready", "");
    show();
  };

  document.querySelectorAll(".sc-explorer:not([data-ready])").forEach(start);
})();
