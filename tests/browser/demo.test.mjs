// The first five minutes: the page that the program prints, and the command beside it.
import assert from "node:assert/strict";
import { exec } from "node:child_process";
import { test } from "node:test";
import { promisify } from "node:util";
import { Stage, eventually, poorContrast } from "./support.mjs";

const shell = promisify(exec);

async function demo(stage, options, ...flags) {
  const server = await stage.server(...flags);
  await eventually(() => server.stderr.includes("curl -d"), "the program prints a curl line");
  const printed = /http:\/\/localhost:\d+\S*/.exec(server.stderr)?.[0] ?? assert.fail(`no address in: ${server.stderr}`);
  const page = await stage.tab(options);
  const asked = [];
  page.on("request", (request) => asked.push(new URL(request.url())));
  await page.goto(printed);
  await page.getByText("connected by event stream").waitFor();
  return { server, page, asked };
}

test("the printed page is opened, the printed command is run, and the message is in the page", { timeout: 60000 }, Stage.test(async (stage) => {
  const { server, page, asked } = await demo(stage);
  const line = server.stderr.split("\n").find((text) => text.includes("curl -d"));
  const command = line.slice(line.indexOf("curl -d"));
  await shell(command);
  await page.getByRole("log").getByText("hello", { exact: false }).first().waitFor();
  for (const url of asked) assert.equal(url.host, `localhost:${server.port}`, `an outside resource: ${url}`);
  assert.deepEqual(stage.said, []);
}));

test("the command that the page shows works, whatever the channel's name", { timeout: 60000 }, Stage.test(async (stage) => {
  const { server, page } = await demo(stage);
  await page.getByLabel("Channel").fill("it's $HOME & \"more\"");
  await page.getByRole("button", { name: "Follow" }).click();
  await eventually(() => server.subscribers("it's $HOME & \"more\""), "the page follows it");
  await shell(await page.locator("#curl").textContent());
  await page.getByRole("log").getByText("hello from a terminal").waitFor();
  await page.reload();
  await page.getByRole("log").getByText("hello from a terminal").waitFor();
  await page.getByLabel("Channel").fill("martd.x");
  await page.getByRole("button", { name: "Follow" }).click();
  assert.equal(await page.getByLabel("Channel").evaluate((input) => input.validity.customError), true);
}));

test("the lines for a page of one's own, pasted into one, follow the channel from wherever that page is", { timeout: 60000 }, Stage.test(async (stage) => {
  const { server, page } = await demo(stage, {}, "--origin", "*");
  const name = "it's </script> & \"more\"";
  await page.getByLabel("Channel").fill(name);
  await page.getByRole("button", { name: "Follow" }).click();
  const lines = await page.locator("#script").textContent();
  const elsewhere = await stage.front(server, { "/mine": [{ "Content-Type": "text/html" }, `<!doctype html>\n<p>\n${lines}`] });
  const mine = await stage.tab();
  await mine.goto(`${elsewhere.url}/mine`);
  await server.publish(name, "to the page of one's own");
  await eventually(() => stage.said.includes("to the page of one's own"), "its script writes what it gets");
}));

test("several channels: each message says from where, and a channel can be left", { timeout: 60000 }, Stage.test(async (stage) => {
  const { server, page } = await demo(stage);
  await page.getByLabel("Channel").fill("sport");
  await page.getByRole("button", { name: "Follow" }).click();
  await eventually(() => server.subscribers("sport"), "the page follows it");
  await server.publish("news", "about news");
  await server.publish("sport", "about sport");
  await page.getByRole("listitem").filter({ hasText: "about news" }).getByText("news", { exact: true }).waitFor();
  await page.getByRole("listitem").filter({ hasText: "about sport" }).getByText("sport", { exact: true }).waitFor();
  assert.match(await page.locator("#curl").textContent(), /channel=sport/);
  await page.getByRole("button", { name: "news", exact: true }).click();
  assert.match(await page.locator("#curl").textContent(), /channel=news/);
  await page.reload();
  await page.getByText("about sport").waitFor();
  await page.getByRole("button", { name: "Leave sport" }).click();
  await eventually(async () => (await server.subscribers("sport")) === 0, "sport is left");
  assert.equal(await server.subscribers("news"), 1);
}));

test("a chat of two windows", { timeout: 60000 }, Stage.test(async (stage) => {
  const { page } = await demo(stage);
  const [second] = await Promise.all([page.waitForEvent("popup"), page.getByText("Open this page in a second window").click()]);
  await second.getByText("connected by event stream").waitFor();
  await page.getByLabel("Name").fill("Ada");
  await page.getByLabel("Line").fill("are you there?");
  await page.getByRole("button", { name: "Send" }).click();
  await second.locator("#talk li:not(.mine)").getByText("are you there?").waitFor();
  await second.getByLabel("Name").fill("Bob");
  await second.getByLabel("Line").fill("<i>here</i>");
  await second.getByLabel("Line").press("Enter");
  await page.locator("#talk li:not(.mine)").getByText("<i>here</i>").waitFor();
  await page.locator("#talk li.mine").getByText("are you there?").waitFor();
}));

test("below a prefix", { timeout: 60000 }, Stage.test(async (stage) => {
  const { server, page } = await demo(stage, {}, "--prefix", "/push");
  assert.equal(await page.evaluate(() => martd.SERVER), "/push");
  await shell(await page.locator("#curl").textContent());
  await page.getByRole("log").getByText("hello from a terminal").waitFor();
  const line = server.stderr.split("\n").find((text) => text.includes("curl -d"));
  await shell(line.slice(line.indexOf("curl -d")));
  await page.getByRole("log").getByText("hello", { exact: true }).waitFor();
}));

test("published by keyboard alone, shown as text and not as markup", { timeout: 60000 }, Stage.test(async (stage) => {
  const { page } = await demo(stage);
  for (let i = 0; i < 20; i++) {
    if (await page.evaluate(() => document.activeElement.name === "message")) break;
    await page.keyboard.press("Tab");
  }
  await page.keyboard.press("Control+a");
  await page.keyboard.type("<b>hi</b>");
  await page.keyboard.press("Control+Enter");
  await page.getByRole("log").getByText("<b>hi</b>").waitFor();
  await page.getByText("Published. Subscribers now: 1.").waitFor();
}));

for (const width of [400, 1600]) {
  for (const colorScheme of ["light", "dark"]) {
    test(`nothing runs out of the page at ${width} pixels, ${colorScheme}, and text stands out`, { timeout: 60000 }, Stage.test(async (stage) => {
      const { server, page } = await demo(stage, { viewport: { width, height: 900 }, colorScheme });
      await server.publish("news", "a-word-without-any-end-".repeat(40));
      await page.getByRole("log").getByText("a-word-without-any-end-").waitFor();
      assert.equal(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), true);
      assert.deepEqual(await poorContrast(page), []);
    }));
  }
}
