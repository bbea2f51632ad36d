// The page of the explorer. Keys of the table are text from anywhere: they only ever become textContent, canvas text,
// or parts of an encoded address, never markup.
"use strict";

const at = (id) => document.getElementById(id);
const message = (text) => { at("message").textContent = text; };

async function ask(question, given = {}) {
  const response = await fetch(`/api/${question}?${new URLSearchParams(given)}`);
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.error);
  return answer;
}

function element(kind, text, name) {
  const made = document.createElement(kind);
  if (text !== undefined) made.textContent = text;
  if (name) made.className = name;
  return made;
}

// Runs what a person has asked for; an error is a message, and an answer that comes too late is dropped.
let latest = 0;
async function attempt(work) {
  const mine = ++latest;
  message("");
  try { await work(() => mine === latest); } catch (error) { if (mine === latest) message(error.message); }
}

// ------------------------------------------------------------------------------- addresses
// #king, #analogy/man/king/woman, #compare/king/queen, #map: what is shown can be shared, and the back button works.

const VIEWS = ["similar", "analogy", "compare", "map"];

function show(view) {
  for (const one of VIEWS) at(one).hidden = one !== view;
  for (const tab of document.querySelectorAll("[role=tab]")) tab.setAttribute("aria-selected", String(tab.dataset.view === view));
  if (view === "map") drawMap();
}

function go(...parts) {
  const address = "#" + parts.map(encodeURIComponent).join("/");
  if (location.hash === address) route(); else location.hash = address;
}

function decoded(part) {
  try { return decodeURIComponent(part); } catch { return part; }
}

function route() {
  const parts = location.hash.slice(1).split("/").map(decoded);
  const [first, ...rest] = parts;
  if (first === "analogy" && (rest.length === 3 || !rest.length)) return showAnalogy(rest);
  if (first === "compare") return showCompare(rest);
  if (first === "map" && !rest.length) return show("map");
  if (first === "word" && rest.length) return showSimilar(rest.join("/"));
  if (location.hash.length > 1) return showSimilar(parts.join("/"));
  return show("similar");
}

const RESERVED = new Set(["analogy", "compare", "map", "word"]);
const goWord = (text) => RESERVED.has(text) || text.includes("/") ? go("word", text) : go(text);

// ------------------------------------------------------------------------------- neighbours

/* A cosine in digits; none is a dash, and nothing is below 0 that is shown as 0. */
const figure = (cosine, digits) => cosine === null ? "–" : (Number(cosine.toFixed(digits)) + 0).toFixed(digits);

function bars(list, words) {
  list.replaceChildren(...words.map((word) => {
    const item = element("li");
    const meter = element("meter");
    meter.min = 0; meter.max = 1; meter.value = Math.max(0, word.cosine ?? 0);
    const text = element("span", word.text, "text");
    text.dir = "auto";
    item.append(meter, text, element("span", figure(word.cosine, 3), "number"));
    item.tabIndex = 0;
    item.addEventListener("click", () => goWord(word.text));
    item.addEventListener("keydown", (event) => { if (event.key === "Enter") goWord(word.text); });
    return item;
  }));
}

function showSimilar(text) {
  show("similar");
  return attempt(async (isCurrent) => {
    const found = await ask("find", { text });
    const answer = await ask("similar", { row: found.row, n: 20 });
    if (!isCurrent()) return;
    at("word").textContent = answer.word.text;
    at("count").textContent = answer.word.count === undefined ? "" : `occurs ${answer.word.count.toLocaleString()} times`;
    bars(at("neighbours"), answer.words);
    document.title = `${answer.word.text.slice(0, 40)} · fastw2v explorer`;
  });
}

// ------------------------------------------------------------------------------- analogies, comparisons

function showAnalogy(words) {
  show("analogy");
  const form = at("analogy-form");
  ["a", "b", "c"].forEach((name, place) => { if (words[place] !== undefined) form.elements[name].value = words[place]; });
  if (words.length !== 3) return undefined;
  return attempt(async (isCurrent) => {
    const [a, b, c] = await Promise.all(words.map((text) => ask("find", { text })));
    const answer = await ask("analogy", { a: a.row, b: b.row, c: c.row });
    if (isCurrent()) bars(at("analogy-answers"), answer.words);
  });
}

