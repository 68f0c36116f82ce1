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
    for (const [label, values] of found) lines.push([cell(label), ...names.map((n) => values[n] ?? "")].join(","));
    save(`${name}.csv`, new Blob(["\ufeff", lines.join("\r\n"), "\r\n"], { type: "text/csv" }));
  };

  const explore = async (figure, spec, hidden, zoomed) => {
    const embed = await library();
    const frame = figure.querySelector(".paper-frame");
    const told = structuredClone(spec);
    const labels = [...rows(spec).found.keys()].sort();
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
      if (layer.description && layer.mark?.type === "line") {
        const dots = structuredClone(layer);
        dots.mark = { type: "point", filled: true, size: 160, opacity: 0 };
        dots.data = { values: dots.data.values.filter((r) => r.value !== null) };
        dots.encoding.tooltip = [
          { field: "label", title: say("时期", "Period") },
          { field: "value", title: layer.description, format: ",.2~f" },
        ];
        home.push(dots);
      }
    };
    for (const layer of [...told.layer]) trim(layer, null, told.layer);
    await embed(frame, told, {
      ast: true, defaultStyle: false, actions: false, renderer: "svg",
      tooltip: { disableDefaultStyle: true, theme: "custom" },
    });
    frame.classList.add("live");
  };

  for (const figure of document.querySelectorAll("figure.chart")) {
    const source = figure.querySelector("script.spec");
    if (!source) continue;
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
    if (names.length && found.size > 18) {
      for (const [months, zh, en] of [[13, "近一年", "1 year"], [37, "近三年", "3 years"], [0, "全部", "All"]]) {
        if (months < found.size) tools.append(button(say(zh, en), () => { zoomed = months; redraw(); }));
      }
    }
    tools.append(button("SVG", () => saveSvg(figure, name)), button("PNG", () => savePng(figure, name)));
    if (names.length) tools.append(button("CSV", () => saveCsv(spec, name)));
    figure.append(tools);
  }

  // Series chosen for comparing are kept while the window is open.
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

  if (document.documentElement.classList.contains("wall")) {
    const stops = ["/", "/warnings", "/regions", "/plans", "/industries"];
    const next = stops[(stops.indexOf(location.pathname) + 1) % stops.length];
    const seconds = Math.max(10, Number(new URL(location.href).searchParams.get("seconds")) || 30);
    const step = document.documentElement.scrollHeight - innerHeight;
    if (step > 40) setTimeout(() => scrollTo({ top: step, behavior: "smooth" }), (seconds * 1000) / 2);
    setTimeout(() => {
      const address = new URL(location.href);
      address.pathname = next;
      location.href = address.href;
    }, seconds * 1000);
  }
})();
