// What goes wrong between page and server, and that nothing is lost or told twice for it.
import assert from "node:assert/strict";
import path from "node:path";
import { test } from "node:test";
import { folder } from "./sites.mjs";
import { Stage, eventually, follow, numbers, opened, payloads, seen, state, told, until } from "./support.mjs";

const byPoll = () => { window.TextDecoder = undefined; };
const it = (name, body) => test(name, { timeout: 120000 }, Stage.test(body));

for (const [transport, before] of [["stream", undefined], ["poll", byPoll]]) {
  it(`${transport}: the server is killed and comes back without its messages: told, and nothing repeated`, async (stage) => {
    const server = await stage.server();
    const page = await stage.page(server.url, { before });
    await follow(page, "a", "news");
    await follow(page, "quiet", "quiet");
    await server.publish("news", "1");
    await server.publish("news", "2");
    await told(page, "a", 2);
    await server.restart("SIGKILL", () => until(page, () => martd.state === "waiting"));
    await server.publish("news", "3");
    assert.deepEqual(await told(page, "a", 3), ["1", "2", "3"]);
    assert.deepEqual((await seen(page, "a")).missed, [true]);
    await opened(page, "a", 2);
    await server.publish("quiet", "x");
    assert.deepEqual(await told(page, "quiet", 1), ["x"]);
  });

  it(`${transport}: the server is killed and comes back with its store: nothing is missed, and nothing repeated`, async (stage) => {
    const server = await stage.server("--store", path.join(await folder(stage), "store.db"));
    const page = await stage.page(server.url, { before: `(${before ?? "() => {}"})(); Math.random = () => 0.02;` });
    await follow(page, "a", "news");
    await follow(page, "quiet", "quiet");
    await server.publish("quiet", "x");
    await told(page, "quiet", 1);
    // Killed in the middle of them. A push that got no answer is made again: its id says that it is the same one.
    const count = 300;
    const flow = (async () => {
      for (let n = 1; n <= count; n++) {
        await eventually(() => server.publish("news", String(n), `&size=1000&id=${n}`).then(() => true, () => false), `message ${n} is taken`);
      }
    })();
    for (const n of [100, 200]) {
      await told(page, "a", n);
      await server.restart("SIGKILL", () => until(page, () => martd.state === "waiting"));
    }
    await flow;
    await server.publish("quiet", "y");
    assert.deepEqual(await told(page, "a", count), numbers(1, count));
    assert.deepEqual(await told(page, "quiet", 2), ["x", "y"]);
    // Who has it all, asked once more, is told nothing.
    await opened(page, "a", 3);
    for (const [name, all] of [["a", numbers(1, count)], ["quiet", ["x", "y"]]]) {
      assert.deepEqual((await seen(page, name)).payloads, all);
      assert.deepEqual((await seen(page, name)).missed, []);
    }
  });

  it(`${transport}: the server stops tidily; the page comes back`, async (stage) => {
    const server = await stage.server();
    const page = await stage.page(server.url, { before });
    await follow(page, "a", "news");
    await opened(page, "a");
    await server.restart("SIGTERM");
    // A long-poll is answered as after its wait, and that is no break.
    if (transport === "stream") {
      await opened(page, "a", 2);
      assert.deepEqual((await seen(page, "a")).closed, ["stopping"]);
    }
    await server.publish("news", "1");
    assert.deepEqual(await told(page, "a", 1), ["1"]);
  });

  it(`${transport}: a front that answers 502 while the server restarts`, async (stage) => {
    const server = await stage.server();
    const front = await stage.front(server);
    const page = await stage.page(front.url, { before });
    await follow(page, "a", "news");
    await opened(page, "a");
    await server.publish("news", "1");
    await told(page, "a", 1);
    front.broken = true;
    front.breakAll();
    await state(page, "waiting");
    await server.publish("news", "2");
    await eventually(() => stage.said.some((text) => text.includes("status 502")), "the page says what it got");
    front.broken = false;
    await server.publish("news", "3");
    assert.deepEqual(await told(page, "a", 3), ["1", "2", "3"]);
    assert.deepEqual((await seen(page, "a")).missed, []);
  });

  it(`${transport}: connections break again and again while messages flow`, async (stage) => {
    const server = await stage.server();
    const front = await stage.front(server);
    // Back-off is not what is tried here.
    const page = await stage.page(front.url, { before: `(${before ?? "() => {}"})(); Math.random = () => 0.02;` });
    await follow(page, "a", "a");
    await follow(page, "b", "b");
    await opened(page, "b");
    for (let n = 1; n <= 400; n++) {
      await server.publish("a", `a${n}`, "&size=1000");
      await server.publish("b", `b${n}`, "&size=1000");
      if (n % 40 === 0) {
        front.breakAll();
        await told(page, "a", n - 20);
      }
    }
    assert.deepEqual(await told(page, "a", 400), numbers(1, 400).map((n) => "a" + n));
    assert.deepEqual(await told(page, "b", 400), numbers(1, 400).map((n) => "b" + n));
    assert.deepEqual((await seen(page, "a")).missed, []);
  });

  it(`${transport}: a page that is put away holds nothing, and catches up when it is shown again`, async (stage) => {
    const server = await stage.server();
    const page = await stage.page(server.url, { before });
    await follow(page, "a", "news");
    await opened(page, "a");
    await server.publish("news", "1");
    await told(page, "a", 1);
    await page.evaluate(() => dispatchEvent(new PageTransitionEvent("pagehide", { persisted: true })));
    await state(page, "waiting");
    await eventually(async () => (await server.subscribers("news")) === 0, "the page lets go");
    await server.publish("news", "2");
    await page.evaluate(() => follow("b", "news"));
    await page.evaluate(() => dispatchEvent(new PageTransitionEvent("pageshow", { persisted: true })));
    assert.deepEqual(await told(page, "a", 2), ["1", "2"]);
    assert.deepEqual(await told(page, "b", 2), ["1", "2"]);
  });

  it(`${transport}: a page that the browser freezes holds nothing, and catches up when it is thawed`, async (stage) => {
    const server = await stage.server();
    const page = await stage.page(server.url, { before });
    await follow(page, "a", "news");
    await opened(page, "a");
    await page.evaluate(() => document.dispatchEvent(new Event("freeze")));
    await eventually(async () => (await server.subscribers("news")) === 0, "the page lets go");
    await server.publish("news", "1");
    await page.evaluate(() => document.dispatchEvent(new Event("resume")));
    assert.deepEqual(await told(page, "a", 1), ["1"]);
    await opened(page, "a", 2);
  });

  it(`${transport}: offline is told; online, the page is back at once`, async (stage) => {
    const server = await stage.server();
    const page = await stage.page(server.url, { before });
    await follow(page, "a", "news");
    await opened(page, "a");
    await page.context().setOffline(true);
    // What is open may go on where the network is there all the same; what breaks then is told as offline.
    await server.restart("SIGKILL");
    await state(page, "offline");
    await server.publish("news", "1");
    await page.context().setOffline(false);
    assert.deepEqual(await told(page, "a", 1), ["1"]);
    await state(page, "open");
  });
}

