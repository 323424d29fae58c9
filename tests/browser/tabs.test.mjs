// The tabs of one browser share a connection, and none of them can tell.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Stage, eventually, follow, numbers, opened, payloads, seen, state, told, until } from "./support.mjs";

const it = (name, body) => test(name, { timeout: 120000 }, Stage.test(body));
const byPoll = () => { window.TextDecoder = undefined; };
const each = (pages, then) => Promise.all(pages.map(then));

/** As a page on another machine of the local net has it: no Web Locks, so a SharedWorker. */
const plain = (front) => front.url.replace("localhost", "push.test");

for (const [how, address, before] of [
  ["by Web Locks", (front) => front.url],
  ["by a SharedWorker, on plain http", plain],
  ["by Web Locks, with long-polls", (front) => front.url, byPoll],
]) {
  it(`eight tabs and one connection, ${how}`, async (stage) => {
    const server = await stage.server();
    const front = await stage.front(server);
    const pages = await stage.pages(8, address(front), { before });
    assert.equal(await pages[0].evaluate(() => Boolean(navigator.locks)), address !== plain);
    await each(pages, async (page, i) => {
      await follow(page, "all", "for all");
      await follow(page, "one", `for ${i}`);
      await opened(page, "all");
      await opened(page, "one");
    });
    await eventually(() => front.held.size === 1, "one request is held");
    const streams = front.streams;
    for (let n = 1; n <= 20; n++) {
      await server.publish("for all", String(n), "&size=100");
      await server.publish(`for ${n % 8}`, String(n), "&size=100");
    }
    await each(pages, async (page, i) => {
      assert.deepEqual(await told(page, "all", 20), numbers(1, 20));
      assert.deepEqual(await told(page, "one", 2), numbers(1, 20).filter((n) => n % 8 === i));
    });
    if (!before) {
      assert.equal(front.held.size, 1);
      assert.equal(front.streams, streams);
      assert.equal(await server.subscribers("for all"), 1);
      assert.equal(await server.subscribers("for 7"), 1);
    }
    assert.equal(await pages[3].evaluate(() => `${martd.state} ${martd.transport}`), before ? "open poll" : "open stream");
    // What nobody follows any more isn't asked for.
    await pages[7].close();
    await eventually(async () => (await server.subscribers("for 7")) === 0, "the closed tab's channel is left");
  });

  it(`tabs are closed one after the other while 1,000 messages flow, ${how}`, async (stage) => {
    const server = await stage.server();
    const front = await stage.front(server);
    const pages = await stage.pages(4, address(front), { before });
    for (const page of pages) {
      await follow(page, "a", "news");
      await opened(page, "a");
    }
    let last = 0;
    const flow = (async () => { while (last < 1000) await server.publish("news", String(++last), "&size=2000"); })();
    for (const [i, page] of pages.slice(0, 3).entries()) {
      await eventually(() => last > 250 * (i + 1), "messages flow");
      await page.close(); // it leads
    }
    await flow;
    assert.deepEqual(await told(pages[3], "a", 1000), numbers(1, 1000));
    assert.deepEqual((await seen(pages[3], "a")).missed, []);
  });
}

it("a leader that crashes", async (stage) => {
  const server = await stage.server();
  const front = await stage.front(server);
  const pages = await stage.pages(3, front.url);
  await each(pages, (page) => follow(page, "a", "news"));
  await each(pages, (page) => opened(page, "a"));
  await server.publish("news", "1");
  const { leader } = stage, others = pages.filter((page) => page !== leader);
  await each(others, (page) => told(page, "a", 1));
  const { streams } = front;
  leader.goto("chrome://crash").catch(() => {});
  await eventually(() => front.streams > streams, "another tab leads");
  await server.publish("news", "2");
  await each(others, async (page) => assert.deepEqual(await told(page, "a", 2), ["1", "2"]));
});

it("a leader that is frozen by the browser hands over, and is told what it slept through", async (stage) => {
  const server = await stage.server();
  const front = await stage.front(server);
  const pages = await stage.pages(2, front.url);
  await each(pages, (page) => follow(page, "a", "news"));
  await each(pages, (page) => opened(page, "a"));
  const { leader } = stage, other = pages.find((page) => page !== leader);
  const before = (await seen(other, "a")).opened;
  await leader.evaluate(() => document.dispatchEvent(new Event("freeze")));
  await opened(other, "a", before + 1);
  await server.publish("news", "1");
  assert.deepEqual(await told(other, "a", 1), ["1"]);
  await leader.evaluate(() => document.dispatchEvent(new Event("resume")));
  assert.deepEqual(await told(leader, "a", 1), ["1"]);
  await eventually(() => front.held.size === 1, "one request is held");
});

