// The operators' page on the admin listener.
import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import net from "node:net";
import { test } from "node:test";
import { promisify } from "node:util";
import { Stage, eventually, poorContrast, until } from "./support.mjs";

const run = promisify(execFile);
const limit = { timeout: 120000 };

/** The page of a server of its own, live; what its console or its policy complains of fails the test at its end. */
async function dashboard(stage, { flags = [], context = {} } = {}) {
  const server = await stage.server("--admin", "localhost:0", ...flags);
  const page = await stage.tab(context);
  page.setDefaultTimeout(20000);
  const wrong = [];
  page.on("pageerror", (error) => wrong.push(String(error)));
  page.on("console", (message) => { if (message.type() === "error" && /Content Security Policy|Uncaught/.test(message.text())) wrong.push(message.text()); });
  await page.goto(server.admin);
  return { server, page, wrong };
}

const live = (page) => page.locator("#state.live").waitFor();
const rows = (page) => page.locator("#rows").getByRole("option");
const row = (page, name) => page.locator("#rows").getByRole("option", { name: new RegExp("^" + name) });

async function open(page, name) {
  await row(page, name).click();
  await page.getByRole("heading", { name, exact: true }).waitFor();
}

/** A client that follows, on a connection of its own; closed with the stage. */
function follower(server, query) {
  const socket = net.connect(server.port, "localhost");
  socket.on("error", () => {});
  socket.write(`GET /sub?${query} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
  let seen = "";
  socket.on("data", (bytes) => (seen += bytes));
  return { socket, seen: () => seen };
}

test("the page is live, in one piece, and its policy lets nothing else in", limit, Stage.test(async (stage) => {
  const requested = [];
  const { server, page, wrong } = await dashboard(stage);
  page.on("request", (request) => requested.push(request.url()));
  await page.reload();
  await live(page);
  await server.publish("news", "hello");
  await page.getByText("1 in all").first().waitFor();
  const elsewhere = requested.filter((url) => !url.startsWith(server.admin) && !url.startsWith("data:"));
  assert.deepEqual(elsewhere, []);
  const blocked = await page.evaluate(async () => {
    const violations = [];
    const both = new Promise((resolve) => document.addEventListener("securitypolicyviolation", (event) => {
      if (violations.push(event.effectiveDirective) === 2) resolve();
    }));
    document.body.append(Object.assign(document.createElement("script"), { textContent: "window.ran = true" }));
    await fetch("http://127.0.0.1:9/").catch(() => {});
    await both;
    return [window.ran ?? false, violations.sort()];
  });
  assert.deepEqual(blocked, [false, ["connect-src", "script-src-elem"]]);
  assert.deepEqual(wrong.filter((text) => !/127\.0\.0\.1:9|inline script/.test(text)), []);
}));

test("a channel is opened, its messages are watched as they come, and who follows it is shown", limit, Stage.test(async (stage) => {
  const { server, page, wrong } = await dashboard(stage);
  await server.publish("news", "first", "&event=greeting");
  const client = follower(server, "news=now&cid=reader&.transport=sse");
  await eventually(() => server.subscribers("news"), "somebody follows");
  await open(page, "news");
  const messages = page.getByRole("log", { name: "Messages, newest first" });
  await messages.getByText("first").waitFor();
  await messages.getByText("greeting").waitFor();
  await server.publish("news", "second");
  await messages.getByText("second").waitFor();
  await page.getByRole("cell", { name: "reader" }).first().waitFor();
  await page.getByText("newest etag").waitFor();
  assert.equal(await server.subscribers("news"), 1, "who watches takes no seat");
  client.socket.destroy();
  assert.deepEqual(wrong, []);
}));

test("a follower is kicked, is gone, and stands among those that were cut off, with the reason", limit, Stage.test(async (stage) => {
  const { server, page } = await dashboard(stage);
  const client = follower(server, "news=now&cid=reader&.transport=sse");
  await eventually(() => server.subscribers("news"), "somebody follows");
  await row(page, "news").waitFor();
  await open(page, "news");
  await page.getByRole("button", { name: "Kick reader" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "No" }).click();
  assert.equal(await server.subscribers("news"), 1);
  await page.getByRole("button", { name: "Kick reader" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Yes" }).click();
  await eventually(() => client.seen().includes('"reason":"kicked"'), "the client is told");
  await page.getByRole("tab", { name: "Gone, and why" }).click();
  await page.getByRole("row", { name: /an operator closed it.*reader/ }).waitFor();
}));

test("messages are dropped after a question", limit, Stage.test(async (stage) => {
  const { server, page } = await dashboard(stage);
  await server.publish("news", "old", "&key=secret");
  await row(page, "news").waitFor();
  await open(page, "news");
  await page.getByRole("button", { name: "Drop messages" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Yes" }).click();
  await page.getByText("It is gone").waitFor();
  assert.equal((await fetch(`${server.url}/pub?channel=news`)).status, 404);
}));

test("by keyboard alone: to the list, through it, into a channel and back", limit, Stage.test(async (stage) => {
  const { server, page } = await dashboard(stage);
  for (const name of ["a", "b", "c"]) await server.publish(name, "hello " + name);
  await row(page, "c").waitFor();
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");  // To the channels
  for (let i = 0; i < 12 && !(await page.evaluate(() => document.activeElement.id === "rows")); i++) await page.keyboard.press("Tab");
  await page.keyboard.press("End");
  await page.keyboard.press("ArrowUp");
  assert.equal(await page.locator("#rows").getAttribute("aria-activedescendant"), "row-1");
  await page.keyboard.press("Enter");
  await page.getByRole("log", { name: "Messages, newest first" }).getByText("hello b").waitFor();
  for (let i = 0; i < 6 && !(await page.evaluate(() => document.activeElement.id === "close")); i++) await page.keyboard.press("Tab");
  await page.keyboard.press("Escape");
  assert.equal(await page.evaluate(() => document.activeElement.id), "rows");
  assert.equal(await page.locator("#opened").isVisible(), false);
  await page.getByRole("tab", { name: "Connected" }).focus();
  await page.keyboard.press("ArrowRight");
  assert.equal(await page.getByRole("tab", { name: "Gone, and why" }).getAttribute("aria-selected"), "true");
}));

test("ten thousand channels: all can be reached, few are drawn, and they are found and sorted", limit, Stage.test(async (stage) => {
  const { server, page } = await dashboard(stage);
  const name = (i) => "channel/" + String(i).padStart(5, "0");
  for (let from = 0; from < 10000; from += 500) {
    const query = Array.from({ length: 500 }, (_, i) => `channel=${encodeURIComponent(name(from + i))}`).join("&");
    const answer = await fetch(`${server.url}/pub?${query}`, { method: "POST", body: "x" });
    assert.equal(answer.status, 200);
  }
  await page.reload();
  await page.locator("#counted").getByText("10,000", { exact: true }).waitFor();
  const drawn = () => rows(page).count();
  assert.ok((await drawn()) < 60, `${await drawn()} rows are drawn`);
  await page.locator("#rows").evaluate((rows) => { rows.scrollTop = rows.scrollHeight; });
  await row(page, name(9999)).waitFor();
  assert.equal(await row(page, name(9999)).getAttribute("aria-setsize"), "10000");
  assert.equal(await row(page, name(9999)).getAttribute("aria-posinset"), "10000");
  assert.ok((await drawn()) < 60);
  await page.locator("#filter").fill("/0432");
  await page.getByText("10 of 10,000").waitFor();
  await row(page, name(4321)).waitFor();
  await page.locator("#filter").fill("");
  await server.publish(name(7777), "a much longer one", "&size=20");
  await server.publish(name(7777), "a much longer one", "&size=20");
  await page.getByRole("button", { name: /^Messages/ }).click();
  await until(page, (wanted) => document.querySelector("#rows .row")?.textContent.startsWith(wanted) || document.querySelector("#row-0")?.textContent.startsWith(wanted), name(7777));
  await page.locator("#rows").focus();
  for (let i = 0; i < 40; i++) await page.keyboard.press("PageDown");
  assert.ok((await drawn()) < 60);
  await open(page, (await rows(page).first().locator("span").first().textContent()));
}));

test("both ends are tried from the page, by event stream and by long-poll", limit, Stage.test(async (stage) => {
  const { server, page } = await dashboard(stage, { flags: ["--publish-from", "none"] });
  await live(page);
  const log = page.getByRole("log", { name: "What came, newest first" });
  for (const transport of ["event stream", "long-poll"]) {
    const channel = "try it: " + transport;
    await page.locator("#pub input[name=channel]").fill(channel);
    await page.getByLabel("Channels, one a line").fill(channel);
    await page.getByLabel("Transport").selectOption(transport);
    await page.getByRole("button", { name: "Subscribe", exact: true }).click();
    await eventually(async () => (await (await fetch(`${server.admin}/subscribers`)).json()).subscribers.some((one) => one.channel === channel), "it follows");
    await page.locator("#pub textarea").fill(`<b>by ${transport}</b>`);
    await page.getByRole("button", { name: "Publish", exact: true }).click();
    await log.getByText(`<b>by ${transport}</b>`).waitFor();
    await page.getByText("Subscribers now: 1.").waitFor();
    await page.getByRole("button", { name: "Stop", exact: true }).click();
    await page.getByText("Stopped.").waitFor();
  }
}));

test("a refusal is shown as the client gets it", limit, Stage.test(async (stage) => {
  const { server, page } = await dashboard(stage);
  await server.publish("line", "x", "&one2one=1");
  const client = follower(server, "line=now&cid=first&.transport=sse");
  await eventually(() => server.subscribers("line"), "it is taken");
  await page.getByLabel("Channels, one a line").fill("line");
  await page.getByRole("button", { name: "Subscribe", exact: true }).click();
  await page.getByText(/Refused: .*one2one/).waitFor();
  await page.locator("#pub input[name=channel]").fill("martd.x");
  await page.getByRole("button", { name: "Publish", exact: true }).click();
  await page.getByText(/Not published: channel/).waitFor();
  client.socket.destroy();
}));

test("what is copied works: curl, Python and JavaScript, to publish and to follow", limit, Stage.test(async (stage) => {
  const { server, page } = await dashboard(stage, { context: { permissions: ["clipboard-read", "clipboard-write"] } });
  await live(page);
  const channel = `it's $HOME & "more" <b>`;
  await page.locator("#pub input[name=channel]").fill(channel);
  await page.getByLabel("Channels, one a line").fill(channel);
  await page.getByText("Attributes").click();
  await page.locator("#pub input[name=size]").fill("50");
  const copied = async (form, language) => {
    await page.locator(form).getByRole("button", { name: "Copy as " + language }).click();
    await page.locator(form).getByRole("button", { name: "Copy as " + language }).getByText("Copied").waitFor();
    return page.evaluate(() => navigator.clipboard.readText());
  };
  const programs = { curl: ["sh", "-c"], Python: ["python3", "-c"], JavaScript: ["node", "--input-type=module", "-e"] };
  for (const [language, [program, ...flags]] of Object.entries(programs)) {
    await page.locator("#pub textarea").fill(`it's "$HOME" from ${language} <b>`);
    const { stdout } = await run(program, [...flags, await copied("#pub", language)]);
    assert.ok(JSON.parse(stdout).etag, stdout);
  }
  const info = await (await fetch(`${server.url}/pub?channel=${encodeURIComponent(channel)}`)).json();
  assert.deepEqual([info.messages, info.size], [3, 50]);
  for (const language of ["curl", "Python"]) {
    const [program, ...flags] = programs[language];
    const child = spawn(program, [...flags, await copied("#sub", language)], { env: { ...process.env, PYTHONUNBUFFERED: "1" }, detached: true });
    let said = "";
    child.stdout.on("data", (text) => (said += text));
    try {
      await eventually(() => ["curl", "Python", "JavaScript"].every((one) => said.includes(`from ${one} <b>`)), `${language} follows`);
    } finally {
      process.kill(-child.pid, "SIGKILL");
    }
  }
  // The script for pages, in a page of the server's.
  const script = await copied("#sub", "JavaScript");
  const other = await stage.tab();
  // By the address that the script names: a page of another (localhost) would need --origin.
  await other.goto(/EventSource\("([^"]+)\/sub/.exec(script)[1] + "/");
  const heard = [];
  other.on("console", (message) => heard.push(message.text()));
  await other.evaluate(script);
  await eventually(() => heard.filter((text) => text.includes("from JavaScript <b>")).length >= 2, "both ways of following");
}));

