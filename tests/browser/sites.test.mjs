// Real sites behind the proxy: what a development server, WebSocket libraries and event streams make of it.
import assert from "node:assert/strict";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { test } from "node:test";
import { Server as SocketServer } from "socket.io";
import { io } from "socket.io-client";
import { createServer as createVite } from "vite";
import webpack from "webpack";
import WebpackServer from "webpack-dev-server";
import { WebSocket, WebSocketServer } from "ws";
import { Stage, eventually, until } from "./support.mjs";
import { folder, run, site } from "./sites.mjs";

const it = (name, body) => test(name, { timeout: 120000 }, Stage.test(body));
const html = { "Content-Type": "text/html; charset=utf-8" };

// ---- Vite ----

const modules = 200;

/** A site of 200 modules and one that accepts its own replacement. */
async function viteSite(stage) {
  const names = Array.from({ length: modules }, (_, n) => `part${n}.js`);
  const files = Object.fromEntries(names.map((name, n) => [name, `export default ${n};\n`]));
  files["index.html"] = `<!doctype html>
<html><head><meta charset="utf-8"><title>größe</title></head>
<body><p id="hot"></p><script type="module" src="/main.js"></script></body></html>`;
  files["hot.js"] = hot("one");
  files["main.js"] = names.map((name, n) => `import p${n} from "./${name}";`).join("\n") + `
import "./hot.js";
window.sum = ${names.map((_, n) => `p${n}`).join(" + ")};`;
  const root = await folder(stage, files);
  const vite = await createVite({
    root, configFile: false, logLevel: "silent", cacheDir: path.join(root, ".cache"),
    server: { host: "127.0.0.1", port: 0, strictPort: true },
    optimizeDeps: { noDiscovery: true },
  });
  stage.undo(() => vite.close());
  const upgrades = [];
  vite.httpServer.on("upgrade", (request) => upgrades.push(request.headers));
  await vite.listen();
  return { root, upgrades, url: `http://127.0.0.1:${vite.httpServer.address().port}` };
}

const hot = (text) => `document.getElementById("hot").textContent = "${text}";
if (import.meta.hot) import.meta.hot.accept();
`;

it("Vite: page, 200 modules, and a module replaced without a reload, all through the proxy; a curl publish arrives", async (stage) => {
  const vite = await viteSite(stage);
  const server = await stage.server(vite.url, "--inject");
  const page = await stage.tab();
  const addresses = [];
  page.on("request", (request) => addresses.push(request.url()));
  page.on("websocket", (socket) => addresses.push(socket.url()));
  await page.goto(server.url);
  await until(page, (sum) => window.sum === sum, (modules * (modules - 1)) / 2);
  assert.equal(await page.textContent("#hot"), "one");

  // The script is there once, before the site's own, and Vite's page is what it was.
  assert.deepEqual(await page.evaluate(() => [...document.querySelectorAll("head script[src]")].map((s) => s.getAttribute("src"))),
    ["/client.js", "/@vite/client"]);
  assert.equal(await page.title(), "größe");

  // No reload: what is written on the window stays. Vite sends the new module only where its socket is open.
  await page.evaluate(() => { window.mine = "still here"; });
  await eventually(() => stage.said.includes("[vite] connected."), "Vite's client says that it is connected");
  await writeFile(path.join(vite.root, "hot.js"), hot("two"));
  await until(page, () => document.getElementById("hot").textContent === "two");
  assert.equal(await page.evaluate(() => window.mine), "still here");

  // Where a proxy fails its socket, Vite goes round it and asks the site directly: then the upgrade has no Via.
  assert(vite.upgrades.length > 0);
  for (const headers of vite.upgrades) {
    assert.match(headers.via, /^1\.1 martd-[0-9a-f]{8}$/);
    assert.equal(headers.host, `localhost:${server.port}`);
    assert.match(headers["sec-websocket-protocol"], /vite/);
  }
  assert.deepEqual(addresses.filter((address) => new URL(address).port !== String(server.port)), []);
  assert.deepEqual(stage.said.filter((text) => /fallback|failed to connect/i.test(text)), []);

  await page.evaluate(() => {
    window.got = [];
    martd.sub("news", (payload) => got.push(payload));
  });
  await until(page, () => martd.state === "open");
  await run("curl", "-sS", "--fail", "-o", "/dev/null", "--data-binary", "from curl", `${server.url}/pub?channel=news`);
  await until(page, () => got[0] === "from curl");
});

it("Vite: after a reload the page still has the script, though the site answers 304", async (stage) => {
  const vite = await viteSite(stage);
  const server = await stage.server(vite.url, "--inject");
  const page = await stage.tab();
  for (let visit = 0; visit < 3; ++visit) {
    await page.goto(`${server.url}/index.html`);
    await until(page, () => window.sum !== undefined);
    assert.equal(await page.evaluate(() => typeof martd.sub), "function");
  }
});

