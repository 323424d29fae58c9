// Where the script runs: foreign origins, a module, a file, a strict policy, old browsers.
import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import http from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";
import { test } from "node:test";
import { Script } from "node:vm";
import { gunzipSync } from "node:zlib";
import { site } from "./sites.mjs";
import { Stage, eventually, until } from "./support.mjs";

const it = (name, body) => test(name, { timeout: 60000 }, Stage.test(body));
const html = { "Content-Type": "text/html" };
const source = new URL("../../static/client.js", import.meta.url);

const chat = `
  window.got = [];
  martd.sub("news", function (payload) { got.push(payload); });
  window.say = function (text) {
    return new Promise(function (done) { martd.pub("news", 10, 60, false, "", text, function (answer, xhr) { done(xhr.status); }); });
  };`;

async function foreign(stage, options, before = "") {
  const server = await stage.server(...(typeof options === "function" ? [] : options));
  const page = await stage.tab();
  const front = await stage.front(server, { "/page": [html, `<script src="${server.url}/client.js"></script><script>${before}${chat}</script>`] });
  return { server, page, front };
}

it("a page of a foreign origin is refused, and the console says which option helps", async (stage) => {
  const { server, page, front } = await foreign(stage, []);
  await page.goto(`${front.url}/page`);
  assert.equal(await page.evaluate(() => martd.SERVER), server.url);
  await eventually(() => stage.said.some((text) => text.includes(`--origin ${front.url}`)), "the console names the option");
  for (let times = 0; times < 3; times++) assert.equal(await page.evaluate(() => say("x")), 0);
  assert.deepEqual(await page.evaluate(() => got), []);
  assert.equal(stage.said.filter((text) => text.startsWith("martd:")).length, 1, stage.said.join("\n"));
  const { etag } = await server.publish("news", "from here");
  assert.match(etag, /^\d+$/);
});

it("a page of a foreign origin that --origin names follows and publishes, by both transports, with credentials too", async (stage) => {
  const first = await stage.server();
  const front = await stage.front(first);
  const server = await stage.server("--origin", front.url);
  for (const before of ["", "window.TextDecoder = undefined;"]) {
    for (const credentials of [false, true]) {
      front.pages["/page"] = [html, `<script>${before}</script><script src="${server.url}/client.js"></script>
        <script>martd.CREDENTIALS = ${credentials};${chat}</script>`];
      const page = await stage.tab();
      await page.goto(`${front.url}/page`);
      await until(page, () => martd.state === "open");
      assert.equal(await page.evaluate(() => martd.transport), before ? "poll" : "stream");
      const text = `${before} ${credentials}`;
      assert.equal(await page.evaluate((t) => say(t), text), 200);
      await until(page, (t) => got.at(-1) === t, text);
    }
  }
});

it("as a module, of its own and of a foreign origin", async (stage) => {
  const first = await stage.server();
  const front = await stage.front(first);
  const server = await stage.server("--origin", front.url);
  for (const at of ["", server.url]) {
    front.pages["/page"] = [html, `<script type="module">import martd from "${at}/client.js?module"; window.same = martd === window.martd;${chat}</script>`];
    const page = await stage.tab();
    await page.goto(`${front.url}/page`);
    await until(page, () => window.martd && martd.state === "open");
    assert.deepEqual(await page.evaluate(() => [same, martd.SERVER]), [true, at]);
    await (at ? server : first).publish("news", "hello");
    await until(page, () => got[0] === "hello");
  }
});

it("in a file, with martd.SERVER set", async (stage) => {
  const server = await stage.server("--origin", "*");
  const folder = await mkdtemp(path.join(tmpdir(), "martd-"));
  try {
    await writeFile(path.join(folder, "client.js"), await readFile(source));
    await writeFile(path.join(folder, "page.html"), `<script src="client.js"></script><script>martd.SERVER = "${server.url}";${chat}</script>`);
    const page = await stage.tab();
    await page.goto(`file://${folder}/page.html`);
    await until(page, () => martd.state === "open");
    await server.publish("news", "hello");
    await until(page, () => got[0] === "hello");
  } finally {
    await rm(folder, { recursive: true });
  }
});

it("under a strict Content-Security-Policy", async (stage) => {
  const server = await stage.server();
  const front = await stage.front(server, {
    "/page": [{ ...html, "Content-Security-Policy": "default-src 'none'; script-src 'self'; connect-src 'self'" },
      '<script src="/client.js"></script><script src="/page.js"></script>'],
    "/page.js": [{ "Content-Type": "text/javascript" }, chat],
  });
  const page = await stage.tab();
  await page.goto(`${front.url}/page`);
  await until(page, () => martd.state === "open");
  await server.publish("news", "hello");
  await until(page, () => got[0] === "hello");
  assert.deepEqual(stage.said.filter((text) => /Content.Security/i.test(text) && !/favicon/.test(text)), []);
});

it("from where the page stood, as its tag or its Server-Timing says", async (stage) => {
  const server = await stage.server();
  const { etag } = await server.publish("größe 1", "on the page already");
  await server.publish("größe 1", "new");
  const cursor = `other=5&${encodeURIComponent("größe 1")}=${etag}`;
  const script = `<script>window.got = []; martd.sub("größe 1", function (p) { got.push(p); });</script>`;
  const utf8 = { "Content-Type": "text/html; charset=utf-8" };
  const front = await stage.front(server, {
    "/tag": [utf8, `<script src="/client.js" data-cursor="${cursor.replace("&", "&amp;")}"></script>${script}`],
    "/timing": [{ ...utf8, "Server-Timing": `db;dur=3, martd;desc="${cursor}"` }, `<script src="/client.js"></script>${script}`],
  });
  for (const where of ["/tag", "/timing"]) {
    const page = await stage.tab();
    await page.goto(front.url + where);
    await until(page, () => got.length > 0);
    assert.deepEqual(await page.evaluate(() => got), ["new"]);
  }
});

