// The pages of examples/, as their how-tos have them run: behind the server; and beside it, as another origin that it allows.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import http from "node:http";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { Stage, eventually } from "./support.mjs";

const folder = new URL("../../examples/", import.meta.url);
const usual = "http://localhost:54321";
const types = { html: "text/html; charset=utf-8", css: "text/css" };

/** A server, and the examples behind or beside it, with its address in place of the usual one. */
async function examples(stage, where) {
  let address = usual;
  const site = http.createServer(async (request, response) => {
    const path = new URL(request.url, usual).pathname.replace(/\/$/, "/index.html");
    try {
      const text = await readFile(new URL("." + path, folder), "utf8");
      response.writeHead(200, { "Content-Type": types[path.split(".").pop()] }).end(text.replaceAll(usual, address));
    } catch {
      response.writeHead(404).end();
    }
  });
  site.listen(0, "localhost");
  await once(site, "listening");
  stage.undo(() => { site.closeAllConnections(); site.close(); });
  const url = `http://localhost:${site.address().port}`;
  const server = await stage.server(...(where === "behind" ? [url] : ["--origin", url]));
  address = server.url;
  const home = where === "behind" ? address : url;
  const open = async (path, beside) => {
    const page = await stage.tab({}, beside);
    page.on("pageerror", (error) => stage.said.push(String(error)));
    await page.goto(`${home}/${path}`);
    return page;
  };
  return { server, open };
}

const it = (name, body, where = "behind") => test(name, { timeout: 60000 }, Stage.test(async (stage) => {
  await body(await examples(stage, where), stage);
  // Chromium itself writes down each 409, that of the desk which somebody else has.
  assert.deepEqual(stage.said.filter((text) => !text.includes("409")), [], "something is wrong in the console");
}));

async function python(script, ...args) {
  const child = spawn("python3", [fileURLToPath(new URL(script, folder)), ...args], { stdio: ["ignore", "inherit", "inherit"] });
  const [code] = await once(child, "exit");
  assert.equal(code, 0);
}

it("examples/notifications: each notice once, also those that were sent while the page was closed", async ({ server, open }) => {
  const notify = (title) => server.publish("notifications", JSON.stringify({ title, text: "text of " + title }), "&life=7d&size=100");
  await notify("before the first visit");
  const page = await open("notifications/");
  await eventually(() => server.subscribers("notifications"), "the page follows");
  await notify("first");
  await page.getByText("text of first").waitFor();
  const next = await open("notifications/", page);
  await page.close();
  await eventually(async () => (await server.subscribers("notifications")) === 1, "the other tab follows");
  await next.goto("about:blank");
  await eventually(async () => (await server.subscribers("notifications")) === 0, "nobody follows");
  await notify("second");
  await notify("<b>third</b>");
  const later = await open("notifications/", next);
  await later.getByText("text of second").waitFor();
  await later.getByText("<b>third</b>", { exact: true }).waitFor();
  assert.equal(await later.getByText(/text of (before|first)/).count(), 0);
});

it("examples/dashboard: the curves are there at once, and go on", async ({ server, open }) => {
  await python("dashboard/publish.py", server.url, "1");
  for (let n = 1; n <= 70; n++) await server.publish("dashboard/load", String(n), "&size=60&life=1h");
  const page = await open("dashboard/");
  await page.getByText("70", { exact: false }).first().waitFor();
  const points = () => page.locator("polyline").first().evaluate((line) => line.points.length);
  await eventually(async () => (await points()) === 60, "sixty points");
  await server.publish("dashboard/load", "71.5", "&size=60&life=1h");
  await page.getByText("71.5").waitFor();
  assert.equal(await points(), 60);
  await page.getByText(/^[\d.]+ %$/).waitFor();
});

const chat = async ({ open }) => {
  const first = await open("chat/#tea");
  await first.getByLabel("Name").fill("Ada");
  await first.getByLabel("Line").fill("<img src=x> is text");
  await first.getByRole("button").click();
  const second = await open("chat/#tea");
  await second.getByText("Ada: <img src=x> is text").waitFor();
  await second.getByLabel("Name").fill("Bob");
  await second.getByLabel("Line").fill("hello");
  await second.keyboard.press("Enter");
  await first.getByText("Bob: hello").waitFor();
  await second.evaluate(() => { location.hash = "coffee"; });
  await second.getByText("Room coffee").waitFor();
  assert.equal(await second.getByText("Ada").count(), 0);
};
it("examples/chat: two windows, rooms, and the last lines for who comes later", chat);
it("examples/chat: the same beside the server", chat, "beside");

it("examples/progress: a bar that is right after a reload, too", async ({ server, open }) => {
  await server.publish("job/report-7", JSON.stringify({ percent: 40, step: "sorting" }), "&size=1");
  const page = await open("progress/#report-7");
  await page.getByText("40 %: sorting").waitFor();
  await page.reload();
  await page.getByText("40 %: sorting").waitFor();
  await python("progress/job.py", "report-7", server.url, "0.01");
  await page.getByText("100 %: ready").waitFor();
  assert.equal(await page.getByRole("progressbar").evaluate((bar) => bar.value), 100);
  await eventually(async () => (await server.subscribers("job/report-7")) === 0, "the page has let go");
});

it("examples/agent: one agent at the desk, and visitors who see it", async ({ open }) => {
  const visitor = await open("agent/");
  await visitor.getByText("Nobody is at the desk.").waitFor();
  await visitor.getByLabel("Question").fill("Is it late?");
  await visitor.getByRole("button").click();
  await visitor.getByText("Your question waits for an agent.").waitFor();
  const agent = await open("agent/agent.html", visitor);
  await agent.getByText("You are at the desk.").waitFor();
  await agent.getByText("Is it late?").waitFor();
  await visitor.getByText("The agent is at the desk.").waitFor();
  const other = await open("agent/agent.html", visitor);
  await other.getByText("Somebody else is at the desk.").waitFor();
  await visitor.getByLabel("Question").fill("And now?");
  await visitor.getByRole("button").click();
  await visitor.getByText("The agent has your question.").waitFor();
  await agent.getByText("And now?").waitFor();
});
