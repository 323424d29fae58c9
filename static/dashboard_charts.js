"use strict";
// Small charts of the last five minutes, and the figures below them.

const kSeconds = 300;

/** One line of so many seconds, drawn as SVG. */
class Chart {
  #values = [];
  #svgs = "http://www.w3.org/2000/svg";

  constructor(title, format) {
    this.title = title;
    this.format = format;
    this.now = make("b", {}, "–");
    this.most = make("span");
    this.note = make("span");
    this.svg = document.createElementNS(this.#svgs, "svg");
    this.svg.setAttribute("viewBox", `0 0 ${kSeconds - 1} 100`);
    this.svg.setAttribute("preserveAspectRatio", "none");
    this.svg.setAttribute("role", "img");
    this.area = this.#shape("path", "area");
    this.line = this.#shape("path", "line");
    this.at = this.#shape("line", "at");
    this.at.setAttribute("y1", "0");
    this.at.setAttribute("y2", "100");
    this.at.setAttribute("visibility", "hidden");
    this.figure = make("figure", { className: "chart" }, make("figcaption", {}, make("span", {}, title), this.now), this.svg,
      make("div", { className: "under" }, this.note, this.most));
    this.svg.addEventListener("pointermove", (event) => this.#point(event));
    this.svg.addEventListener("pointerleave", () => { this.at.setAttribute("visibility", "hidden"); this.#label(); });
  }

  #shape(name, className) {
    const shape = document.createElementNS(this.#svgs, name);
    shape.setAttribute("class", className);
    this.svg.append(shape);
    return shape;
  }

  set(values) {
    this.#values = values.slice(-kSeconds);
    this.#draw();
  }

  add(value) {
    this.#values.push(value);
    if (this.#values.length > kSeconds) this.#values.shift();
    this.#draw();
  }

  #draw() {
    const values = this.#values;
    const most = Math.max(1, ...values);
    const first = kSeconds - values.length;
    const points = values.map((value, i) => `${first + i} ${(97 - (value / most) * 94).toFixed(1)}`);
    this.line.setAttribute("d", points.length ? "M" + points.join("L") : "");
    this.area.setAttribute("d", points.length ? `M${first} 100L${points.join("L")}L${kSeconds - 1} 100Z` : "");
    this.#label();
  }

  #label() {
    const values = this.#values;
    if (values.length === 0) return;
    const now = this.format(values.at(-1));
    const most = this.format(Math.max(...values));
    say(this.now, now);
    say(this.most, "most " + most);
    this.svg.setAttribute("aria-label", `${this.title}: ${now} now, at most ${most} in the last five minutes`);
  }

  #point(event) {
    const box = this.svg.getBoundingClientRect();
    const second = Math.round(((event.clientX - box.left) / box.width) * (kSeconds - 1));
    const value = this.#values[second - (kSeconds - this.#values.length)];
    if (value === undefined) return;
    this.at.setAttribute("x1", second);
    this.at.setAttribute("x2", second);
    this.at.setAttribute("visibility", "visible");
    say(this.most, `${this.format(value)}, ${duration(kSeconds - 1 - second)} ago`);
  }
}

/** The bound below which that share of what came between two looks at a histogram lies; null where nothing came. */
function quantile(before, after, share) {
  const counts = after.buckets.map((value, i) => value - (before ? before.buckets[i] : 0));
  const all = counts.reduce((sum, value) => sum + value, 0);
  if (all === 0) return null;
  let seen = 0;
  for (let i = 0; i < counts.length; i++) {
    seen += counts[i];
    if (seen >= share * all) return i < after.bounds_seconds.length ? after.bounds_seconds[i] : Infinity;
  }
  return Infinity;
}

const bound = (seconds) => (seconds === null ? "–" : seconds === Infinity ? "over 10 s" : "≤ " + duration(seconds));

class Figures {
  #charts = {
    pushed: new Chart("Messages pushed, a second", rate),
    delivered: new Chart("Deliveries, a second", rate),
    held: new Chart("Subscribers", count),
  };
  #tiles = new Map();
  #looks = [];  // the last ten seconds

  constructor() {
    byId("charts").append(...Object.values(this.#charts).map((chart) => chart.figure));
    // They stand in their order from the beginning, so that nothing moves when the first figures come.
    for (const title of ["Publish to write, 99 %", "Connections", "Channels", "Messages kept", "Memory of messages", "Missed", "Slow subscribers",
      "Refused requests", "Loop lag, 99 %", "CPU", "Resident memory", "Open files"]) this.#tile(title, "–");
  }

  recent(seconds) {
    this.#charts.pushed.set(seconds.map((second) => second[1]));
    this.#charts.delivered.set(seconds.map((second) => second[2]));
    this.#charts.held.set(seconds.map((second) => second[3]));
  }

  #tile(title, text, warn = false) {
    let value = this.#tiles.get(title);
    if (!value) {
      value = make("dd");
      this.#tiles.set(title, value);
      byId("tiles").append(make("div", {}, make("dt", {}, title), value));
    }
    say(value, text);
    value.className = warn ? "warn" : "";
  }

  add(stats) {
    const last = this.#looks.at(-1);
    this.#looks.push(stats);
    if (this.#looks.length > 11) this.#looks.shift();
    const first = this.#looks[0];
    const passed = last ? stats.server.uptime_seconds - last.server.uptime_seconds : 0;
    if (passed > 0) {
      this.#charts.pushed.add(Math.max(0, stats.channels.published - last.channels.published) / passed);
      this.#charts.delivered.add(Math.max(0, stats.deliveries.total - last.deliveries.total) / passed);
      this.#charts.held.add(stats.subscribers.total);
    }
    say(this.#charts.held.note, `${count(stats.subscribers.sse)} streams, ${count(stats.subscribers.poll)} polls, ${count(stats.subscribers.lines)} lines`);
    say(this.#charts.pushed.note, count(stats.channels.published) + " in all");
    say(this.#charts.delivered.note, count(stats.deliveries.total) + " in all");

    const since = (title, value, before) => this.#tile(title, count(value) + (value > before ? " (+" + count(value - before) + ")" : ""), value > before);
    this.#tile("Publish to write, 99 %", bound(quantile(first === stats ? null : first.latency.publish_to_write, stats.latency.publish_to_write, 0.99)));
    this.#tile("Connections", `${count(stats.connections.open)} of ${count(stats.connections.limit)}`, stats.connections.open > 0.9 * stats.connections.limit);
    this.#tile("Channels", count(stats.channels.count));
    this.#tile("Messages kept", count(stats.channels.messages));
    this.#tile("Memory of messages", `${bytes(stats.memory.backlog_bytes)} of ${bytes(stats.memory.limit_bytes)}`, stats.memory.backlog_bytes > 0.9 * stats.memory.limit_bytes);
    this.#tile("Memory of followers", `${bytes(stats.memory.follower_bytes)} of ${bytes(stats.memory.limit_bytes / 2)}`, stats.memory.follower_bytes > 0.45 * stats.memory.limit_bytes);
    since("Missed", stats.losses.missed, first.losses.missed);
    since("Slow subscribers", stats.losses.fell_behind, first.losses.fell_behind);
    since("Refused requests", stats.connections.refused, first.connections.refused);
    let lag = null;
    stats.server.loops.forEach((loop, i) => {
      const worst = quantile(first === stats ? null : first.server.loops[i].lag, loop.lag, 0.99);
      if (worst !== null && (lag === null || worst > lag)) lag = worst;
    });
    const hanging = stats.server.loops.some((loop) => loop.turn_age_seconds > 2);
    this.#tile("Loop lag, 99 %", hanging ? "a loop hangs" : bound(lag), hanging);
    const span = stats.server.uptime_seconds - first.server.uptime_seconds;
    this.#tile("CPU", span > 0 ? (((stats.process.cpu_seconds - first.process.cpu_seconds) / span) * 100).toFixed(0) + " %" : "–");
    this.#tile("Resident memory", bytes(stats.memory.resident_bytes));
    this.#tile("Open files", `${count(stats.process.open_files)} of ${count(stats.process.max_open_files)}`, stats.process.open_files > 0.9 * stats.process.max_open_files);
    if (stats.tls) this.#tile("TLS handshakes", `${count(stats.tls.handshakes)}, ${count(stats.tls.resumed)} resumed`);
    if (stats.proxy) this.#tile("Proxied requests", count(stats.proxy.requests_by_class.reduce((sum, value) => sum + value, 0)));
    if (stats.store) this.#tile("Store", stats.store.writable ? count(stats.store.commits) + " commits" : "can't be written", !stats.store.writable);
  }

  /** The server has started anew: what it counts begins at nothing. */
  reset() { this.#looks = []; }
}