test("names and payloads are shown as text, whatever is in them", limit, Stage.test(async (stage) => {
  const { server, page, wrong } = await dashboard(stage);
  const evil = `<img src=x onerror="window.pwned = 1">`;
  await server.publish(evil, evil, "&event=" + encodeURIComponent(evil) + "&id=" + encodeURIComponent(evil));
  const client = follower(server, `${encodeURIComponent(evil)}=now&cid=${encodeURIComponent(evil)}&.transport=sse`);
  await eventually(() => server.subscribers(evil), "somebody follows");
  await rows(page).first().click();
  await page.locator("#messages").getByText(evil).first().waitFor();
  await page.locator("#clients-table").getByText(evil).first().waitFor();
  assert.equal(await page.locator("main img").count(), 0);
  assert.equal(await page.evaluate(() => window.pwned), undefined);
  client.socket.destroy();
  assert.deepEqual(wrong, []);
}));

test("the page lives through a restart of the server", limit, Stage.test(async (stage) => {
  const { server, page } = await dashboard(stage);
  await live(page);
  const port = new URL(server.admin).port;
  server.options = ["--admin", `localhost:${port}`];
  await server.restart("SIGTERM", () => page.locator("#state.lost").waitFor());
  await live(page);
  await server.publish("after", "x");
  await row(page, "after").waitFor();
}));

