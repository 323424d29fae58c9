// The site behind isn't there: what a browser shows, and that it finds the site again by itself.
import assert from "node:assert/strict";
import { once } from "node:events";
import http from "node:http";
import { test } from "node:test";
import { Stage, eventually, until } from "./support.mjs";

const it = (name, body) => test(name, { timeout: 120000 }, Stage.test(body));

/** A site at a port that stays its own whether it is there or not. */
class Site {
  asked = [];

  static async reserve(stage) {
    const site = new Site();
    await site.open(0);
    site.port = site.http.address().port;
    site.url = `http://localhost:${site.port}`;
    stage.undo(() => site.close());
    await site.close();
    return site;
  }

  async open(port = this.port) {
    this.http = http.createServer((request, response) => {
      this.asked.push(`${request.method} ${request.url}`);
      if (this.answer) return this.answer(request, response);
      response.setHeader("Content-Type", "text/html");
      response.end("<!doctype html><title>The site</title><h1>here</h1>");
    });
    this.http.listen(port, "localhost");
    await once(this.http, "listening");
  }

  async close() {
    if (!this.http?.listening) return;
    const closed = once(this.http, "close");
    this.http.close();
    this.http.closeAllConnections();
    await closed;
  }
}

it("a page of a site that is away comes back by itself, at the place that was asked for", async (stage) => {
  const site = await Site.reserve(stage);
  const server = await stage.server(site.url);
  const page = await stage.tab();
  const answer = await page.goto(`${server.url}/shop?item=7#price`);
  assert.equal(answer.status(), 502);
  assert.match(await page.title(), /isn't there/);
  await site.open();
  await until(page, () => document.title === "The site");
  assert.equal(page.url(), `${server.url}/shop?item=7#price`);
  // It only looked until then: nothing was asked for but heads, and the page once.
  assert.deepEqual(site.asked.filter((line) => line.startsWith("GET /shop")), ["GET /shop?item=7"]);
});

it("it isn't blinking meanwhile: the page that says so stays the same one", async (stage) => {
  const site = await Site.reserve(stage);
  const server = await stage.server(site.url);
  const page = await stage.tab();
  await page.goto(`${server.url}/`);
  await page.evaluate(() => { window.mark = "the same"; });
  let looks = 0;
  page.on("response", (response) => { looks += response.request().method() === "HEAD" ? 1 : 0; });
  await eventually(() => looks >= 2, "it looks again");
  assert.equal(await page.evaluate(() => window.mark), "the same");
});

it("a site that is starting and answers 503 is still away; one that answers 404 is there", async (stage) => {
  const site = await Site.reserve(stage);
  const server = await stage.server(site.url);
  const page = await stage.tab();
  await page.goto(`${server.url}/nothing`);
  site.answer = (request, response) => response.writeHead(503).end();
  await site.open();
  await eventually(() => site.asked.filter((line) => line === "HEAD /nothing").length >= 2, "it looks again");
  assert.match(await page.title(), /isn't there/);
  site.answer = (request, response) => response.writeHead(404, { "Content-Type": "text/html" }).end("<title>No such page</title>");
  await until(page, () => document.title === "No such page");
});

it("a site that sends its visitors to another one to log in is there", async (stage) => {
  const site = await Site.reserve(stage);
  const server = await stage.server(site.url);
  const page = await stage.tab();
  await page.goto(`${server.url}/`);
  // The same machine by another name: another origin, which allows no script of ours to read it.
  site.answer = (request, response) => (request.url === "/login"
    ? response.writeHead(200, { "Content-Type": "text/html" }).end("<title>Log in</title>")
    : response.writeHead(302, { Location: `http://127.0.0.1:${server.port}/login` }).end());
  await site.open();
  await until(page, () => document.title === "Log in");
});

it("a script's request gets JSON, not a page", async (stage) => {
  const site = await Site.reserve(stage);
  const server = await stage.server(site.url);
  const page = await stage.tab();
  await page.goto(`${server.url}/client.js`);
  const told = await page.evaluate(async () => {
    const answer = await fetch("/api");
    return [answer.status, answer.headers.get("Content-Type"), (await answer.json()).error];
  });
  assert.equal(told[0], 502);
  assert.match(told[1], /json/);
  assert.match(told[2], /can't be reached/);
});

// A page that took longer than --upstream-timeout was run again each second, by everyone who had it open, and nobody was
// told why.
it("a slow page is run once, and the reason is told with a link to try again", async (stage) => {
  const site = await Site.reserve(stage);
  site.answer = () => {};
  await site.open();
  const server = await stage.server(site.url, "--upstream-timeout", "300ms");
  const page = await stage.tab();
  const answer = await page.goto(`${server.url}/report`);
  assert.equal(answer.status(), 504);
  assert.equal(await page.title(), "The site gave no page");
  assert.match(await page.textContent("#why"), /didn't answer in time \(--upstream-timeout\)/);
  assert.equal(await page.isVisible("text=comes back by itself"), false);
  // A clock that runs for minutes, in a moment.
  await page.clock.install();
  await page.reload();
  await page.clock.runFor(600000);
  assert.deepEqual(site.asked.filter((line) => line.endsWith("/report")), ["GET /report", "GET /report"]);
  site.answer = (request, response) => response.writeHead(200, { "Content-Type": "text/html" }).end("<title>At last</title>");
  await page.click("text=Try again");
  await until(page, () => document.title === "At last");
  assert.equal(page.url(), `${server.url}/report`);
});

it("a connection that ended is tried once more, and no more", async (stage) => {
  const site = await Site.reserve(stage);
  site.answer = (request) => request.socket.destroy();
  await site.open();
  const server = await stage.server(site.url);
  const page = await stage.tab();
  let loads = 0;
  page.on("load", () => loads++);
  await page.goto(`${server.url}/a`);
  assert.match(await page.textContent("#why"), /ended the connection/);
  await eventually(() => loads === 2, "it is loaded again");
  await page.clock.install();
  await page.clock.runFor(600000);
  assert.match(await page.textContent("#why"), /ended the connection/);
  assert.equal(loads, 2);
  assert.deepEqual(site.asked.filter((line) => line.endsWith(" /a")), ["GET /a", "GET /a"]);
});

it("what is refused first and then fails otherwise tells the other reason", async (stage) => {
  const site = await Site.reserve(stage);
  const server = await stage.server(site.url);
  const page = await stage.tab();
  await page.goto(`${server.url}/a`);
  assert.match(await page.textContent("#why"), /can't be reached/);
  assert.equal(await page.isVisible("text=comes back by itself"), true);
  site.answer = (request) => request.socket.end("what?\r\n");
  await site.open();
  await until(page, () => /can't be read/.test(document.getElementById("why")?.textContent));
  assert.equal(await page.isVisible("text=Try again"), true);
});

it("its own policy lets its script and its looks through, and nothing is complained of", async (stage) => {
  const site = await Site.reserve(stage);
  const server = await stage.server(site.url, "--inject");
  const page = await stage.tab();
  const complaints = [];
  page.on("console", (message) => { if (/Content.Security.Policy/i.test(message.text())) complaints.push(message.text()); });
  page.on("pageerror", (error) => complaints.push(error.message));
  const answer = await page.goto(`${server.url}/`);
  assert.match(answer.headers()["content-security-policy"], /^default-src 'none'; script-src 'sha256-/);
  assert.equal(await page.evaluate(() => getComputedStyle(document.querySelector("h1.try")).display), "none");
  await page.waitForResponse((response) => response.request().method() === "HEAD");
  assert.deepEqual(complaints, []);
});
