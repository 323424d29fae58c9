// Over https with a certificate of scripts/make-certificate, whose authority the browser was told to trust.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { chromium } from "playwright-core";
import { ARGUMENTS, Stage, eventually, follow, opened, rememberEverything, told } from "./support.mjs";

// Chromium takes the authorities that it trusts from a database in the home folder: it gets a home of its own.
let home, browser;

/** Once, and only where a test asks for it: who picks a test of another file by its name doesn't run this. */
const prepared = (() => {
  let promise;
  return () => (promise ??= prepare());
})();

async function prepare() {
  home = mkdtempSync(join(tmpdir(), "martd-home-"));
  const database = join(home, ".pki/nssdb");
  mkdirSync(database, { recursive: true });
  execFileSync("../../scripts/make-certificate", [home, "localhost", "127.0.0.1"], { stdio: "ignore" });
  const certutil = (...words) => execFileSync("certutil", ["-d", `sql:${database}`, ...words]);
  certutil("-N", "--empty-password");
  certutil("-A", "-n", "martd local authority", "-t", "C,,", "-i", join(home, "authority.crt"));
  browser = await launch();
}

/** A browser that trusts that authority. */
function launch(...more) {
  return chromium.launch({
    executablePath: process.env.MARTD_CHROMIUM,
    args: [...ARGUMENTS, ...more],
    env: { ...process.env, HOME: home, XDG_CONFIG_HOME: join(home, "config"), XDG_DATA_HOME: join(home, "data") },
  });
}

after(async () => {
  await browser?.close();
  if (home) rmSync(home, { recursive: true, force: true });
});

const it = (name, body) => test(name, { timeout: 90000 }, Stage.test(async (stage) => {
  await prepared();
  await body(stage);
}));

const own = () => ["--cert", join(home, "localhost.crt"), "--cert-key", join(home, "localhost.key")];

/** A page on that server; what a browser has to complain of is in `said`. */
async function visit(stage, server, said = [], by = browser) {
  const context = await by.newContext();
  stage.undo(() => context.close());
  const page = await context.newPage();
  page.on("console", (message) => said.push(message.text()));
  await page.goto(`${server.url}/`);
  return page;
}

it("with a trusted authority there is no warning, and the connection is secure", async (stage) => {
  const server = await stage.server("--https", "localhost:0", ...own());
  const said = [];
  const page = await visit(stage, server, said);
  assert.equal(await page.evaluate(() => window.isSecureContext && location.protocol), "https:");
  const answer = await page.goto(`${server.url}/client.js`);
  const details = await answer.securityDetails();
  assert.equal(details.protocol, "TLS 1.3");
  assert.equal(details.subjectName, "localhost");
  // It asks for an icon that isn't there, and has nothing else to say.
  assert.deepEqual(said.filter((text) => !text.includes("404")), []);
});

it("fetch, EventSource and client.js work over https", async (stage) => {
  const server = await stage.server("--https", "localhost:0", ...own());
  const page = await visit(stage, server);
  const seen = page.evaluate(() => new Promise((resolve, reject) => {
    const source = new EventSource("/sub?news=0");
    source.onopen = () => fetch("/pub?channel=news", { method: "POST", body: "hello" }).then((a) => a.ok || reject(a.status));
    source.onmessage = (event) => { source.close(); resolve(event.data); };
  }));
  assert.equal(await seen, "hello");
  await page.addScriptTag({ url: `${server.url}/client.js` });
  await page.evaluate(rememberEverything);
  await follow(page, "a", "other");
  await opened(page, "a");
  assert.equal((await page.evaluate(() => fetch("/pub?channel=other", { method: "POST", body: "again" }).then((a) => a.json()))).subscribers, 1);
  assert.deepEqual(await told(page, "a", 1), ["again"]);
});

it("a browser that knows TLS 1.2 only follows and publishes, large and small", async (stage) => {
  const server = await stage.server("--https", "localhost:0", ...own());
  const old = await launch("--ssl-version-max=tls1.2");
  stage.undo(() => old.close());
  const page = await visit(stage, server, [], old);
  const answer = await page.goto(`${server.url}/client.js`);
  assert.equal((await answer.securityDetails()).protocol, "TLS 1.2");
  await page.goto(`${server.url}/`);
  await page.addScriptTag({ url: `${server.url}/client.js` });
  await page.evaluate(rememberEverything);
  await follow(page, "a", "sizes");
  await opened(page, "a");
  const sizes = [1, 100, 16384, 16385, 500000];
  await page.evaluate(async (all) => {
    for (const size of all) await fetch("/pub?channel=sizes", { method: "POST", body: "x".repeat(size) });
  }, sizes);
  assert.deepEqual((await told(page, "a", sizes.length)).map((text) => text.length), sizes);
});

it("a plain address leads to the secure one", async (stage) => {
  const server = await stage.server("--https", "localhost:0", ...own(), "--https-redirect", "--hsts");
  const page = await visit(stage, { url: `http://localhost:${server.plainPort}` });
  assert.equal(await page.evaluate(() => location.origin), server.url);
  const answer = await page.goto(`http://localhost:${server.plainPort}/sub?news=0&.wait=0`);
  assert.equal(answer.url(), `${server.url}/sub?news=0&.wait=0`);
});

it("without the authority the browser refuses, so the tests above mean something", async (stage) => {
  const server = await stage.server("--https", "localhost:0");
  await assert.rejects(visit(stage, server), /ERR_CERT_AUTHORITY_INVALID/);
});

it("a renewed certificate drops nobody", async (stage) => {
  const server = await stage.server("--https", "localhost:0", ...own());
  const page = await visit(stage, server);
  await page.addScriptTag({ url: `${server.url}/client.js` });
  await page.evaluate(rememberEverything);
  await follow(page, "a", "news");
  await opened(page, "a");
  execFileSync("../../scripts/make-certificate", [home, "localhost", "127.0.0.1"], { stdio: "ignore" });
  await eventually(() => server.stderr.includes("certificates read again"), "the certificates are read again");
  await page.evaluate(() => fetch("/pub?channel=news", { method: "POST", body: "still here" }));
  assert.deepEqual(await told(page, "a", 1), ["still here"]);
  assert.equal(await page.evaluate(() => seen.a.opened), 1);
});