test("with a token there is a form first, and what it gives is not the token", limit, Stage.test(async (stage) => {
  const { server, page } = await dashboard(stage, { flags: ["--admin-token", "open-sesame"] });
  await page.waitForURL("**/login");
  await page.getByLabel("Token of the admin listener").fill("wrong");
  await page.keyboard.press("Enter");
  await page.getByRole("alert").waitFor();
  await page.getByLabel("Token of the admin listener").fill("open-sesame");
  await page.getByRole("button", { name: "Log in" }).click();
  await live(page);
  const cookies = await page.context().cookies();
  assert.deepEqual(cookies.map(({ httpOnly, sameSite }) => [httpOnly, sameSite]), [[true, "Strict"]]);
  assert.ok(!JSON.stringify(cookies).includes("open-sesame"));
  await page.locator("#pub input[name=channel]").fill("news");
  await page.getByRole("button", { name: "Publish", exact: true }).click();
  await page.getByText("Published with etag").waitFor();
  // The public side's pages are another place, though the cookie would be theirs, too.
  const other = await page.context().newPage();
  await other.goto(server.url);
  assert.equal(await other.evaluate((url) => fetch(url, { credentials: "include" }).then(() => "read", () => "refused"), server.admin + "/stats"), "refused");
  await page.getByRole("button", { name: "Log out" }).click();
  await page.waitForURL("**/login");
  await page.goto(server.admin);
  await page.waitForURL("**/login");
}));