it("streams that end after some bytes, wherever that is, lose and repeat nothing", async (stage) => {
  const server = await stage.server();
  const front = await stage.front(server);
  const page = await stage.page(front.url, { before: () => { Math.random = () => 0.02; } });
  const payload = (n) => `${n} äöü € 😀\nand a second line`;
  await server.burst("news", numbers(1, 200).map(payload), "&size=1000");
  front.cut = 1009; // a prime: each stream breaks elsewhere in a line
  await follow(page, "a", "news");
  assert.deepEqual(await told(page, "a", 200), numbers(1, 200).map(payload));
  assert(front.streams > 10);
  front.cut = 0;
});

it("what is published before the first stream opens comes, though it was asked for with now", async (stage) => {
  const server = await stage.server();
  const front = await stage.front(server);
  const page = await stage.page(front.url);
  await server.publish("news", "old");
  front.mute = "later";
  await follow(page, "a", "news", { etag: "now" });
  await opened(page, "a");
  await server.publish("news", "new");
  front.mute = false;
  front.breakAll();
  assert.deepEqual(await told(page, "a", 1), ["new"]);
});

for (const [name, mute, forward] of [["passes nothing of a stream on", true, 11000], ["holds a stream back after its first bytes", "later", 36000]]) {
  it(`a proxy that ${name} is given up for long-polls, with a word in the console`, async (stage) => {
    const server = await stage.server();
    const front = await stage.front(server);
    const page = await stage.page(front.url, { clock: true });
    front.mute = mute;
    await follow(page, "a", "news");
    await eventually(() => front.streams === 1, "a stream is tried");
    if (mute === "later") await opened(page, "a");
    await server.publish("news", "1");
    await page.clock.fastForward(forward);
    await page.clock.resume();
    assert.deepEqual(await told(page, "a", 1), ["1"]);
    await until(page, () => martd.state === "open" && martd.transport === "poll");
    assert(stage.said.some((text) => /mute.*proxy_buffering/.test(text)), stage.said.join("\n"));
    await server.publish("news", "2");
    assert.deepEqual(await told(page, "a", 2), ["1", "2"]);
    // Later the stream is tried again.
    front.mute = false;
    await page.clock.fastForward(11 * 60 * 1000);
    await server.publish("news", "3");
    await until(page, () => martd.state === "open" && martd.transport === "stream");
    assert.deepEqual(await told(page, "a", 3), ["1", "2", "3"]);
  });
}

