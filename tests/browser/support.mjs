// The real program, a front that misbehaves, and the browser. Nothing here sleeps: everything is waited for by its condition.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import http from "node:http";
import net from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { after } from "node:test";
import { chromium } from "playwright-core";

// ---- the program ----

export class Server {
  stderr = "";

  /** Returns once it accepts. A port of 0 is the system's choice; a restart asks for the same one. */
  static async start(...options) {
    const server = new Server();
    server.options = options;
    await server.#launch(0);
    return server;
  }

  async #launch(port) {
    const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("MARTD_")));
    const child = spawn(process.env.MARTD_PROGRAM, ["--http", `localhost:${port}`,
      ...(this.options.includes("--admin") ? [] : ["--admin", "none"]), ...this.options], { env });
    this.child = child;
    let out = "";
    child.stderr.on("data", (text) => (this.stderr += text));
    await new Promise((resolve, reject) => {
      child.on("error", reject);
      child.on("exit", (code) => reject(new Error(`the program ended with ${code}: ${this.stderr}`)));
      child.stdout.on("data", (text) => {
        out += text;
        if (/^ready$/m.test(out)) resolve();
      });
    });
    // Where it listens by https, that is what its tests are about.
    const [, scheme, listening] = /^listening (https) \S+:(\d+)$/m.exec(out) ?? /^listening (http) \S+:(\d+)$/m.exec(out);
    this.plainPort = Number(/^listening http \S+:(\d+)$/m.exec(out)[1]);
    this.port = Number(listening);
    this.url = `${scheme}://localhost:${this.port}`;
    const admin = /^listening admin \S+:(\d+)$/m.exec(out);
    if (admin) this.admin = `http://localhost:${admin[1]}`;
  }

  async stop(signal = "SIGTERM") {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const gone = once(this.child, "exit");
    this.child.kill(signal);
    await gone;
  }

  async restart(signal = "SIGKILL", between = () => {}) {
    await this.stop(signal);
    await between();
    await this.#launch(this.port);
  }

  async publish(channel, payload, attributes = "") {
    const answer = await fetch(`${this.url}/pub?channel=${encodeURIComponent(channel)}${attributes}`, { method: "POST", body: payload });
    if (!answer.ok) throw new Error(`publish: ${answer.status} ${await answer.text()}`);
    return answer.json();
  }

  /** Many messages as fast as the connection takes them, in order: requests are sent without waiting for the answers. */
  burst(channel, payloads, attributes = "") {
    const path = `/pub?channel=${encodeURIComponent(channel)}${attributes}`;
    return new Promise((resolve, reject) => {
      const socket = net.connect(this.port, "127.0.0.1");
      let answers = 0, seen = "";
      socket.setEncoding("latin1");
      socket.on("error", reject);
      socket.on("data", (text) => {
        seen += text;
        const lines = seen.split("HTTP/1.1 ");
        for (let i = 1; i < lines.length; i++) {
          if (lines[i].length < 3) break;
          if (!lines[i].startsWith("200")) return reject(new Error(`burst: ${lines[i]}`));
          answers++;
        }
        seen = lines.length > 1 && lines.at(-1).length < 3 ? "HTTP/1.1 " + lines.at(-1) : lines.at(-1).slice(-12);
        if (answers === payloads.length) socket.end(resolve);
      });
      const requests = payloads.map((p) =>
        `POST ${path} HTTP/1.1\r\nHost: localhost:${this.port}\r\nContent-Length: ${Buffer.byteLength(p)}\r\n\r\n${p}`);
      // In pieces: a server need not read on while its answers are not read.
      (function send(from) {
        if (from < requests.length) socket.write(requests.slice(from, from + 200).join(""), () => send(from + 200));
      })(0);
    });
  }

  async subscribers(channel) {
    const answer = await fetch(`${this.url}/pub?channel=${encodeURIComponent(channel)}`);
    return answer.status === 404 ? 0 : (await answer.json()).subscribers;
  }
}

// ---- a front between page and server ----