// The names of the columns with numbers once stood left, up to fifty pixels beside them.
const rightEdges = (cells) => cells.evaluateAll((all) => all.slice(1).filter((cell) => cell.offsetWidth > 0).map((cell) => {
  const text = document.createRange();
  text.selectNodeContents(cell);
  return text.getBoundingClientRect().right;
}));

for (const width of [400, 1600]) {
  for (const colorScheme of ["light", "dark"]) {
    test(`nothing runs out of the dashboard at ${width} pixels, ${colorScheme}, and text stands out`, limit, Stage.test(async (stage) => {
      const { server, page } = await dashboard(stage, { context: { viewport: { width, height: 900 }, colorScheme } });
      const long = "a-word-without-any-end-".repeat(10);
      await server.publish(long, long.repeat(4), "&event=" + long);
      const client = follower(server, `${long}=now&cid=${"c".repeat(200)}&.transport=sse`);
      await eventually(() => server.subscribers(long), "somebody follows");
      await live(page);
      await rows(page).first().click();
      await page.locator("#messages li").first().waitFor();
      await page.locator("#seats td").first().waitFor();
      await page.locator("#clients-table td").first().waitFor();
      assert.equal(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), true);
      assert.deepEqual(await poorContrast(page), []);
      const numbers = await rightEdges(rows(page).first().locator(":scope > *"));
      const names = await rightEdges(page.locator("#sorters > *"));
      assert.equal(names.length, numbers.length);
      for (const [i, right] of names.entries()) assert.ok(Math.abs(right - numbers[i]) < 4, `${names} over ${numbers}`);
      client.socket.destroy();
    }));
  }
}