function showCompare(words) {
  show("compare");
  if (!words.length) return undefined;
  at("compare-form").elements.words.value = words.join(" ");
  return attempt(async (isCurrent) => {
    const found = await Promise.all(words.map((text) => ask("find", { text })));
    const answer = await ask("compare", { rows: found.map((word) => word.row).join(",") });
    if (!isCurrent()) return;
    const head = element("tr");
    head.append(element("th"), ...answer.words.map((word) => element("th", word.text)));
    const rows = answer.words.map((word, row) => {
      const line = element("tr");
      line.append(element("th", word.text), ...answer.cosines[row].map((cosine) => {
        const cell = element("td", figure(cosine, 2));
        if (cosine !== null) cell.style.background = `color-mix(in srgb, var(--bar) ${Math.round(Math.max(0, cosine) * 100)}%, transparent)`;
        return cell;
      }));
      return line;
    });
    at("cosines").replaceChildren(head, ...rows);
  });
}

// ------------------------------------------------------------------------------- search

let choices = [];
let chosen = -1;

function offer(words) {
  choices = words;
  chosen = -1;
  at("completions").replaceChildren(...words.map((word, place) => {
    const item = element("li", word.text, "text");
    item.setAttribute("role", "option");
    item.dir = "auto";
    item.addEventListener("pointerdown", (event) => { event.preventDefault(); pick(place); });
    return item;
  }));
  at("completions").hidden = !words.length;
  at("search").setAttribute("aria-expanded", String(words.length > 0));
}

function pick(place) {
  const text = place >= 0 ? choices[place].text : at("search").value.trim();
  offer([]);
  if (!text) return;
  at("search").value = text;
  goWord(text);
}

function mark(place) {
  chosen = (place + choices.length + 1) % (choices.length + 1);
  if (chosen === choices.length) chosen = -1;
  [...at("completions").children].forEach((item, one) => item.setAttribute("aria-selected", String(one === chosen)));
}

let typed = 0;
async function complete() {
  const text = at("search").value.trim();
  const mine = ++typed;
  if (!text) return offer([]);
  try {
    const answer = await ask("complete", { text });
    if (mine === typed) offer(answer.words);
  } catch { /* the next letter asks again */ }
  return undefined;
}

// ------------------------------------------------------------------------------- the map

const map = { words: null, points: null, scale: 1, x: 0, y: 0, hits: [] };

async function drawMap() {
  if (map.words === null) {
    map.words = [];
    await attempt(async () => {
      const answer = await ask("map");
      map.words = answer.words;
      map.points = Float32Array.from(answer.points);
      if (!map.words.length) message("this explorer was started without a map");
    });
  }
  paint();
}

function paint() {
  const canvas = at("canvas");
  const ratio = window.devicePixelRatio || 1;
  const width = canvas.clientWidth, height = canvas.clientHeight;
  if (!width || map.points === null) return;
  if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
  }
  const style = getComputedStyle(document.documentElement);
  const paper = canvas.getContext("2d");
  paper.setTransform(ratio, 0, 0, ratio, 0, 0);
  paper.clearRect(0, 0, width, height);
  paper.fillStyle = style.getPropertyValue("--accent");
  const unit = Math.min(width, height) / 2.1 * map.scale;
  const radius = Math.min(3, 0.8 + map.scale / 6);
  const seen = [];
  for (let place = 0; place < map.words.length; place++) {
    const x = width / 2 + (map.points[2 * place] - map.x) * unit;
    const y = height / 2 - (map.points[2 * place + 1] - map.y) * unit;
    if (x < -20 || x > width + 20 || y < -20 || y > height + 20) continue;
    paper.fillRect(x - radius / 2, y - radius / 2, radius, radius);
    seen.push([place, x, y]);
  }
  // Words come by falling frequency: each gets its label where there is still room.
  paper.font = "13px system-ui, sans-serif";
  paper.fillStyle = style.getPropertyValue("--fore");
  paper.textBaseline = "middle";
  const cell = 16, taken = new Set();
  map.hits = [];
  for (const [place, x, y] of seen) {
    const text = map.words[place].slice(0, 24);
    const wide = paper.measureText(text).width;
    const row = Math.floor(y / cell), first = Math.floor(x / cell), last = Math.floor((x + wide + 8) / cell);
    let free = true;
    for (let column = first; column <= last && free; column++) free = !taken.has(row * 4096 + column) && !taken.has((row + 1) * 4096 + column);
    if (!free) continue;
    for (let column = first; column <= last; column++) { taken.add(row * 4096 + column); taken.add((row + 1) * 4096 + column); }
    paper.fillText(text, x + 5, y);
    map.hits.push([place, x, y - 9, x + wide + 8, y + 9]);
    if (map.hits.length >= 600) break;
  }
}

function zoom(factor, x, y) {
  const canvas = at("canvas");
  const unit = Math.min(canvas.clientWidth, canvas.clientHeight) / 2.1 * map.scale;
  const dx = (x - canvas.clientWidth / 2) / unit, dy = (canvas.clientHeight / 2 - y) / unit;
  const scale = Math.min(400, Math.max(0.7, map.scale * factor));
  map.x += dx * (1 - map.scale / scale);
  map.y += dy * (1 - map.scale / scale);
  map.scale = scale;
  paint();
}