// One that only buffers passes chunks on.
it("an nginx that buffers and compresses is given up for long-polls", async (stage) => {
  const server = await stage.server();
  const front = await stage.nginx(server, "proxy_ignore_headers X-Accel-Buffering; gzip on; gzip_types text/event-stream; gzip_proxied any;");
  const page = await stage.page(front.url, { clock: true });
  await follow(page, "a", "news");
  await eventually(() => server.subscribers("news"), "a stream is tried");
  await server.publish("news", "1");
  await page.clock.fastForward(11000);
  await page.clock.resume();
  assert.deepEqual(await told(page, "a", 1), ["1"]);
  await until(page, () => martd.state === "open" && martd.transport === "poll");
  assert(stage.said.some((text) => /mute.*proxy_buffering/.test(text)), stage.said.join("\n"));
  await server.publish("news", "2");
  assert.deepEqual(await told(page, "a", 2), ["1", "2"]);
});

it("an nginx as it is passes streams on: it is asked not to buffer them", async (stage) => {
  const server = await stage.server();
  const front = await stage.nginx(server, "");
  const page = await stage.page(front.url);
  await follow(page, "a", "news");
  await opened(page, "a");
  await server.publish("news", "1");
  assert.deepEqual(await told(page, "a", 1), ["1"]);
  assert.equal(await page.evaluate(() => martd.transport), "stream");
});

// A machine slept, or a router forgot its connections: all that were open stayed open and mute, the stream and those that
// the browser keeps for a next request. The page was back after 81 seconds, by long-polls and for ten minutes, and blamed
// a proxy that buffers.
for (const [transport, options] of [["stream", {}], ["poll", { before: byPoll, clock: true }]]) {
  it(`${transport}: all connections go mute, and nobody is told`, async (stage) => {
    const server = await stage.server("--heartbeat", "2s", "--max-wait", "4s");
    const wire = await stage.wire(server);
    const page = await stage.page(wire.url, options);
    await follow(page, "a", "news");
    await opened(page, "a");
    await server.publish("news", "1");
    await told(page, "a", 1);
    // It has brought something in time: a heartbeat, or a poll's answer.
    const { pieces } = wire;
    await eventually(() => wire.pieces > pieces, "a sign of life");
    await page.evaluate(() => Promise.all([1, 2].map((n) => fetch(`/client.js?${n}`).then((answer) => answer.text()))));
    assert(wire.mute() >= 3);
    const cut = Date.now();
    await server.publish("news", "2");
    if (options.clock) {
      await page.clock.fastForward(30000); // its longest wait, and some
      await page.clock.resume();
    }
    assert.deepEqual(await told(page, "a", 2), ["1", "2"]);
    console.log(`${transport}: back after ${Date.now() - cut} ms`);
    await until(page, (t) => martd.state === "open" && martd.transport === t, transport);
    assert(!stage.said.some((text) => /mute/.test(text)), stage.said.join("\n"));
  });
}

