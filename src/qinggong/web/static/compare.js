// The comparison of a site of files: up to eight series from the files of their pages, as the server compares them.
(() => {
  "use strict";
  const english = document.documentElement.lang === "en";
  const say = (zh, en) => (english ? en : zh);
  const place = document.getElementById("compared");
  const look = JSON.parse(document.getElementById("look").textContent);
  const asked = new URL(location.href).searchParams;
  const form = place.parentElement.querySelector("form.choose");
  const slugs = [...new Set(asked.getAll("series").join(",").split(",").map((s) => s.trim()).filter(Boolean))];
  const [from, to] = [asked.get("from") ?? "", asked.get("to") ?? ""];
  form.elements.series.value = slugs.join(",");
  form.elements.base.checked = asked.get("base") === "first";
  form.elements.from.value = from;
  form.elements.to.value = to;

  const element = (name, className, text = "") => {
    const made = document.createElement(name);
    if (className) made.className = className;
    made.textContent = text;
    return made;
  };
  const tell = (sentence) => place.replaceChildren(element("p", "gap", sentence));

  // Rounded half up as in print, thousands grouped.
  const written = (value) => {
    if (value === null) return "—";
    const size = Math.abs(value) < 1e-6 ? 0 : Number(`${Math.round(Number(`${Math.abs(value)}e2`))}e-2`);
    const sign = value < 0 && size > 0 ? "-" : "";
    return sign + size.toLocaleString("en-US", { minimumFractionDigits: 2, maximumFractionDigits: 2 });
  };

  const figuresOf = (data) => {
    const found = data.observations.filter((o) => o.value !== null)
      .map((o) => ({ month: o.month, joint: o.period !== o.month, told: o.period_name, value: o.value }));
    // January and February together count where neither month has a figure of its own.
    const own = new Set(found.filter((f) => !f.joint && /-0[12]$/.test(f.month)).map((f) => f.month.slice(0, 4)));
    return found.filter((f) => !(data.span === "month" && f.joint && own.has(f.month.slice(0, 4))))
      .filter((f) => (!from || f.month >= from) && (!to || f.month <= to)).sort((a, b) => (a.month < b.month ? -1 : 1));
  };

  const rebase = (lines) => {
    const firsts = lines.filter((l) => l.figures.length).map((l) => l.figures[0]).sort((a, b) => (a.month < b.month ? 1 : -1));
    const first = firsts[0];
    const left = [];
    for (const line of lines) {
      const origin = line.figures.find((f) => f.month >= first.month && f.value)?.value;
      const usable = origin > 0 && ["level", "index"].includes(line.data.measure);
      if (line.figures.length && !usable) left.push(line.name);
      line.figures = usable ? line.figures.map((f) => ({ ...f, value: (f.value / origin) * 100 })) : [];
    }
    const base = first ? say(`各序列以${first.told}为100换算。`, `Each series is rebased to 100 in ${first.month}. `) : "";
    return base + (left.length ? say(`增速和含负数的序列不能换算，未画出：${left.join("、")}。`,
      `Growth rates and series with negative numbers cannot be rebased and are left out: ${left.join("; ")}.`) : "");
  };

  // All periods between the first and the last, so that a missing one is a gap: quarters, or months with January only
  // where any year has it by itself.
  const axisOf = (months) => {
    const held = new Set(months.map((m) => m.slice(5)));
    const all = Array.from({ length: 12 }, (_, i) => String(i + 1).padStart(2, "0"));
    const quarters = [...held].every((kind) => Number(kind) % 3 === 0);
    const kinds = all.filter((kind) => held.has(kind) || (quarters ? Number(kind) % 3 === 0 : kind !== "01"));
    const found = [];
    for (let year = Number(months[0].slice(0, 4)); year <= Number(months.at(-1).slice(0, 4)); year += 1) {
      for (const kind of kinds) found.push(`${year}-${kind}`);
    }
    return found.filter((m) => m >= months[0] && m <= months.at(-1));
  };

  const drawing = (lines, months, unit, reference) => {
    const labels = axisOf(months);
    const every = Math.max(1, Math.ceil(labels.length / 8));
    const values = labels.filter((_, i) => (labels.length - 1 - i) % every === 0);
    const spec = structuredClone(look.frame);
    const text = (words, x, y, more) => ({ data: { values: [{}] },
      mark: { ...look.text, align: "left", fontWeight: "normal", limit: spec.width - x + 20, ...more, text: words },
      encoding: { x: { value: x }, y: { value: y } } });
    spec.padding.top = 36 + 18 * lines.length;
    const sizes = [...lines.flatMap((l) => l.figures.map((f) => f.value)), ...(reference === null ? [] : [reference])];
    const y = { axis: { ...look.axes.y, values: undefined, labelExpr: "replace(format(datum.value, ',~f'), '−', '-')", tickCount: 6 },
      type: "quantitative", scale: { domain: [Math.min(...sizes), Math.max(...sizes)], zero: false, nice: true } };
    const x = { field: "label", type: "ordinal", scale: { domain: labels, type: "point", padding: 0.3 }, axis: { ...look.axes.x, values } };
    const layers = [];
    const level = (value, mark) => layers.push({ data: { values: [{}] }, mark: { ...look.rule, ...mark }, encoding: { y: { datum: value, ...y } } });
    if (reference !== null) level(reference, { strokeDash: [4, 3] });
    if (Math.min(...sizes) < 0 && Math.max(...sizes) > 0) level(0, {});
    const heads = [text(say(`单位：${unit}`, `Unit: ${unit}`), -50, -17, { fill: "#595959" })];
    for (const [i, line] of lines.entries()) {
      const known = new Map(line.figures.map((f) => [f.month, f.value]));
      const rows = labels.map((label) => ({ label, value: known.get(label) ?? null }));
      layers.push({ data: { values: rows }, mark: look.strokes[line.place], description: line.name, encoding: { x, y: { field: "value", ...y } } });
      const lone = rows.filter((r, n) => r.value !== null && (rows[n - 1]?.value ?? null) === null && (rows[n + 1]?.value ?? null) === null);
      if (lone.length) layers.push({ data: { values: lone }, mark: { type: "point", filled: true, size: 26, opacity: 1, fill: look.strokes[line.place].stroke },
        description: line.name, encoding: { x, y: { field: "value", ...y } } });
      const at = -30 - 18 * (lines.length - i);
      heads.push({ data: { values: [{}] }, mark: { ...look.strokes[line.place], type: "rule" },
        encoding: { x: { value: -50 }, x2: { value: -26 }, y: { value: at + 9 } } });
      heads.push(text(line.name, -20, at + 13, { fill: look.strokes[line.place].stroke }));
    }
    spec.layer = [...layers, ...heads, ...spec.layer];
    const units = Object.fromEntries(lines.map((l) => [l.name, unit]));
    const spans = new Set(lines.map((l) => l.data.span));
    return { ...spec, usermeta: { units, span: spans.size === 1 ? [...spans][0] : "other" } };
  };

  const figure = (spec, note) => {
    const made = element("figure", "chart wide");
    made.id = "fig-compare";
    const title = say("序列比较", "Comparison of series");
    const frame = element("div", "paper-frame");
    for (const [name, value] of [["tabindex", "0"], ["role", "group"], ["aria-label", title]]) frame.setAttribute(name, value);
    const source = element("script", "spec", JSON.stringify(spec));
    source.type = "application/json";
    made.append(element("figcaption", "", title), frame, source);
    if (note) made.append(element("p", "note", note));
    return made;
  };

  const table = (lines, months) => {
    const made = element("table", "figures");
    const head = made.createTHead().insertRow();
    for (const [i, name] of [say("月份", "Month"), ...lines.map((l) => l.name)].entries()) {
      const cell = element("th", i ? "n" : "", name);
      cell.scope = "col";
      head.append(cell);
    }
    const body = made.createTBody();
    for (const month of [...months].reverse()) {
      const row = body.insertRow();
      const cell = element("th", "", month);
      cell.scope = "row";
      row.append(cell, ...lines.map((l) => element("td", "n", written(l.figures.find((f) => f.month === month)?.value ?? null))));
    }
    const frame = element("div", "scroll tall");
    for (const [name, value] of [["tabindex", "0"], ["role", "region"], ["aria-label", say("数据", "Data")]]) frame.setAttribute(name, value);
    frame.append(made);
    return frame;
  };

  const show = async () => {
    if (!slugs.length) return tell(place.dataset.ask);
    const most = Number(place.dataset.most);
    if (slugs.length > most) return tell(say(`最多比较${most}个序列，给了${slugs.length}个，请减少`, `At most ${most} series can be compared; ${slugs.length} were given`));
    const lines = [];
    for (const [i, slug] of slugs.entries()) {
      const answer = await fetch(`${place.dataset.series}/${encodeURIComponent(slug)}.json`).catch(() => null);
      if (answer === null) return tell(say("读不到数据：请从网站打开本页，不要直接打开文件夹里的文件。", "The data cannot be read: open this page from a web server, not from a folder."));
      if (!answer.ok) return tell(say(`没有序列“${slug}”`, `There is no series “${slug}”`));
      const { data } = await answer.json();
      lines.push({ data, slug, place: i, name: english ? data.name_en : data.name, figures: figuresOf(data) });
    }
    const units = new Set(lines.map((l) => l.data.unit));
    const rebased = asked.get("base") === "first" || units.size > 1;
    const note = rebased ? rebase(lines) : "";
    const drawn = lines.filter((l) => l.figures.length);
    const months = [...new Set(drawn.flatMap((l) => l.figures.map((f) => f.month)))].sort();
    const list = element("ul", "plain");
    for (const line of lines) {
      const link = element("a", "", line.name);
      link.href = `series/${encodeURIComponent(line.slug)}.html`;
      const away = element("a", "small", say("移去", "remove"));
      const target = new URL(location.href);
      target.searchParams.set("series", slugs.filter((s) => s !== line.slug).join(","));
      away.href = target.href;
      const item = document.createElement("li");
      item.append(link, line.figures.length ? "" : element("span", "small", rebased ? say(" · 未画出", " · not drawn") : say(" · 没有数字", " · no figures")), " ", away);
      list.append(item);
    }
    if (months.length < 2) {
      return place.replaceChildren(element("p", "gap", note || say("所选时段没有可以比较的数字，请放宽起止月份。", "There are no figures to compare in these months: choose a longer time.")), list);
    }
    const unit = rebased ? say("首期=100", "first period = 100") : [...units][0];
    const made = figure(drawing(drawn, months, unit, rebased ? 100 : null), note);
    place.replaceChildren(made, list, table(lines, months));
    return made.dispatchEvent(new CustomEvent("figure", { bubbles: true }));
  };

  show();
})();
