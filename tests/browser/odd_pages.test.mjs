// Pages that client.js didn't expect: their base, their names, and those that put a new page into the old one.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Stage, eventually, follow, opened, payloads, rememberEverything, seen, told } from "./support.mjs";

const it = (name, body) => test(name, { timeout: 60000 }, Stage.test(body));
const html = { "Content-Type": "text/html; charset=utf-8" };

async function open(stage, front, text) {
  front.pages["/page"] = [html, text];
  const page = await stage.tab();
  await page.goto(`${front.url}/page`);
  await page.evaluate(rememberEverything);
  return page;
}

// A page whose <base> was the host of its pictures sent its subscriptions there, and its pushes, each with the channel's key.
it("a page whose base is another host asks its own", async (stage) => {
  const server = await stage.server();
  const front = await stage.front(server);
  const other = await stage.front(server);
  const page = await open(stage, front, `<base href="${other.url}/pictures/"><script src="${front.url}/client.js"></script>`);
  assert.equal(await page.evaluate(() => martd.SERVER), "");
  await follow(page, "a", "news");
  await page.evaluate(() => martd.pub("news", 10, 3600, false, "the key", "1"));
  assert.deepEqual(await told(page, "a", 1), ["1"]);
  // Behind, it asks by a poll.
  await follow(page, "late", "news");
  assert.deepEqual(await told(page, "late", 1), ["1"]);
  assert.equal(other.streams + other.polls, 0);
  assert.equal((await page.evaluate(() => performance.getEntriesByType("resource").map((entry) => entry.name)))
    .filter((name) => name.startsWith(other.url)).length, 0);
});

// `window.martd` was the form, so the script took itself for the second one and did nothing.
for (const [what, element] of [
  ["a form", '<form name="martd"><input name="sub"></form>'],
  ["an element", '<p id="martd">martd</p>'],
  ["a frame", '<iframe name="martd"></iframe>'],
]) {
  it(`a page in which ${what} is named martd`, async (stage) => {
    const server = await stage.server();
    const front = await stage.front(server);
    const page = await open(stage, front, `${element}<script src="/client.js"></script><script src="/client.js"></script>`);
    await follow(page, "a", "news");
    await server.publish("news", "1");
    assert.deepEqual(await told(page, "a", 1), ["1"]);
    assert.equal(front.streams, 1);
  });
}

// Turbo and its like fetch the next page, put it in place of this one and run its scripts. The tag had a new data-cursor, as
// the new page has all messages up to there, and that was ignored: those since the first page came a second time.
it("the tag is run again with a new cursor: what is followed from then on begins there", async (stage) => {
  const server = await stage.server();
  const front = await stage.front(server);
  const place = (etag) => `news=${etag}&caf%C3%A9+1=0`;
  const first = (await server.publish("news", "in the first page")).etag;
  const page = await open(stage, front, `<script src="/client.js" data-cursor="${place(first)}"></script>`);
  await follow(page, "a", "news");
  await opened(page, "a");
  const second = (await server.publish("news", "in the second page")).etag;
  assert.deepEqual(await told(page, "a", 1), ["in the second page"]);
  const again = (attributes) => page.evaluate((given) => new Promise((resolve) => {
    const script = document.createElement("script");
    for (const [name, value] of Object.entries(given)) script.setAttribute(name, value);
    script.onload = resolve;
    document.head.append(script);
  }), attributes);
  await again({ src: "/client.js", "data-cursor": place(second) });
  await follow(page, "b", "news");
  await server.publish("news", "later");
  assert.deepEqual(await told(page, "b", 1), ["later"]);
  assert.deepEqual(await payloads(page, "a"), ["in the second page", "later"]);
  // A tag without a cursor, or another server's, changes nothing.
  await again({ src: "/client.js" });
  const other = await stage.front(server);
  await again({ src: `${other.url}/client.js`, "data-cursor": "news=1" });
  await follow(page, "c", "news");
  assert.deepEqual(await told(page, "c", 1), ["later"]);
  assert.deepEqual((await seen(page, "c")).missed, []);
  await eventually(() => front.held.size === 1, "one request is held");
});
