// Other people's EventSources, cut off before their first message: each comes back to where it was.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { test } from "node:test";
import { EventSource as Eventsource4 } from "eventsource";
import Eventsource2 from "eventsource2";
import { EventSource as Undici } from "undici";
import { Stage, eventually, numbers } from "./support.mjs";

/** In a page or in Node: makes one and keeps what it says in `seen`. */
const listen = (Source, url, seen) => {
  const source = new Source(url);
  seen.source = source;
  source.onmessage = (event) => seen.messages.push(event.data);
  source.addEventListener("martd.sub", () => seen.begins++);
  source.addEventListener("martd.missed", (event) => seen.missed.push(JSON.parse(event.data).missed));
};
const nothing = () => ({ messages: [], missed: [], begins: 0 });

const inNode = (Source) => async (stage, front, target) => {
  const seen = nothing();
  listen(Source, front.url + target, seen);
  stage.undo(() => seen.source.close());
  return async () => seen;
};

const inPage = (name, script) => async (stage, front, target) => {
  const page = await stage.tab();
  await page.goto(`${front.url}/there-is-nothing-here`);
  if (script) await page.addScriptTag({ content: await readFile(createRequire(import.meta.url).resolve(script), "utf8") });
  await page.evaluate(`seen = (${nothing})(); (${listen})(${name}, ${JSON.stringify(target)}, seen)`);
  return () => page.evaluate(() => ({ messages: seen.messages, missed: seen.missed, begins: seen.begins }));
};

for (const [name, open] of [
  ["Chromium's own", inPage("EventSource")],
  ["event-source-polyfill", inPage("EventSourcePolyfill", "event-source-polyfill/src/eventsource.js")],
  ["npm's eventsource 4", inNode(Eventsource4)],
  ["npm's eventsource 2", inNode(Eventsource2)],
  ["undici's", inNode(Undici)],
]) {
  for (const cursor of ["now", "0"]) {
    test(`${name}, from ${cursor}, is cut off before its first message`, { timeout: 60000 }, Stage.test(async (stage) => {
      const server = await stage.server();
      const front = await stage.front(server);
      const seen = await open(stage, front, `/sub?news=${cursor}`);
      await eventually(async () => (await seen()).begins === 1, "it is told where it begins");
      // It comes back after two seconds.
      front.breakAll();
      await server.burst("news", numbers(1, 15), "&size=10");
      await eventually(async () => (await seen()).messages.length >= 10, "what is kept comes");
      assert.deepEqual((await seen()).messages, numbers(6, 15));
      // Five, or some: where nobody was there meanwhile, the channel had ended, and another one began.
      assert.equal((await seen()).missed.length, 1);
      assert([5, true].includes((await seen()).missed[0]));
      await server.publish("news", "16");
      await eventually(async () => (await seen()).messages.length >= 11, "and what is new");
    }));
  }
}
