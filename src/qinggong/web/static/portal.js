// Everything here only adds to pages that are whole without it: saving and exploring of charts, the wall, comparing.
(() => {
  "use strict";
  const english = document.documentElement.lang === "en";
  const say = (zh, en) => (english ? en : zh);
  const vega = document.currentScript.dataset.vega;
  let loading = null;

  const library = () => {
    loading ??= new Promise((done, failed) => {
      const script = document.createElement("script");
      script.src = vega;
      script.onload = () => done(window.vegaEmbed);
      script.onerror = failed;
      document.head.append(script);
    });
    return loading;
  };

  const save = (name, blob) => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  };

  const button = (text, action) => {
    const one = document.createElement("button");
    one.type = "button";
    one.textContent = text;
    one.addEventListener("click", action);
    return one;
  };

  const picture = (figure) => {
    const copy = figure.querySelector("svg.chart, .vega-embed svg").cloneNode(true);
    copy.setAttribute("xmlns", "http://www.w3.org/2000/svg");
    copy.removeAttribute("aria-hidden");
    copy.setAttribute("role", "img");
    copy.setAttribute("aria-label", figure.querySelector(".paper-frame").getAttribute("aria-label"));
    const box = copy.viewBox.baseVal;
    copy.setAttribute("width", box.width);
    copy.setAttribute("height", box.height);
    return { text: new XMLSerializer().serializeToString(copy), width: box.width, height: box.height };
  };

  const saveSvg = (figure, name) => save(`${name}.svg`, new Blob([picture(figure).text], { type: "image/svg+xml" }));

  const savePng = (figure, name) => {
    const { text, width, height } = picture(figure);
    const image = new Image();
    image.onload = () => {
      const canvas = document.createElement("canvas");
      canvas.width = width * 2;
      canvas.height = height * 2;
      const pen = canvas.getContext("2d");
      pen.fillStyle = "#fff";
      pen.fillRect(0, 0, canvas.width, canvas.height);
      pen.drawImage(image, 0, 0, canvas.width, canvas.height);
      canvas.toBlob((blob) => save(`${name}.png`, blob));
    };
    image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`;
  };

  const rows = (spec) => {
    const found = new Map();
    const names = [];
    const walk = (layer, above) => {
      const data = layer.data ?? above;
      for (const inner of layer.layer ?? []) walk(inner, data);
      const name = layer.description;
      if (!name || !data || layer.layer) return;
      if (!names.includes(name)) names.push(name);
      for (const row of data.values) {
        if (row.label === undefined || row.value === undefined || row.value === null) continue;
        if (!found.has(row.label)) found.set(row.label, {});
        found.get(row.label)[name] = row.value;
      }
    };
    walk(spec, null);
    return { found, names };
  };

  const saveCsv = (spec, name) => {
    const { found, names } = rows(spec);
    const cell = (text) => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
    const lines = [["label", ...names].map(cell).join(",")];
    for (const label of ordered([...found.keys()])) {
      lines.push([cell(label), ...names.map((n) => found.get(label)[n] ?? "")].join(","));
    }
    save(`${name}.csv`, new Blob(["\ufeff", lines.join("\r\n"), "\r\n"], { type: "text/csv" }));
  };

  // Periods and values as official releases write them: 2025年10月份 … 同比增长5.7%.
  const MONTHS = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
    "November", "December"];
  const periodOf = (label, span) => {
    const found = /^(\d{4})-(\d{1,2})(?:[—/](\d{1,2}))?月?$/.exec(label);
    if (!found) return label;
    const [, year, first, last] = found;
    const [from, to] = last ? [Number(first), Number(last)] : [span === "ytd" ? 1 : Number(first), Number(first)];
    if (english) {
      if (span === "point") return `end of ${MONTHS[to - 1]} ${year}`;
      if (from === 1 && to === 12) return year;
      return from === to ? `${MONTHS[to - 1]} ${year}` : `${MONTHS[from - 1]}–${MONTHS[to - 1]} ${year}`;
    }
    if (span === "point") return `${year}年${to}月末`;
    if (from === 1 && to === 12) return `${year}年全年`;
    if (from === 1 && to === 6) return `${year}年上半年`;
    return from === to ? `${year}年${to}月份` : `${year}年${from}—${to}月`;
  };

  const moment = (label) => {
    const found = /^(\d{4})-(\d{1,2})(?:[—/](\d{1,2}))?月?$/.exec(label);
    return found ? Number(found[1]) * 100 + Number(found[3] ?? found[2]) : Number.NaN;
  };
  const ordered = (labels) => (labels.some((l) => Number.isNaN(moment(l))) ? labels : labels.sort((a, b) => moment(a) - moment(b)));

  const wording = (figure, spec) => {
    const { span = "month", units = {} } = spec.usermeta ?? {};
    const title = figure.querySelector("figcaption").textContent;
    const plain = (value) => value.toLocaleString("en-US", { maximumFractionDigits: 2, useGrouping: true });
    return (name, label, value) => {
      const unit = units[name] ?? "";
      const rate = unit === "%" && /同比|增速|year on year|growth/i.test(`${name}${title}`);
      const size = rate ? Math.abs(value).toLocaleString("en-US", { minimumFractionDigits: 1, maximumFractionDigits: 2 })
        : plain(Math.abs(value));
      const bare = name.replace(/^growth of /i, "").replace(/(累计|当月|单月)?(同比|增速)$/, "").replace(/,? ?(year to date, )?(year on year|growth)$/i, "");
      if (english) {
        const told = rate ? (size === "0.0" ? "unchanged on a year before" : `${value > 0 ? "up" : "down"} ${size}% on a year before`)
          : `${plain(value)}${unit === "%" ? "%" : ` ${unit}`}`;
        return `${periodOf(label, span)}: ${rate ? `${bare} ${told}`.trim() : `${name} ${told}`}`;
      }
      const told = rate ? (size === "0.0" ? "同比持平" : `同比${value > 0 ? "增长" : "下降"}${size}%`) : `为${plain(value)}${unit}`;
      return `${periodOf(label, span)}${rate ? bare : name}${told}`;
    };
  };

  const explore = async (figure, spec, hidden, zoomed) => {
    const embed = await library();
    const frame = figure.querySelector(".paper-frame");
    const told = structuredClone(spec);
    const say_ = wording(figure, spec);
    const labels = ordered([...rows(spec).found.keys()]);
    const shown = zoomed ? labels.slice(-zoomed) : labels;
    // The number at the end of a line has the line's colour: it goes with the line.
    const hiddenInks = new Set();
    const inks = (layer) => {
      for (const inner of layer.layer ?? []) inks(inner);
      if (hidden.has(layer.description) && layer.mark?.stroke) hiddenInks.add(layer.mark.stroke);
    };
    inks(told);
    const trim = (layer, above, home) => {
      // Data that stand at a group are put into its layers, so that each can be cut by itself.
      layer.data ??= above && !layer.layer ? structuredClone(above) : undefined;
      for (const inner of [...(layer.layer ?? [])]) trim(inner, layer.data ?? above, layer.layer);
      if (layer.description && hidden.has(layer.description)) layer.data = { values: [] };
      if (layer.mark?.type === "text" && hiddenInks.has(layer.mark.fill)) layer.data = { values: [] };
      const scale = layer.encoding?.x?.scale;
      if (zoomed && Array.isArray(scale?.domain) && typeof scale.domain[0] === "string") {
        scale.domain = scale.domain.filter((l) => shown.includes(l));
        if (layer.data) layer.data = { values: layer.data.values.filter((r) => r.label === undefined || shown.includes(r.label)) };
        if (Array.isArray(layer.encoding.x.axis?.values)) {
          const every = Math.max(1, Math.ceil(shown.length / 8));
          layer.encoding.x.axis.values = shown.filter((_, i) => (shown.length - 1 - i) % every === 0);
        }
      }
      if (layer.description && layer.mark?.type === "bar" && layer.data) {
        layer.data = { values: layer.data.values.map((r) => (r.value === undefined || r.value === null ? r
          : { ...r, told: say_(layer.description, r.label, r.value) })) };
        layer.encoding.tooltip = { field: "told", type: "nominal" };
      }
      if (layer.description && layer.mark?.type === "line") {
        const dots = structuredClone(layer);
        dots.mark = { type: "point", filled: true, size: 160, opacity: 0 };
        dots.data = { values: dots.data.values.filter((r) => r.value !== null)
          .map((r) => ({ ...r, told: say_(layer.description, r.label, r.value) })) };
        dots.encoding.tooltip = { field: "told", type: "nominal" };
        home.push(dots);
      }
    };
    for (const layer of [...told.layer]) trim(layer, null, told.layer);
    const seen = frame.querySelector("svg[aria-label]");
    if (seen) frame.setAttribute("aria-label", seen.getAttribute("aria-label"));
    await embed(frame, told, {
      ast: true, defaultStyle: false, actions: false, renderer: "svg",
      tooltip: { disableDefaultStyle: true, theme: "custom" },
    });
    // The library names each of its groups by its kind; what the chart says is said by the frame and the arrow keys.
    frame.querySelector("svg").setAttribute("aria-hidden", "true");
    frame.classList.add("live");
  };

  const enhance = (figure) => {
    const source = figure.querySelector("script.spec");
    if (!source) return;
    const spec = JSON.parse(source.textContent);
    const name = figure.querySelector("figcaption").textContent.trim().replace(/[\\/:*?"<>|]/g, "-");
    const tools = document.createElement("div");
    tools.className = "tools";
    const { names, found } = rows(spec);
    const hidden = new Set();
    let zoomed = 0;
    const redraw = () => explore(figure, spec, hidden, zoomed).catch(() => {});
    const frame = figure.querySelector(".paper-frame");
    if (names.length) {
      const first = () => { if (!frame.classList.contains("live")) redraw(); };
      frame.addEventListener("pointerenter", first, { once: true });
      frame.addEventListener("focus", first, { once: true });
      if (!frame.firstElementChild) first();
    }
    if (names.length > 1) {
      for (const one of names) {
        const toggle = button(one, () => {
          if (hidden.has(one)) hidden.delete(one);
          else if (hidden.size < names.length - 1) hidden.add(one);
          toggle.setAttribute("aria-pressed", String(!hidden.has(one)));
          redraw();
        });
        toggle.setAttribute("aria-pressed", "true");
        tools.append(toggle);
      }
    }
    const byTime = [...found.keys()].every((label) => /^\d{4}-/.test(label));
    if (names.length && byTime && found.size > 18) {
      for (const [months, zh, en] of [[13, "近一年", "1 year"], [37, "近三年", "3 years"], [0, "全部", "All"]]) {
        if (months < found.size) tools.append(button(say(zh, en), () => { zoomed = months; redraw(); }));
      }
    }
    tools.append(button("SVG", () => saveSvg(figure, name)), button("PNG", () => savePng(figure, name)));
    if (names.length) tools.append(button("CSV", () => saveCsv(spec, name)));
    if (names.length) {
      // Arrow keys read the values out, one period (or bar) at a time.
      const reading = document.createElement("output");
      reading.className = "reading";
      const say_ = wording(figure, spec);
      const labels = ordered([...found.keys()]);
      let at = labels.length;
      frame.addEventListener("keydown", (event) => {
        const steps = { ArrowLeft: -1, ArrowRight: 1, Home: -labels.length, End: labels.length };
        if (!(event.key in steps) || event.ctrlKey || event.altKey || event.metaKey) return;
        event.preventDefault();
        at = Math.min(Math.max(at + steps[event.key], 0), labels.length - 1);
        const values = found.get(labels[at]);
        reading.textContent = names.filter((n) => !hidden.has(n) && values[n] !== undefined)
          .map((n) => say_(n, labels[at], values[n])).join(say("；", "; "));
      });
      frame.after(reading);
      // On a narrow screen the newest figures are seen first.
      if (byTime && frame.scrollWidth > frame.clientWidth) frame.scrollLeft = frame.scrollWidth;
    }
    figure.append(tools);
  };
  for (const figure of document.querySelectorAll("figure.chart")) enhance(figure);
  // A figure that a script of the page has made: it is drawn at once, since it has no drawing of the server.
  document.addEventListener("figure", (event) => enhance(event.target));

  // On a narrow screen the newest lights are seen first.
  for (const wall of document.querySelectorAll("table.lights")) wall.parentElement.scrollLeft = wall.offsetWidth;

  // Series chosen for comparing are kept while the window is open; the page of the comparison says which.
  if (/\/compare(\.html)?$/.test(location.pathname)) {
    const now = (new URL(location.href).searchParams.get("series") ?? "").split(",").filter(Boolean);
    sessionStorage.setItem("compare", JSON.stringify(now));
  }
  for (const link of document.querySelectorAll("a[data-compare]")) {
    link.addEventListener("click", (event) => {
      event.preventDefault();
      const kept = JSON.parse(sessionStorage.getItem("compare") ?? "[]").filter((s) => s !== link.dataset.compare);
      kept.push(link.dataset.compare);
      sessionStorage.setItem("compare", JSON.stringify(kept.slice(-8)));
      const target = new URL(link.href);
      target.searchParams.set("series", kept.slice(-8).join(","));
      location.href = target.href;
    });
  }

  // The wall goes through the pages of the head, each screen by screen; a site of files knows it by its address only.
  const here = new URL(location.href);
  if (here.searchParams.get("wall") === "1") document.documentElement.classList.add("wall");
  if (document.documentElement.classList.contains("wall")) {
    const links = [...document.querySelectorAll("header nav a")].map((a) => new URL(a.href));
    const wanted = /(^|\/)(index\.html)?$|\/(warnings|regions|plans|industries)(\.html)?$/;
    const stops = links.filter((link) => wanted.test(link.pathname));
    const now = stops.findIndex((link) => link.pathname === location.pathname);
    const seconds = Math.max(10, Number(here.searchParams.get("seconds")) || 30);
    const tall = document.documentElement.scrollHeight - innerHeight;
    const screens = tall > 40 ? Math.min(4, 1 + Math.ceil(tall / (innerHeight * 0.9))) : 1;
    for (let n = 1; n < screens; n += 1) {
      setTimeout(() => scrollTo({ top: n * innerHeight * 0.9, behavior: "smooth" }), (n * seconds * 1000) / screens);
    }
    const bar = document.createElement("div");
    bar.className = "progress";
    bar.style.transitionDuration = `${seconds}s`;
    document.body.append(bar);
    requestAnimationFrame(() => requestAnimationFrame(() => bar.classList.add("run")));
    setTimeout(() => {
      const next = stops.length ? new URL(stops[(now + 1) % stops.length]) : here;
      for (const [name, value] of here.searchParams) next.searchParams.set(name, value);
      location.href = next.href;
    }, seconds * 1000);
  }
})();