// With --heartbeat 35s or more, every page left streams for polls, again and again.
it("a stream's heartbeat is as long as the server says", async (stage) => {
  const server = await stage.server("--heartbeat", "60s");
  const front = await stage.front(server);
  const page = await stage.page(front.url, { clock: true });
  await follow(page, "a", "news");
  await opened(page, "a");
  await page.clock.fastForward(70000);
  await page.clock.resume();
  await server.publish("news", "1");
  assert.deepEqual(await told(page, "a", 1), ["1"]);
  assert.equal(front.streams, 1);
  assert.equal(front.polls, 0);
  assert.equal(await page.evaluate(() => martd.transport), "stream");
  assert.equal((await seen(page, "a")).opened, 1);
});

it("a stream that was mute while the machine slept is made anew", async (stage) => {
  const server = await stage.server();
  const front = await stage.front(server);
  const page = await stage.page(front.url, { clock: true });
  await follow(page, "a", "news");
  await opened(page, "a");
  front.mute = "later";
  const before = front.streams;
  await page.clock.fastForward(3600000);
  await eventually(() => front.streams > before, "a new stream");
  front.mute = false;
  front.breakAll();
  await page.clock.resume();
  await server.publish("news", "1");
  assert.deepEqual(await told(page, "a", 1), ["1"]);
  assert.equal(await page.evaluate(() => martd.transport), "stream");
});

it("a long-poll that died while the machine slept is abandoned and asked again", async (stage) => {
  const server = await stage.server();
  const front = await stage.front(server);
  const page = await stage.page(front.url, { clock: true, before: byPoll });
  await follow(page, "a", "news");
  await eventually(() => server.subscribers("news"), "a poll is held");
  const [dead] = front.held;
  await page.clock.fastForward(3600000);
  await eventually(() => !front.held.has(dead), "the request is abandoned");
  await page.clock.resume();
  await server.publish("news", "1");
  assert.deepEqual(await told(page, "a", 1), ["1"]);
});

it("a page that waits to come back does so at once when its tab is shown, and when the browser is online", async (stage) => {
  for (const what of ["shown", "online"]) {
    const server = await stage.server();
    const front = await stage.front(server);
    // Its pauses are days: what comes before that comes of the event.
    const page = await stage.page(front.url, { before: () => {
      const { setTimeout } = window;
      window.setTimeout = (then, time) => setTimeout(then, time > 100 ? 1e9 : time);
      Math.random = () => 0.9;
    } });
    await follow(page, "a", "news");
    await opened(page, "a");
    front.broken = true;
    front.breakAll();
    await state(page, "waiting");
    front.broken = false;
    await server.publish("news", "1");
    await page.evaluate((w) => {
      if (w === "online") dispatchEvent(new Event("online"));
      else document.dispatchEvent(new Event("visibilitychange"));
    }, what);
    assert.deepEqual(await told(page, "a", 1), ["1"], what);
  }
});

it("pauses are anything up to a limit that doubles: pages that lost the server together don't come back together", async (stage) => {
  for (const random of [0.37, 0.03]) {
    const server = await stage.server();
    const front = await stage.front(server);
    const page = await stage.page(front.url, { before: `{
      window.pauses = [];
      const { setTimeout } = window;
      window.setTimeout = (then, time) => { pauses.push(Math.round(time)); return setTimeout(then, time / 1000); };
      Math.random = () => ${random};
    }` });
    front.broken = true;
    await follow(page, "a", "news");
    const wanted = [1000, 2000, 4000, 8000, 16000, 30000, 30000].map((most) => Math.round(most * random));
    await until(page, ([last, times]) => pauses.filter((pause) => pause === last).length >= times, [wanted.at(-1), 2]);
    const taken = (await page.evaluate(() => pauses)).filter((pause) => wanted.includes(pause));
    assert.deepEqual(taken.slice(0, wanted.length), wanted);
  }
});