// A tab whose script stands still (a debugger, a loop without end) keeps its Web Lock. The others notice that nobody
// answers them, and take it. When it goes on it has a stream's leftovers to tell, which nobody takes twice.
it("a leader that stands still is replaced, and follows when it goes on", async (stage) => {
  const server = await stage.server();
  const front = await stage.front(server);
  const leader = await stage.page(front.url);
  const other = await stage.page(front.url, { beside: leader, before: () => {
    const { setTimeout, setInterval } = window;
    window.setTimeout = (then, time) => setTimeout(then, time / 10);
    window.setInterval = (then, time) => setInterval(then, time / 10);
  } });
  await follow(leader, "a", "news");
  await opened(leader, "a");
  await follow(other, "a", "news");
  await opened(other, "a");
  const devtools = await leader.context().newCDPSession(leader);
  await devtools.send("Debugger.enable");
  await devtools.send("Debugger.pause");
  await server.publish("news", "1");
  assert.deepEqual(await told(other, "a", 1), ["1"]);
  await server.publish("news", "2");
  assert.deepEqual(await told(other, "a", 2), ["1", "2"]);
  await devtools.send("Debugger.resume");
  await devtools.send("Debugger.disable");
  assert.deepEqual(await told(leader, "a", 2), ["1", "2"]);
  await server.publish("news", "3");
  assert.deepEqual(await told(leader, "a", 3), ["1", "2", "3"]);
  assert.deepEqual(await told(other, "a", 3), ["1", "2", "3"]);
  await eventually(() => front.held.size === 1, "one request is held");
});

it("a leader goes into the back/forward cache and comes back", async (stage) => {
  const server = await stage.server();
  const html = { "Content-Type": "text/html" };
  const front = await stage.front(server, { "/there-is-nothing-here": [html, "a page"], "/elsewhere": [html, "another page"] });
  const [leader, other] = await stage.pages(2, front.url);
  await each([leader, other], (page) => follow(page, "a", "news"));
  await each([leader, other], (page) => opened(page, "a"));
  for (const page of [leader, other]) {
    await page.evaluate(() => { window.shown = []; addEventListener("pageshow", (event) => shown.push(event.persisted)); });
    await page.goto(`${front.url}/elsewhere`);
    await server.publish("news", "while it was away");
    await page.goBack({ waitUntil: "commit" });
    await until(page, () => window.shown && shown[0] === true);
  }
  await each([leader, other], async (page) => assert.deepEqual(await told(page, "a", 2), ["while it was away", "while it was away"]));
});

it("each tab gets what its own etag asks for, though the shared stream is past it, while messages flow", async (stage) => {
  const server = await stage.server();
  const front = await stage.front(server);
  const etags = [];
  for (const n of numbers(1, 50)) etags.push((await server.publish("news", n, "&size=10000")).etag);
  const first = await stage.page(front.url);
  await follow(first, "now", "news", { etag: "now" });
  await opened(first, "now");
  // The messages flow until the last one follows: on a slow machine a page takes longer than any number of them.
  let last = 50;
  let flowing = true;
  const flow = (async () => { while (flowing && last < 9000) await server.publish("news", String(++last), "&size=10000"); })();
  const all = await stage.page(front.url, { beside: first });
  await follow(all, "all", "news");
  const some = await stage.page(front.url, { beside: first });
  await follow(some, "some", "news", { etag: etags[29] });
  await follow(some, "late", "news", { etag: "now" });
  await opened(some, "late");
  flowing = false;
  await flow;
  await server.publish("news", String(++last), "&size=10000");
  assert.deepEqual(await told(first, "now", last - 50), numbers(51, last));
  assert.deepEqual(await told(all, "all", last), numbers(1, last));
  assert.deepEqual(await told(some, "some", last - 30), numbers(31, last));
  await until(some, (text) => seen.late.payloads.at(-1) === text, String(last));
  const late = await payloads(some, "late");
  assert.deepEqual(late, numbers(last + 1 - late.length, last));
  await eventually(() => front.held.size === 1, "one request is held");
  assert.equal(front.streams, 1); // the stream was never interrupted for it
});

it("what was lost is told to each tab as it is for that tab", async (stage) => {
  const server = await stage.server();
  const { etag } = await server.publish("news", "1", "&size=10");
  for (const n of numbers(2, 31)) await server.publish("news", n, "&size=10");
  const [first, second, third] = await stage.pages(3, server.url);
  await follow(first, "a", "news");
  await opened(first, "a");
  await follow(second, "a", "news", { etag });
  await follow(third, "a", "news", { etag: String(BigInt(etag) + 15n) });
  for (const [page, missed] of [[first, []], [second, [20]], [third, [5]]]) {
    assert.deepEqual(await told(page, "a", 10), numbers(22, 31));
    assert.deepEqual((await seen(page, "a")).missed, missed);
  }
});