/**
 * Passes requests on to `server`, and serves the pages it is given, { "/page": [headers, body] }.
 * It can misbehave: `broken` answers everything with 502; `mute` passes nothing of event streams on, not even their
 * headers, or with "later" nothing after the first bytes; `cut` is how many bytes of a stream pass before it ends.
 */
export class Front {
  held = new Set();
  streams = 0;
  polls = 0;
  pages = {};

  static async start(server, pages = {}) {
    const front = new Front();
    Object.assign(front, { server, pages });
    front.http = http.createServer((request, response) => front.#serve(request, response));
    front.http.listen(0, "127.0.0.1"); // also where localhost is ::1 first
    await once(front.http, "listening");
    front.url = `http://localhost:${front.http.address().port}`;
    return front;
  }

  #serve(request, response) {
    const page = this.pages[request.url];
    if (page) return response.writeHead(200, page[0]).end(page[1]);
    if (this.broken) return response.writeHead(502, { "Content-Type": "text/html" }).end("<h1>Bad Gateway</h1>");
    const stream = /transport=sse/.test(request.url) || request.headers.accept === "text/event-stream";
    if (request.url.startsWith("/sub")) {
      stream ? this.streams++ : this.polls++;
      this.held.add(response);
      response.on("close", () => this.held.delete(response));
    }
    const { port } = this.server;
    const onward = http.request({ host: "localhost", port, path: request.url, method: request.method, headers: request.headers });
    request.pipe(onward);
    onward.on("error", () => response.destroy());
    response.on("close", () => onward.destroy());
    onward.on("response", (answer) => {
      answer.on("error", () => response.destroy());
      if (stream && this.mute === true) return answer.resume();
      response.writeHead(answer.statusCode, answer.headers);
      let passed = 0;
      answer.on("data", (piece) => {
        if (stream && this.mute === "later" && passed) return;
        if (stream && this.cut && passed + piece.length > this.cut) {
          onward.destroy();
          return response.end(piece.subarray(0, this.cut - passed));
        }
        passed += piece.length;
        response.write(piece);
      });
      answer.on("end", () => response.end());
    });
  }

  /** Breaks every held request, in the middle of whatever it was. */
  breakAll() {
    for (const response of this.held) response.destroy();
  }

  stop() {
    this.breakAll();
    this.http.closeAllConnections();
    this.http.close();
  }
}

/** The way between page and server, as bytes. mute(): from now on nothing comes through on the connections that are there,
 * and nobody is told, as when a machine slept or a router forgot them. */
export class Wire {
  #pairs = new Set();
  pieces = 0; // that came from the server

  static async start(server) {
    const wire = new Wire();
    wire.server = net.createServer((socket) => {
      const onward = net.connect(server.port, "localhost"), pair = { socket, onward, mute: false };
      wire.#pairs.add(pair);
      const pass = (from, to) => {
        from.on("data", (piece) => {
          if (pair.mute) return;
          if (from === onward) wire.pieces++;
          to.write(piece);
        });
        from.on("error", () => {});
        from.on("close", () => { if (!pair.mute) to.destroy(); });
      };
      pass(socket, onward);
      pass(onward, socket);
    }).listen(0, "127.0.0.1");
    await once(wire.server, "listening");
    wire.url = `http://localhost:${wire.server.address().port}`;
    return wire;
  }

  /** How many connections that is. */
  mute() {
    let count = 0;
    for (const pair of this.#pairs) {
      if (!pair.mute && !pair.socket.destroyed) count++;
      pair.mute = true;
    }
    return count;
  }

  stop() {
    for (const { socket, onward } of this.#pairs) {
      socket.destroy();
      onward.destroy();
    }
    this.server.close();
  }
}

// ---- the browser ----

export const ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync"];

let browser;

export async function launch() {
  browser ??= await chromium.launch({
    executablePath: process.env.MARTD_CHROMIUM,
    args: [...ARGUMENTS,
      // A name as a server on the local net has it: plain http, and not this machine to the browser. It is loopback here, too.
      "--host-resolver-rules=MAP push.test 127.0.0.1"],
    ignoreDefaultArgs: ["--disable-back-forward-cache"],
  });
  return browser;
}