it("streams that never come through, where long-polls do", async (stage) => {
  const server = await stage.server();
  const front = await stage.front(server);
  const page = await stage.page(front.url, { before: () => { Math.random = () => 0.02; } });
  await page.route("**/sub?*transport=sse*", (route) => route.abort());
  await follow(page, "a", "news");
  await until(page, () => martd.state === "open" && martd.transport === "poll");
  await server.publish("news", "1");
  assert.deepEqual(await told(page, "a", 1), ["1"]);
  assert(stage.said.some((text) => /don't come through/.test(text)));
});

// The second call catches up by a poll that doesn't wait. That once took the seat of the stream, and sat nowhere itself: the
// page heard nothing more until it was loaded anew.
it("two calls for one one2one channel in a page: both go on", async (stage) => {
  for (const before of [undefined, byPoll]) {
    const server = await stage.server();
    await server.publish("job", "1", "&one2one=1");
    const page = await stage.page(server.url, { before });
    await follow(page, "first", "job");
    assert.deepEqual(await told(page, "first", 1), ["1"]);
    await follow(page, "second", "job", { etag: "now" });
    await opened(page, "second");
    await follow(page, "third", "job", { etag: "0" });
    assert.deepEqual(await told(page, "third", 1), ["1"]);
    await server.publish("job", "2", "&one2one=1");
    assert.deepEqual(await told(page, "first", 2), ["1", "2"]);
    assert.deepEqual(await told(page, "second", 1), ["2"]);
    assert.deepEqual(await told(page, "third", 2), ["1", "2"]);
    for (const name of ["first", "second", "third"]) assert.deepEqual((await seen(page, name)).closed, []);
  }
});

it("another page with the same cid takes over, and the two do not fight", async (stage) => {
  const server = await stage.server();
  await server.publish("job", "", "&one2one=1");
  const first = await stage.page(server.url);
  await follow(first, "job", "job");
  await opened(first, "job");
  const second = await stage.page(server.url);
  await second.evaluate((cid) => { martd.cid = cid; }, await first.evaluate(() => martd.cid));
  await follow(second, "job", "job");
  await until(first, () => seen.job.closed[0] === "replaced");
  await server.publish("job", "1", "&one2one=1");
  assert.deepEqual(await told(second, "job", 1), ["1"]);
  assert.deepEqual(await payloads(first, "job"), []);
});

it("memory stays flat over 100,000 messages", async (stage) => {
  const server = await stage.server("--max-behind", "64M");
  const page = await stage.page(server.url);
  await page.evaluate(() => { window.count = 0; martd.sub("news", () => { window.count++; }); });
  await state(page, "open");
  const devtools = await page.context().newCDPSession(page);
  let heard = 0;
  // The last piece that came is still in use: so let that be a small one.
  const heap = async () => {
    await server.publish("news", "small", "&size=10000");
    await until(page, (n) => count === n, ++heard);
    await devtools.send("HeapProfiler.collectGarbage");
    return (await devtools.send("Runtime.getHeapUsage")).usedSize;
  };
  const burst = async () => {
    await server.burst("news", numbers(1, 10000).map((n) => `${n} `.padEnd(100, "x")), "&size=10000");
    await until(page, (n) => count === n, (heard += 10000));
  };
  await burst();
  const begin = await heap();
  for (let i = 2; i <= 10; i++) await burst();
  const grown = (await heap()) - begin;
  assert(grown < 300000, `grown by ${grown} bytes`);
});

it("from the back/forward cache a page comes back to where it was", async (stage) => {
  const server = await stage.server();
  const html = { "Content-Type": "text/html" };
  // What is no 200 is not kept by the browser.
  const front = await stage.front(server, { "/there-is-nothing-here": [html, "a page"], "/elsewhere": [html, "another page"] });
  const page = await stage.page(front.url);
  await follow(page, "a", "news");
  await opened(page, "a");
  await page.evaluate(() => { window.shown = []; addEventListener("pageshow", (event) => shown.push(event.persisted)); });
  await server.publish("news", "1");
  await told(page, "a", 1);
  await page.goto(`${front.url}/elsewhere`);
  await eventually(async () => (await server.subscribers("news")) === 0, "the page lets go");
  await server.publish("news", "2");
  await page.goBack({ waitUntil: "commit" }); // a page from the cache is not loaded again
  await until(page, () => window.shown && shown[0] === true);
  assert.deepEqual(await told(page, "a", 2), ["1", "2"]);
});