// All of it by the program itself: it is in front of a site whose pages show what was published so far.
it("what is published while the site makes the page comes, and nothing that is on it already", async (stage) => {
  const names = ["größe 1 & more", "news"];
  const script = `<script>
    window.got = [];
    ${JSON.stringify(names)}.forEach(function (name) { martd.sub(name, function (p) { got.push(name + ": " + p); }); });
  </script>`;
  const pages = {
    // The injected tag has it; who brings a tag of his own gets it by Server-Timing.
    "/injected": `<!doctype html><html><head><title>a</title></head><body>${script}`,
    "/own": `<!doctype html><html><head><script src="/client.js"></script></head><body>${script}`,
  };
  const behind = await site(stage, async (request, response) => {
    if (!(request.url in pages)) return response.writeHead(404).end(); // the browser asks for an icon, too
    for (const name of names) await server.publish(name, `while ${request.url} was made`);
    response.writeHead(200, { "Content-Type": "text/html; charset=utf-8" }).end(pages[request.url]);
  });
  const server = await stage.server(behind.url, "--inject", "--snapshot", names.map(encodeURIComponent).join(","));
  for (const where of Object.keys(pages)) {
    for (const name of names) await server.publish(name, "on the page already");
    const page = await stage.tab();
    const answer = await page.goto(server.url + where);
    assert.equal(await page.evaluate(() => document.querySelectorAll("script[src]").length), 1);
    assert.equal(await page.evaluate(() => document.querySelector("script[data-cursor]") !== null), where === "/injected");
    assert.match(await answer.headerValue("martd-cursor"), /^gr%C3%B6%C3%9Fe%201%20%26%20more=\d+&news=\d+$/);
    for (const name of names) await server.publish(name, "after that");
    await until(page, () => got.length >= 4);
    const expected = (name) => [`${name}: while ${where} was made`, `${name}: after that`];
    const got = await page.evaluate(() => got);
    for (const name of names) assert.deepEqual(got.filter((text) => text.startsWith(name)), expected(name));
    assert.equal(got.length, 4);
    await page.context().close();
  }
});

it("a browser that has nothing newer than XMLHttpRequest", async (stage) => {
  const server = await stage.server();
  const page = await stage.tab();
  await page.addInitScript(() => {
    for (const name of ["fetch", "AbortController", "TextDecoder", "ReadableStream", "URLSearchParams", "BroadcastChannel", "SharedWorker", "EventSource"]) {
      window[name] = undefined;
    }
    Object.defineProperty(navigator, "locks", { value: undefined });
    Object.defineProperty(performance, "getEntriesByType", { value: undefined });
    Object.defineProperty(navigator, "onLine", { value: undefined });
  });
  await page.goto(`${server.url}/there-is-nothing-here`);
  await page.addScriptTag({ url: `${server.url}/client.js` });
  await page.evaluate(chat);
  await until(page, () => martd.state === "open" && martd.transport === "poll");
  assert.equal(await page.evaluate(() => say("hello")), 200);
  await server.publish("news", Uint8Array.of(255));
  await until(page, () => got.length === 2);
  assert.deepEqual(await page.evaluate(() => [got[0], got[1][0]]), ["hello", 255]);
});

it("a second tag leaves the first one's subscriptions alone", async (stage) => {
  const server = await stage.server();
  const front = await stage.front(server, {
    "/page": [html, `<script src="/client.js"></script><script>${chat} window.first = martd;</script><script src="/client.js"></script>`],
  });
  const page = await stage.tab();
  await page.goto(`${front.url}/page`);
  await until(page, () => martd.state === "open" && martd === first);
  assert.equal(front.streams, 1);
});

it("client.js is small as it is delivered, and its syntax is that of 2009", async (stage) => {
  const server = await stage.server();
  for (const address of ["/client.js", "/client.js?module"]) {
    const packed = await new Promise((resolve, reject) => {
      http.get(server.url + address, { headers: { "Accept-Encoding": "gzip" } }, async (answer) => {
        resolve(Buffer.concat(await answer.toArray()));
      }).on("error", reject);
    });
    assert(packed.length <= 6 * 1024, `${address}: ${packed.length} bytes`);
    const script = gunzipSync(packed).toString();
    if (address.includes("module")) continue;
    // Without strings and regular expressions, where these signs mean something else.
    const code = script.replace(/^\/\/.*$/gm, "").replace(/"[^"\n]*"|'[^'\n]*'/g, '""').replace(/\/(\\.|\[[^\]]*\]|[^/\n\\])+\/[.g]/g, "0");
    assert.doesNotMatch(code, /=>|`|\b(let|const|class|async|await|import|export)\b|\.\.\.|\?\.|\?\?|\*\*/);
  }
});

it("client.js is revalidated, and smaller for who takes gzip", async (stage) => {
  const server = await stage.server();
  for (const address of ["/client.js", "/client.js?module"]) {
    const whole = await fetch(server.url + address);
    assert.match(whole.headers.get("content-type"), /^text\/javascript/);
    assert.equal(whole.headers.get("content-encoding"), "gzip");
    assert.match(whole.headers.get("vary") ?? "", /accept-encoding/i);
    const text = await whole.text();
    assert.equal(text.includes("export default martd"), address.includes("module"));
    if (!address.includes("module")) new Script(text); // throws where it is no script
    const again = await fetch(server.url + address, { headers: { "If-None-Match": whole.headers.get("etag") } });
    assert.equal(again.status, 304);
  }
});