// A tab may come with an etag from a server whose clock was ahead, or of another life. Where the shared stream stood lower,
// the tab seemed to have read it all, and would have waited in silence until the etags reached its own.
it("a tab that comes with an etag from the future is told that it missed something", async (stage) => {
  const server = await stage.server();
  const { etag } = await server.publish("news", "1");
  await server.publish("news", "2");
  const [first, second] = await stage.pages(2, server.url);
  await follow(first, "a", "news");
  await told(first, "a", 2);
  await follow(second, "a", "news", { etag: String(BigInt(etag) + 1000000n) });
  assert.deepEqual(await told(second, "a", 2), ["1", "2"]);
  assert.deepEqual((await seen(second, "a")).missed, [true]);
  await server.publish("news", "3");
  for (const page of [first, second]) assert.deepEqual(await told(page, "a", 3), ["1", "2", "3"]);
});

it("tabs add and cancel channels while messages flow, and no other tab notices", async (stage) => {
  const server = await stage.server();
  const front = await stage.front(server);
  const pages = await stage.pages(3, front.url);
  await each(pages, (page) => follow(page, "main", "main"));
  await each(pages, (page) => opened(page, "main"));
  let last = 0;
  const flow = (async () => { while (last < 800) await server.publish("main", String(++last), "&size=5000"); })();
  await each(pages, (page, p) => page.evaluate(async (p) => {
    for (let i = 0; i < 25; i++) {
      follow("side" + i, "side" + ((i + p) % 7));
      if (i % 3 === 0) handles["side" + i].cancel();
      if (i % 5 === 0) handles["side" + (i > 4 ? i - 4 : 0)].cancel();
      await passed("main", (i + p) % 4 * 8, 800);
    }
  }, p));
  await pages[1].evaluate(() => handles.main.cancel());
  const cancelled = (await payloads(pages[1], "main")).length;
  await flow;
  for (const page of [pages[0], pages[2]]) {
    assert.deepEqual(await told(page, "main", 800), numbers(1, 800));
    assert.deepEqual((await seen(page, "main")).missed, []);
  }
  for (let i = 0; i < 7; i++) await server.publish("side" + i, "to " + i);
  await each(pages, async (page, p) => {
    for (const i of [2, 4, 22, 23]) assert.deepEqual(await told(page, "side" + i, 1), ["to " + ((i + p) % 7)]);
  });
  const got = await payloads(pages[1], "main");
  assert.equal(got.length, cancelled);
  assert.deepEqual(got, numbers(1, cancelled));
});

it("the server is killed and comes back: each tab is told once", async (stage) => {
  const server = await stage.server();
  const pages = await stage.pages(3, server.url);
  await each(pages, (page) => follow(page, "a", "news"));
  await each(pages, (page) => opened(page, "a"));
  await server.publish("news", "1");
  await each(pages, (page) => told(page, "a", 1));
  await server.restart("SIGKILL", () => each(pages, (page) => state(page, "waiting")));
  await server.publish("news", "2");
  await each(pages, async (page) => {
    assert.deepEqual(await told(page, "a", 2), ["1", "2"]);
    await state(page, "open");
    const { missed, opened } = await seen(page, "a");
    assert.deepEqual(missed, [true]);
    assert(opened >= 2);
  });
});

it("one2one: one tab has it, by a connection of its own; the next gets it when that is closed", async (stage) => {
  const server = await stage.server();
  const front = await stage.front(server);
  await server.publish("job", "", "&one2one=1");
  const [first, second] = await stage.pages(2, front.url);
  await each([first, second], (page) => follow(page, "other", "other"));
  await each([first, second], (page) => opened(page, "other"));
  await follow(first, "job", "job");
  await opened(first, "job");
  await follow(second, "job", "job");
  await until(second, () => seen.job.closed[0] === "one2one");
  await server.publish("job", "1", "&one2one=1");
  await server.publish("other", "to both");
  assert.deepEqual(await told(first, "job", 1), ["1"]);
  await each([first, second], async (page) => assert.deepEqual(await told(page, "other", 1), ["to both"]));
  assert.deepEqual(await payloads(second, "job"), []);
  assert.equal(front.held.size, 2);
  await first.close();
  await server.publish("job", "2", "&one2one=1");
  assert.deepEqual(await told(second, "job", 2), ["1", "2"]);
});

