// The search of a site of files: the same answers as the server's, from an index that stands beside the pages.
(() => {
  "use strict";
  const { entries, series, releases, kinds } = window.qinggongIndex;
  const english = document.documentElement.lang === "en";
  const MOST = 50;
  const LONGEST = 80;
  const chinese = /[\u4e00-\u9fff]/;
  const words = (text) => text.match(/[a-z0-9]+/g) ?? [];

  // How well an entry fits: code, name, initials, pinyin, English, in this order.
  const score = (entry, asked) => {
    const code = entry.code.toLowerCase();
    if (asked === code) return 100;
    const names = entry.names.map((n) => n.toLowerCase());
    if (names.includes(asked)) return 95;
    if (chinese.test(asked)) {
      if (names.some((n) => n.startsWith(asked))) return 80;
      if (names.some((n) => n.includes(asked))) return 65 - (20 * (names[0].length - asked.length)) / 40;
      return 0;
    }
    const joined = asked.replaceAll(" ", "");
    if (entry.initials.includes(joined)) return 75;
    if (entry.pinyin.includes(joined)) return 85;
    if (joined.length > 1 && entry.initials.some((i) => i.startsWith(joined))) return 60;
    if (joined.length > 2 && entry.pinyin.some((p) => p.startsWith(joined))) return 58;
    if (joined.length > 2 && entry.initials.some((i) => i.includes(joined))) return 40;
    const name = entry.name_en.toLowerCase();
    if (asked === name) return 90;
    const known = [...new Set(words(name))];
    const given = words(asked);
    if (given.length && given.every((w) => known.some((k) => k.startsWith(w)))) return 55 - known.length;
    if (code.startsWith(joined) && joined.length > 1) return 50;
    return joined.length > 3 && entry.pinyin.some((p) => p.includes(joined)) ? 30 : 0;
  };

  const ordered = (hits, most) => hits.sort((a, b) => b.score - a.score || (a.path < b.path ? -1 : 1)).slice(0, most);

  const among = (asked, chosen, most) => ordered(entries.filter((e) => chosen.includes(e.kind))
    .map((e) => ({ ...e, score: score(e, asked) })).filter((e) => e.score > 0)
    .map((e) => ({ ...e, score: e.score + e.weight })), most);

  // Series whose subject and indicator are both named: 家具 利润, furniture profit.
  const ofSeries = (text) => {
    const hit = (s, points) => ({ kind: "series", path: `/series/${s.slug}`, code: "", name: s.name, name_en: s.name_en, score: points });
    const one = series.find((s) => s.slug === text || s.id === text);
    if (one) return [hit(one, 100)];
    const parts = text.toLowerCase().split(/\s+/).filter(Boolean);
    if (parts.length !== 2) return [];
    const subjects = among(parts[0], ["industry", "group"], 4).filter((e) => e.score > 40);
    const indicators = among(parts[1], ["indicator"], 4).filter((e) => e.score > 40).map((e) => e.code);
    return subjects.flatMap((subject, place) => series
      .filter((s) => s.subject === `${subject.kind}:${subject.code}` && indicators.includes(s.indicator))
      .sort((a, b) => (a.scope !== "nbs") - (b.scope !== "nbs")).slice(0, 8)
      .map((s) => hit(s, 72 - 6 * place + (s.scope === "nbs"))));
  };

  const search = (text) => {
    const asked = text.trim().toLowerCase();
    if (!asked) return [];
    return ordered([
      ...among(asked, Object.keys(kinds), Infinity), ...ofSeries(text.trim()),
      ...releases.filter((r) => r.name.startsWith(asked))
        .map((r) => ({ kind: "release", path: `/releases/${r.name}`, code: r.name, name: r.title, name_en: r.title_en, score: 60 })),
    ], MOST);
  };

  const element = (name, className, text) => {
    const made = document.createElement(name);
    made.className = className;
    made.textContent = text;
    return made;
  };

  const place = document.getElementById("found");
  const text = (new URL(location.href).searchParams.get("q") ?? "").slice(0, LONGEST);
  const hits = search(text);
  if (text) {
    document.querySelector("h1").textContent += english ? `: ${text}` : `：${text}`;
    document.getElementById("q").value = text;
  }
  if (!hits.length) {
    place.replaceChildren(element("p", "gap", text ? place.dataset.none : place.dataset.ask));
    return;
  }
  const list = element("ul", "hits", "");
  for (const hit of hits) {
    const link = element("a", "", english && hit.name_en ? hit.name_en : hit.name);
    const [path, anchor] = hit.path.slice(1).split("#");
    link.href = `${encodeURI(path)}.html${anchor ? `#${anchor}` : ""}`;
    const other = hit.kind === "series" ? "" : `${hit.code}${hit.name_en && !english ? ` · ${hit.name_en}` : ""}`;
    const line = document.createElement("li");
    line.append(element("span", "state", kinds[hit.kind][english ? 1 : 0]), " ", link, " ", element("span", "small", other));
    list.append(line);
  }
  place.replaceChildren(list);
})();