// ---- webpack-dev-server ----

const part = (text) => `export default "${text}";\n`;

it("webpack-dev-server: a module replaced without a reload, and a page loaded anew, through the proxy", async (stage) => {
  const root = await folder(stage, {
    "index.html": `<!doctype html><html><head><title>a</title></head><body><p id="hot"></p><script src="/main.js"></script></body></html>`,
    "hot.js": part("one"),
    "cold.js": part("a"),
    "main.js": `import hot from "./hot.js";
import cold from "./cold.js";
window.cold = cold;
const show = () => { document.getElementById("hot").textContent = hot; };
show();
if (import.meta.webpackHot) import.meta.webpackHot.accept("./hot.js", show);`,
  });
  const compiler = webpack({
    mode: "development", devtool: false, context: root, entry: "./main.js", infrastructureLogging: { level: "none" }, stats: "none",
    output: { path: path.join(root, "made"), filename: "main.js" },
  });
  const behind = new WebpackServer({
    host: "127.0.0.1", port: 0, static: { directory: root, watch: false }, hot: true, setupExitSignals: false,
    client: { webSocketURL: "auto://0.0.0.0:0/ws" }, // where the page is, as without a host of its own
  }, compiler);
  await behind.start();
  stage.undo(() => behind.stop());
  const upgrades = [];
  behind.server.on("upgrade", (request) => upgrades.push(request.headers));
  const server = await stage.server(`http://127.0.0.1:${behind.server.address().port}`, "--inject");
  const page = await stage.tab();
  const addresses = [];
  page.on("request", (request) => addresses.push(request.url()));
  page.on("websocket", (socket) => addresses.push(socket.url()));
  await page.goto(server.url);
  await until(page, () => document.getElementById("hot").textContent === "one");
  assert.equal(await page.evaluate(() => typeof martd.sub), "function");
  await page.evaluate(() => { window.mine = "still here"; });
  await eventually(() => upgrades.length > 0, "its socket");
  await writeFile(path.join(root, "hot.js"), part("two"));
  await until(page, () => document.getElementById("hot").textContent === "two");
  assert.equal(await page.evaluate(() => window.mine), "still here");
  // What nobody accepts: the whole page again.
  await writeFile(path.join(root, "cold.js"), part("b"));
  await until(page, () => window.cold === "b");
  assert.equal(await page.evaluate(() => window.mine), undefined);
  for (const headers of upgrades) {
    assert.match(headers.via, /^1\.1 martd-[0-9a-f]{8}$/);
    assert.equal(headers.host, `localhost:${server.port}`);
  }
  assert.deepEqual(addresses.filter((address) => new URL(address).port !== String(server.port)), []);
});

// ---- ws ----

async function echo(stage, options = {}) {
  const behind = await site(stage, (request, response) => response.writeHead(200, html).end("<title>site</title>"));
  const sockets = new WebSocketServer({ server: behind.server, ...options });
  const seen = [];
  sockets.on("connection", (socket, request) => {
    seen.push({ url: request.url, headers: request.headers, socket });
    socket.on("message", (data, binary) => socket.send(data, { binary }));
  });
  stage.undo(() => { for (const socket of sockets.clients) socket.terminate(); });
  return { ...behind, seen };
}

const opened = async (socket) => { await once(socket, "open"); return socket; };
const answered = async (socket, data) => {
  const answer = once(socket, "message");
  socket.send(data);
  return (await answer)[0];
};

it("ws: text, binary, large messages, compression, pings, subprotocols and close codes", async (stage) => {
  for (const perMessageDeflate of [false, true]) {
    const behind = await echo(stage, { perMessageDeflate, handleProtocols: (offered) => [...offered].at(-1), maxPayload: 1 << 26 });
    const server = await stage.server(behind.url);
    const socket = await opened(new WebSocket(`ws://localhost:${server.port}/a/b?c=%20d`, ["one", "two"], { perMessageDeflate, maxPayload: 1 << 26 }));
    assert.equal(socket.protocol, "two");
    assert.equal(/permessage-deflate/.test(socket.extensions), perMessageDeflate);
    const [{ url, headers, socket: other }] = behind.seen;
    assert.equal(url, "/a/b?c=%20d");
    assert.equal(headers.host, `localhost:${server.port}`);
    assert.ok(["127.0.0.1", "::1"].includes(headers["x-forwarded-for"])); // as localhost is there

    assert.equal(String(await answered(socket, "größe")), "größe");
    assert.deepEqual(await answered(socket, Buffer.from([0, 255, 10])), Buffer.from([0, 255, 10]));
    const large = Buffer.alloc(20 << 20, (n) => n);
    for (let at = 0; at < large.length; at += 4096) large.writeUInt32LE(at, at);
    assert((await answered(socket, large)).equals(large));
    const pong = once(socket, "pong");
    socket.ping("p");
    assert.equal(String((await pong)[0]), "p");

    // The site closes, and its code and reason arrive; then a client does.
    const closed = once(socket, "close");
    other.close(4321, "enough");
    const [code, reason] = await closed;
    assert.deepEqual([code, String(reason)], [4321, "enough"]);
    const second = await opened(new WebSocket(`ws://localhost:${server.port}/`));
    await eventually(() => behind.seen.length === 2, "the second connection");
    const gone = once(behind.seen[1].socket, "close");
    second.close(4000, "bye");
    const [theirs, why] = await gone;
    assert.deepEqual([theirs, String(why)], [4000, "bye"]);
  }
});