it("one2one: a channel becomes it while several tabs follow; one of them keeps it and loses nothing", async (stage) => {
  const server = await stage.server();
  const pages = await stage.pages(3, server.url);
  await each(pages, (page) => follow(page, "job", "job"));
  await each(pages, (page) => opened(page, "job"));
  await server.publish("job", "1");
  await each(pages, (page) => told(page, "job", 1));
  await server.publish("job", "2", "&one2one=1");
  await eventually(async () => {
    const all = await each(pages, (page) => seen(page, "job"));
    return all.filter((one) => one.closed.includes("one2one")).length === 2;
  }, "two of them are refused");
  await server.publish("job", "3", "&one2one=1");
  await eventually(async () => (await each(pages, (page) => payloads(page, "job"))).some((got) => got.length === 3), "one has all");
  const got = (await each(pages, (page) => payloads(page, "job"))).map(String).sort();
  assert.deepEqual(got, ["1", "1", "1,2,3"]);
});

it("tabs that together follow more than a request may have connections of their own", async (stage) => {
  const server = await stage.server("--max-channels", "5");
  const pages = await stage.pages(3, server.url);
  for (const [p, page] of pages.entries()) for (const i of [1, 2, 3]) await follow(page, `c${i}`, `c${p}-${i}`);
  for (const p of pages.keys()) for (const i of [1, 2, 3]) await server.publish(`c${p}-${i}`, `${p} ${i}`);
  for (const [p, page] of pages.entries()) for (const i of [1, 2, 3]) assert.deepEqual(await told(page, `c${i}`, 1), [`${p} ${i}`]);
});

for (const [what, address, before] of [
  ["no BroadcastChannel", (front) => front.url, () => { window.BroadcastChannel = undefined; }],
  ["neither Web Locks nor SharedWorker", plain, () => { window.SharedWorker = undefined; }],
  ["Web Locks that are denied", (front) => front.url, () => { navigator.locks.request = () => Promise.reject(new Error("denied")); }],
  ["a SharedWorker that can't start", plain, () => {
    const Worker = SharedWorker;
    window.SharedWorker = function (url, name) { return new Worker("/no-such-script.js", name); };
  }],
]) {
  it(`${what}: a connection a tab`, async (stage) => {
    const server = await stage.server();
    const front = await stage.front(server);
    const pages = await stage.pages(2, address(front), { before });
    await each(pages, (page) => follow(page, "a", "news"));
    await each(pages, (page) => opened(page, "a"));
    await server.publish("news", "1");
    await each(pages, async (page) => assert.deepEqual(await told(page, "a", 1), ["1"]));
    await eventually(() => front.held.size === 2, "each has its own");
  });
}

it("a SharedWorker below a prefix and under a strict Content-Security-Policy", async (stage) => {
  const server = await stage.server("--prefix", "/push");
  const script = "window.got = []; martd.sub('news', function (payload) { got.push(payload); });";
  const front = await stage.front(server, {
    "/page": [{ "Content-Type": "text/html", "Content-Security-Policy": "default-src 'none'; script-src 'self'; connect-src 'self'" },
      '<script src="/push/client.js"></script><script src="/page.js"></script>'],
    "/page.js": [{ "Content-Type": "text/javascript" }, script],
  });
  const first = await stage.tab();
  const pages = [first, await stage.tab({}, first)];
  for (const page of pages) await page.goto(`${plain(front)}/page`);
  for (const page of pages) await until(page, () => martd.state === "open");
  const answer = await fetch(`${server.url}/push/pub?channel=news`, { method: "POST", body: "hello" });
  assert.equal((await answer.json()).subscribers, 1);
  for (const page of pages) await until(page, () => got[0] === "hello");
});

it("tabs of a page of a foreign origin share a connection, too", async (stage) => {
  const first = await stage.server();
  const front = await stage.front(first);
  const server = await stage.server("--origin", front.url);
  front.pages["/page"] = [{ "Content-Type": "text/html" }, `<script src="${server.url}/client.js"></script>
    <script>window.got = []; martd.sub("news", function (payload) { got.push(payload); });</script>`];
  const tab = await stage.tab();
  const pages = [tab, await stage.tab({}, tab), await stage.tab({}, tab)];
  for (const page of pages) await page.goto(`${front.url}/page`);
  for (const page of pages) await until(page, () => martd.state === "open");
  await eventually(async () => (await server.subscribers("news")) === 1, "one request is held");
  await server.publish("news", "hello");
  for (const page of pages) await until(page, () => got[0] === "hello");
});

it("10,000 messages in a burst, in order, in each tab", async (stage) => {
  const server = await stage.server("--max-behind", "64M");
  const pages = await stage.pages(3, server.url);
  await each(pages, (page) => follow(page, "a", "news"));
  await each(pages, (page) => opened(page, "a"));
  await server.burst("news", numbers(1, 10000), "&size=10000");
  await each(pages, async (page) => {
    const got = await told(page, "a", 10000);
    assert.equal(got.findIndex((n, i) => n !== String(i + 1)), -1);
    assert.equal(got.length, 10000);
  });
});