function move(dx, dy) {
  const canvas = at("canvas");
  const unit = Math.min(canvas.clientWidth, canvas.clientHeight) / 2.1 * map.scale;
  map.x -= dx / unit;
  map.y += dy / unit;
  paint();
}

function readyMap() {
  const canvas = at("canvas");
  const fingers = new Map();
  let moved = 0;
  canvas.addEventListener("wheel", (event) => { event.preventDefault(); zoom(Math.exp(-event.deltaY / 400), event.offsetX, event.offsetY); }, { passive: false });
  canvas.addEventListener("pointerdown", (event) => { canvas.setPointerCapture(event.pointerId); fingers.set(event.pointerId, event); if (fingers.size === 1) moved = 0; });
  canvas.addEventListener("pointermove", (event) => {
    const before = fingers.get(event.pointerId);
    if (!before) return;
    if (fingers.size === 2) {
      const other = [...fingers.values()].find((finger) => finger.pointerId !== event.pointerId);
      const far = (one) => Math.hypot(one.offsetX - other.offsetX, one.offsetY - other.offsetY);
      zoom(far(event) / Math.max(1, far(before)), (event.offsetX + other.offsetX) / 2, (event.offsetY + other.offsetY) / 2);
      moved += 10;
    } else {
      move(event.offsetX - before.offsetX, event.offsetY - before.offsetY);
      moved += Math.abs(event.offsetX - before.offsetX) + Math.abs(event.offsetY - before.offsetY);
    }
    fingers.set(event.pointerId, event);
  });
  const up = (event) => {
    fingers.delete(event.pointerId);
    if (event.type === "pointerup" && moved < 5) {
      const hit = map.hits.find(([, left, top, right, bottom]) => event.offsetX >= left && event.offsetX <= right && event.offsetY >= top && event.offsetY <= bottom);
      if (hit) goWord(map.words[hit[0]]);
    }
  };
  canvas.addEventListener("pointerup", up);
  canvas.addEventListener("pointercancel", up);
  canvas.addEventListener("keydown", (event) => {
    const step = 60, middle = [canvas.clientWidth / 2, canvas.clientHeight / 2];
    const moves = { ArrowLeft: [step, 0], ArrowRight: [-step, 0], ArrowUp: [0, step], ArrowDown: [0, -step] };
    if (event.key === "+" || event.key === "=") zoom(1.4, ...middle);
    else if (event.key === "-") zoom(1 / 1.4, ...middle);
    else if (moves[event.key]) move(...moves[event.key]);
    else return;
    event.preventDefault();
  });
  new ResizeObserver(() => { if (!at("map").hidden) paint(); }).observe(canvas);
}

// ------------------------------------------------------------------------------- beginning

function ready() {
  at("search").addEventListener("input", complete);
  at("search").addEventListener("blur", () => offer([]));
  at("search").addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown") mark(chosen + 1);
    else if (event.key === "ArrowUp") mark(chosen === -1 ? choices.length - 1 : chosen - 1 === -1 ? -1 : chosen - 1);
    else if (event.key === "Enter") pick(chosen);
    else if (event.key === "Escape") offer([]);
    else return;
    event.preventDefault();
  });
  for (const tab of document.querySelectorAll("[role=tab]")) {
    tab.addEventListener("click", () => {
      if (tab.dataset.view === "similar") { const word = at("word").textContent; if (word) goWord(word); else go(""); }
      else go(tab.dataset.view);
    });
  }
  at("analogy-form").addEventListener("submit", (event) => {
    event.preventDefault();
    const form = event.target.elements;
    const words = ["a", "b", "c"].map((name) => form[name].value.trim());
    if (words.every(Boolean)) go("analogy", ...words); else message("give three words");
  });
  at("compare-form").addEventListener("submit", (event) => {
    event.preventDefault();
    const words = event.target.elements.words.value.split(/[\s,]+/).filter(Boolean);
    if (words.length > 1) go("compare", ...words); else message("give two words or more");
  });
  at("theme").addEventListener("click", () => {
    const root = document.documentElement;
    const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = dark ? "light" : "dark";
    paint();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "/" && !/^(INPUT|TEXTAREA)$/.test(document.activeElement.tagName)) { event.preventDefault(); at("search").focus(); at("search").select(); }
  });
  window.addEventListener("hashchange", route);
  readyMap();
  ask("info").then((info) => {
    at("info").textContent = `${info.words.toLocaleString()} words, ${info.size} dimensions`;
  }).catch((error) => message(error.message));
  route();
}

ready();