it("ws: whichever side vanishes, the other is told", async (stage) => {
  const behind = await echo(stage);
  const server = await stage.server(behind.url);
  const first = await opened(new WebSocket(`ws://localhost:${server.port}/`));
  await eventually(() => behind.seen.length === 1, "the connection");
  let gone = once(behind.seen[0].socket, "close");
  first.terminate();
  assert.equal((await gone)[0], 1006);
  const second = await opened(new WebSocket(`ws://localhost:${server.port}/`));
  await eventually(() => behind.seen.length === 2, "the connection");
  gone = once(second, "close");
  behind.seen[1].socket.terminate();
  assert.equal((await gone)[0], 1006);
});

it("ws: a site that refuses the upgrade is heard", async (stage) => {
  const behind = await echo(stage, { verifyClient: (info, done) => done(false, 418, "no", { "X-Why": "tea" }) });
  const server = await stage.server(behind.url);
  const socket = new WebSocket(`ws://localhost:${server.port}/`);
  socket.on("error", () => {});
  const [, answer] = await once(socket, "unexpected-response");
  assert.equal(answer.statusCode, 418);
  assert.equal(answer.headers["x-why"], "tea");
});

// ---- socket.io ----

it("socket.io: by polling, by WebSocket, and from the one to the other", async (stage) => {
  const behind = await site(stage, (request, response) => response.writeHead(200, html).end(`<!doctype html><script src="/socket.io/socket.io.js"></script>`));
  const sockets = new SocketServer(behind.server);
  stage.undo(() => sockets.close());
  sockets.on("connection", (socket) => {
    socket.on("say", (text, answer) => answer({ text, by: socket.conn.transport.name }));
    socket.on("ask", () => socket.emit("told", Buffer.from([1, 2, 3])));
  });
  const server = await stage.server(behind.url, "--inject");

  for (const [transports, last] of [[["polling"], "polling"], [["websocket"], "websocket"], [["polling", "websocket"], "websocket"]]) {
    const client = io(server.url, { transports, forceNew: true });
    stage.undo(() => client.disconnect());
    await once(client, "connect");
    await eventually(() => client.io.engine.transport.name === last, `${transports} comes to ${last}`);
    // Both ends have changed over when an answer comes by the last transport.
    await eventually(async () => (await client.emitWithAck("say", "größe")).by === last, `the site uses ${last}`);
    assert.equal((await client.emitWithAck("say", "x".repeat(300000))).text.length, 300000);
    const told = once(client, "told");
    client.emit("ask");
    assert.deepEqual([...(await told)[0]], [1, 2, 3]);
  }

  const page = await stage.tab();
  await page.goto(server.url);
  for (const transport of ["polling", "websocket"]) {
    assert.equal(await page.evaluate(async (t) => {
      const socket = io({ transports: [t], forceNew: true });
      await new Promise((connected) => socket.on("connect", connected));
      const { text, by } = await socket.emitWithAck("say", "from the page");
      socket.disconnect();
      return `${text} ${by}`;
    }, transport), `from the page ${transport}`);
  }
  assert.equal(await page.evaluate(() => typeof martd.sub), "function");
});

// ---- event streams ----

it("an event stream of the site: each event as it is sent, and both ends notice when the other goes", async (stage) => {
  const streams = [];
  const behind = await site(stage, (request, response) => {
    if (request.url !== "/events") return response.writeHead(200, html).end("<!doctype html><title>a</title>");
    response.writeHead(200, { "Content-Type": "text/event-stream" });
    response.flushHeaders();
    streams.push(response);
  });
  const server = await stage.server(behind.url, "--inject");
  const page = await stage.tab();
  await page.goto(server.url);
  await page.evaluate(() => {
    window.got = [];
    window.source = new EventSource("/events");
    source.onmessage = (event) => got.push(event.data);
  });
  await eventually(() => streams.length === 1, "the stream");
  for (let n = 1; n <= 5; ++n) {
    streams[0].write(`data: ${n}\n\n`);
    await until(page, (count) => got.length === count, n);
  }
  // The site ends it: the browser comes back by itself.
  streams[0].end("retry: 10\n\n");
  await eventually(() => streams.length === 2, "the browser's return");
  const closed = once(streams[1], "close");
  await page.evaluate(() => source.close());
  await closed;
});