after(async () => { await browser?.close(); });

/** What a test made, undone at its end in the reverse order. */
export class Stage {
  #made = [];
  said = [];
  leader; // the tab that asked last for what tabs share; by Web Locks only

  /** The body of a test: gives it a stage, and clears that away whatever happens. */
  static test(body) {
    return async () => {
      const stage = new Stage();
      try {
        await body(stage);
      } finally {
        for (const undo of stage.#made.reverse()) await undo();
      }
    };
  }

  /** A real nginx before `server`; `directives` for its one location. */
  async nginx(server, directives) {
    const folder = await mkdtemp(path.join(tmpdir(), "martd-nginx-"));
    this.undo(() => rm(folder, { recursive: true, force: true }));
    return this.nginxOf(folder, `location / { proxy_pass http://127.0.0.1:${server.port}; proxy_http_version 1.1; ${directives} }`);
  }

  /** A real nginx with all that it writes in `folder`; `directives` for its one server. */
  async nginxOf(folder, directives) {
    for (let tries = 0; ; tries++) {
      const probe = net.createServer().listen(0, "127.0.0.1");
      await once(probe, "listening");
      const { port } = probe.address();
      probe.close();
      await writeFile(path.join(folder, "nginx.conf"), `
        daemon off; master_process off; error_log stderr; pid ${folder}/pid; events {}
        http {
          access_log off;
          types { text/html html; text/css css; application/octet-stream bin; }
          ${["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((kind) => `${kind}_temp_path ${folder}/${kind};`).join(" ")}
          server { listen 127.0.0.1:${port}; ${directives} }
        }`);
      const child = spawn("nginx", ["-p", folder, "-c", path.join(folder, "nginx.conf"), "-e", "stderr"], {
        env: { ...process.env, PATH: `${process.env.PATH}:/usr/sbin` },
        stdio: ["ignore", "ignore", "pipe"],
      });
      let said = "", ended = false;
      child.stderr.on("data", (text) => (said += text));
      child.on("error", (error) => { said += error; ended = true; });
      child.on("exit", () => { ended = true; });
      const answers = () => fetch(`http://127.0.0.1:${port}/client.js`).then(() => true, () => false);
      await eventually(async () => ended || (await answers()), "nginx answers");
      this.undo(() => { child.kill("SIGKILL"); });
      if (!ended) return { url: `http://localhost:${port}` };
      // Somebody else was quicker to take the port.
      if (tries === 5 || !/in use/.test(said)) throw new Error(`nginx: ${said}`);
    }
  }

  undo(then) { this.#made.push(then); }

  async server(...options) {
    const server = await Server.start(...options);
    this.#made.push(() => server.stop("SIGKILL"));
    return server;
  }

  async wire(server) {
    const wire = await Wire.start(server);
    this.#made.push(() => wire.stop());
    return wire;
  }

  async front(server, pages) {
    const front = await Front.start(server, pages);
    this.#made.push(() => front.stop());
    return front;
  }

  /** A tab of a browser of its own, or `beside` another page, of the same browser. */
  async tab(options = {}, beside) {
    const context = beside?.context() ?? (await (await launch()).newContext(options));
    if (!beside) this.#made.push(() => context.close());
    const page = await context.newPage();
    page.on("console", (message) => this.said.push(message.text()));
    page.on("request", (request) => { if (request.url().includes("/sub?cid=*&")) this.leader = page; });
    return page;
  }

  /** A page of `url`'s origin that has client.js and keeps what it is told in `seen`. */
  async page(url, { before, clock, context, beside } = {}) {
    const page = await this.tab(context, beside);
    if (clock) await page.clock.install();
    if (before) await page.addInitScript(before);
    await page.goto(`${url}/there-is-nothing-here`);
    await page.addScriptTag({ url: `${url}/client.js` });
    await page.evaluate(rememberEverything);
    return page;
  }

  /** Several tabs of one browser. The first one leads, unless it was so slow that another took over. */
  async pages(count, url, options = {}) {
    const pages = [];
    while (pages.length < count) pages.push(await this.page(url, { ...options, beside: pages[0] }));
    return pages;
  }
}

/** Runs in the page. follow(name, channel, options) writes down what it is told under that name; passed(name, count, most)
 * waits until that were so many more, or `most` in all. */
export function rememberEverything() {
  window.seen = {};
  window.handles = {};
  window.states = [];
  const looks = new Set();
  window.passed = (name, count, most) => new Promise((resolve) => {
    const { payloads } = seen[name];
    const wanted = Math.min(payloads.length + count, most);
    const look = () => payloads.length >= wanted && (looks.delete(look), resolve());
    looks.add(look);
    look();
  });
  martd.on("state", (state, transport) => states.push(`${state} ${transport}`.trim()));
  window.follow = (name, channel, options = {}) => {
    const mine = (seen[name] = { payloads: [], missed: [], opened: 0, closed: [] });
    handles[name] = martd.sub(channel, (payload) => {
      mine.payloads.push(payload);
      for (const look of looks) look();
    }, {
      ...options,
      onmissed: (count) => mine.missed.push(count),
      onopen: () => mine.opened++,
      onclosed: (reason) => mine.closed.push(reason),
    });
  };
}

export const follow = (page, ...args) => page.evaluate((a) => follow(...a), args);
export const seen = (page, name) => page.evaluate((n) => seen[n], name);
export const payloads = async (page, name) => (await seen(page, name)).payloads;

/** Waits until `name` has been told `count` messages. */
export async function told(page, name, count) {
  try {
    await page.waitForFunction(([n, c]) => seen[n].payloads.length >= c, [name, count], { polling: 20, timeout: 30000 });
  } catch (late) {
    throw new Error(`${name} waits for ${count} messages and has ${JSON.stringify(await seen(page, name)).slice(0, 400)}, state ` +
      await page.evaluate(() => `${martd.state} ${martd.transport}`), { cause: late });
  }
  return payloads(page, name);
}

export const opened = (page, name, times = 1) =>
  page.waitForFunction(([n, t]) => seen[n].opened >= t, [name, times], { polling: 20, timeout: 30000 });

export const until = (page, condition, argument) => page.waitForFunction(condition, argument, { polling: 20, timeout: 30000 });

export const state = (page, wanted) => until(page, (w) => martd.state === w, wanted);

/** "1", "2", … */
export const numbers = (from, to) => Array.from({ length: to - from + 1 }, (_, i) => String(from + i));

/** Texts of the page that don't stand out from what is behind them, as [element, ratio] (WCAG 2.1, 1.4.3). */
export const poorContrast = (page) => page.evaluate(() => {
  const channel = (v) => ((v /= 255) <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
  const light = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
  const parse = (color) => color.match(/[\d.]+/g).map(Number);
  const behind = (element) => {
    for (; element; element = element.parentElement) {
      const color = parse(getComputedStyle(element).backgroundColor);
      if (color.length < 4 || color[3] > 0) return color;
    }
    return [255, 255, 255];
  };
  return [...document.querySelectorAll("h1,h2,h3,h4,p,label,button,input,textarea,pre,time,dt,dd,th,td,li span,.row span,#state")]
    .filter((e) => (e.textContent || e.value) && !e.disabled && e.checkVisibility())
    .map((e) => {
      const [a, b] = [light(parse(getComputedStyle(e).color)), light(behind(e))].sort((x, y) => y - x);
      return [e.tagName + "#" + e.id, (a + 0.05) / (b + 0.05)];
    }).filter(([, ratio]) => ratio < 4.5);
});

/** Waits for a condition on this side. */
export async function eventually(condition, what) {
  for (const end = Date.now() + 30000; ; await new Promise((resolve) => setTimeout(resolve, 20))) {
    if (await condition()) return;
    if (Date.now() > end) throw new Error(`never came about: ${what}`);
  }
}
