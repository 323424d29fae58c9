// martd.sub, cancel and pub, as a page sees them, by both transports.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Stage, eventually, follow, numbers, opened, payloads, seen, state, told, until } from "./support.mjs";

const byPoll = () => { window.TextDecoder = undefined; };

for (const [transport, before] of [["stream", undefined], ["poll", byPoll]]) {
  const by = (name, body) => test(`${transport}: ${name}`, { timeout: 90000 }, Stage.test(async (stage) => body(stage)));

  by("a message that is published comes to the page", async (stage) => {
    const server = await stage.server();
    const page = await stage.page(server.url, { before });
    await follow(page, "a", "news");
    await opened(page, "a");
    assert.equal(await page.evaluate(() => `${martd.state} ${martd.transport}`), `open ${transport}`);
    const { subscribers } = await server.publish("news", "hello, wörld\n\r\0 ");
    if (transport === "stream") assert.equal(subscribers, 1);
    assert.deepEqual(await told(page, "a", 1), ["hello, wörld\n\r\0 "]);
  });

  by("what is kept comes first, in order; cancel ends it", async (stage) => {
    const server = await stage.server();
    for (const n of numbers(1, 5)) await server.publish("news", n);
    const page = await stage.page(server.url, { before });
    await follow(page, "a", "news");
    await follow(page, "other", "other");
    assert.deepEqual(await told(page, "a", 5), numbers(1, 5));
    await page.evaluate(() => handles.a.cancel());
    await eventually(async () => (await server.subscribers("news")) === 0, "nobody follows news any more");
    await server.publish("news", "6");
    await server.publish("other", "x");
    await told(page, "other", 1);
    await follow(page, "third", "nothing is there");
    await opened(page, "third");
    assert.deepEqual(await payloads(page, "a"), numbers(1, 5));
    await page.evaluate(() => { handles.a.cancel(); handles.other.cancel(); handles.third.cancel(); });
    await state(page, "closed");
  });

  by("now, an etag, and the callback that is handed an etag as in the original", async (stage) => {
    const server = await stage.server();
    const etags = [];
    for (const n of numbers(1, 5)) etags.push((await server.publish("news", n)).etag);
    const page = await stage.page(server.url, { before });
    await follow(page, "now", "news", { etag: "now" });
    await opened(page, "now");
    await follow(page, "after3", "news", { etag: etags[2] });
    await page.evaluate((etag) => {
      window.plain = [];
      martd.sub("news", (payload) => plain.push(payload), etag);
      window.fromNothing = [];
      martd.sub("news", (payload) => fromNothing.push(payload), 0);
    }, etags[3]);
    await told(page, "after3", 2);
    await until(page, () => fromNothing.length === 5);
    const { etag } = await server.publish("news", "6");
    assert.deepEqual(await told(page, "after3", 3), ["4", "5", "6"]);
    assert.deepEqual(await told(page, "now", 1), ["6"]);
    await until(page, () => fromNothing.length === 6 && plain.length === 2);
    assert.deepEqual(await page.evaluate(() => [plain, fromNothing]), [["5", "6"], numbers(1, 6)]);
    assert.equal(await page.evaluate(() => martd.etag("news")), etag);
    assert.equal(await page.evaluate(() => martd.etag("not followed")), undefined);
  });

  by("now means now, beside a callback whose backlog is just coming", async (stage) => {
    const server = await stage.server();
    for (const n of numbers(1, 5)) await server.publish("news", n);
    const page = await stage.page(server.url, { before });
    await page.evaluate(() => {
      follow("all", "news");
      follow("now", "news", { etag: "now" });
      martd.sub("news", () => {}, { onopen: () => window.handles.later || follow("later", "news", { etag: "now" }) });
    });
    await opened(page, "now");
    await until(page, () => seen.later && seen.later.opened);
    await server.publish("news", "6");
    assert.deepEqual(await told(page, "now", 1), ["6"]);
    assert.deepEqual(await told(page, "later", 1), ["6"]);
    assert.deepEqual(await told(page, "all", 6), numbers(1, 6));
  });

  by("callbacks that come later get theirs, and nobody anything twice, while messages flow", async (stage) => {
    const server = await stage.server();
    const page = await stage.page(server.url, { before });
    await follow(page, "first", "news");
    await opened(page, "first");
    let last = 0;
    const flow = (async () => { while (last < 300) await server.publish("news", String(++last), "&size=1000"); })();
    for (const name of ["second", "third", "fourth"]) {
      await follow(page, name, "news");
      await told(page, name, 1);
    }
    await follow(page, "late", "news", { etag: "now" });
    await opened(page, "late"); // only what comes after that is promised to it
    await flow;
    for (const name of ["first", "second", "third", "fourth"]) assert.deepEqual(await told(page, name, 300), numbers(1, 300), name);
    await server.publish("news", "301", "&size=1000");
    const late = await told(page, "late", 1).then(() => until(page, () => seen.late.payloads.at(-1) === "301")).then(() => payloads(page, "late"));
    assert.deepEqual(late, numbers(302 - late.length, 301));
  });

  by("adding and cancelling channels under load loses and repeats nothing", async (stage) => {
    const server = await stage.server();
    const page = await stage.page(server.url, { before });
    await follow(page, "main", "main");
    await opened(page, "main");
    const flow = server.burst("main", numbers(1, 3000), "&size=10000");
    await page.evaluate(async () => {
      for (let i = 0; i < 40; i++) {
        follow("side" + i, "side" + (i % 7));
        if (i % 3 === 0) handles["side" + i].cancel();
        await passed("main", i % 5 * 15, 3000);
      }
    });
    await flow;
    assert.deepEqual(await told(page, "main", 3000), numbers(1, 3000));
    for (let i = 0; i < 7; i++) await server.publish("side" + i, "to " + i);
    for (const i of [1, 2, 4, 5, 37, 38]) assert.deepEqual(await told(page, "side" + i, 1), ["to " + (i % 7)]);
    assert.deepEqual((await seen(page, "main")).missed, []);
  });

  by("10,000 messages in a burst, in order", async (stage) => {
    const server = await stage.server("--max-behind", "64M");
    const page = await stage.page(server.url, { before });
    await follow(page, "a", "news");
    await opened(page, "a");
    await server.burst("news", numbers(1, 10000), "&size=10000");
    const got = await told(page, "a", 10000);
    assert.equal(got.findIndex((n, i) => n !== String(i + 1)), -1);
    assert.equal(got.length, 10000);
  });

  by("messages that are gone are told, once, before what follows", async (stage) => {
    const server = await stage.server();
    const { etag } = await server.publish("news", "1", "&size=10");
    await server.burst("news", numbers(2, 31), "&size=10");
    const page = await stage.page(server.url, { before });
    await follow(page, "a", "news", { etag });
    assert.deepEqual(await told(page, "a", 10), numbers(22, 31));
    assert.deepEqual((await seen(page, "a")).missed, [20]);
  });

  by("a payload that is not UTF-8 is a Uint8Array; one of a megabyte is whole", async (stage) => {
    const server = await stage.server();
    const page = await stage.page(server.url, { before });
    await page.evaluate(() => {
      window.got = [];
      martd.sub("raw", (payload) => got.push(typeof payload === "string" ? payload.length : Array.from(payload)));
    });
    await state(page, "open");
    await server.publish("raw", Uint8Array.of(0, 255, 128, 10, 13, 65));
    await server.publish("raw", "x".repeat(1000000));
    await server.publish("raw", Uint8Array.of(0xc3));
    await until(page, () => got.length === 3);
    assert.deepEqual(await page.evaluate(() => got), [[0, 255, 128, 10, 13, 65], 1000000, [0xc3]]);
  });

  by("channel names that need care", async (stage) => {
    const server = await stage.server();
    const page = await stage.page(server.url, { before });
    const names = ["a b", "a+b", "x&y=z", "größe/#?%41", "7", "0", "constructor", "__proto__", "hasOwnProperty", "id", "'\"<>\\"];
    for (const name of names) await follow(page, `seen by ${name}`, name);
    await state(page, "open");
    for (const name of names) await server.publish(name, `to ${name}`);
    for (const name of names) assert.deepEqual(await told(page, `seen by ${name}`, 1), [`to ${name}`]);
    for (const wrong of ["", "cid", "lastEventId", "last_event_id", ".wait", "martd.x", "a\nb", "ü".repeat(128)]) {
      assert.match(await page.evaluate((name) => { try { martd.sub(name, () => {}); } catch (e) { return e.message; } }, wrong) ?? "taken", /channel name/);
    }
  });

  by("a list of channels that is too long for an address", async (stage) => {
    const server = await stage.server();
    const page = await stage.page(server.url, { before });
    await page.evaluate(() => {
      for (let i = 0; i < 900; i++) follow("c" + i, "a channel with a long name, so that the list is long too, number " + i);
    });
    await state(page, "open");
    await server.publish("a channel with a long name, so that the list is long too, number 899", "hello");
    assert.deepEqual(await told(page, "c899", 1), ["hello"]);
  });

  by("a callback that throws stops neither the others nor what follows", async (stage) => {
    const server = await stage.server();
    const page = await stage.page(server.url, { before });
    await page.evaluate(() => { martd.sub("news", () => { throw new Error("from the page"); }); });
    await follow(page, "a", "news");
    await opened(page, "a");
    await server.publish("news", "1");
    await server.publish("news", "2");
    assert.deepEqual(await told(page, "a", 2), ["1", "2"]);
    assert(stage.said.some((text) => text.includes("from the page")));
  });

  by("one2one: the second page is told, its other channels go on, and it gets the place when that is free", async (stage) => {
    const server = await stage.server();
    await server.publish("job", "", "&one2one=true");
    const first = await stage.page(server.url, { before });
    await follow(first, "job", "job");
    await opened(first, "job");
    const second = await stage.page(server.url, { before });
    await follow(second, "other", "other");
    await follow(second, "job", "job");
    await until(second, () => seen.job.closed.length > 0);
    assert.equal((await seen(second, "job")).closed[0], "one2one");
    await server.publish("other", "still here");
    assert.deepEqual(await told(second, "other", 1), ["still here"]);
    await first.close();
    await opened(second, "job");
    await server.publish("job", "for you", "&one2one=true");
    assert.deepEqual(await told(second, "job", 1), ["for you"]);
  });
}

test("pub: attributes, the answer and the request for the callback", { timeout: 60000 }, Stage.test(async (stage) => {
  const server = await stage.server();
  const page = await stage.page(server.url);
  await follow(page, "a", "über uns");
  await opened(page, "a");
  const pub = (...args) => page.evaluate((a) => new Promise((resolve) => {
    martd.pub(...a, (text, xhr) => resolve([JSON.parse(text), xhr.status]));
  }), args);
  const [answer, status] = await pub("über uns", 3, 60, false, "k & k", "hello & =?");
  assert.equal(status, 200);
  assert.equal(answer.subscribers, 1);
  assert.deepEqual(await told(page, "a", 1), ["hello & =?"]);
  assert.equal((await pub("über uns", null, undefined, "", "k & k", "again"))[1], 200);
  const [refusal, refused] = await pub("über uns", 3, 60, false, "wrong", "no");
  assert.equal(refused, 403);
  assert.match(refusal.error, /key/);
  assert(stage.said.some((text) => text.includes(refusal.error)));
  assert.equal((await pub("über uns", 3, 60, false, "k & k", ""))[1], 200);
  assert.deepEqual(await told(page, "a", 2), ["hello & =?", "again"]);
  // Life in nanoseconds, as the original's callers have it.
  await pub("ns", 3, 90 * 1e9, false, "", "x");
  assert.equal((await (await fetch(`${server.url}/pub?channel=ns`)).json()).life, 90);
}));

test("a push that is refused is told in the console, once, with the options that help", { timeout: 60000 }, Stage.test(async (stage) => {
  const server = await stage.server("--publish-from", "none");
  const page = await stage.page(server.url);
  const pub = () => page.evaluate(() => new Promise((resolve) => { martd.pub("news", "", "", "", "", "x", (text, xhr) => resolve(xhr.status)); }));
  for (let times = 0; times < 3; times++) assert.equal(await pub(), 403);
  const said = stage.said.filter((text) => text.startsWith("martd:"));
  assert.equal(said.length, 1, said.join("\n"));
  assert.match(said[0], /--publish-from.*secret.*key/);
}));

test("wrong arguments are thrown at the caller", Stage.test(async (stage) => {
  const server = await stage.server();
  const page = await stage.page(server.url);
  const thrown = (code) => page.evaluate(`try { ${code}; "nothing" } catch (e) { e.message }`);
  assert.match(await thrown("martd.sub('a')"), /function/);
  assert.match(await thrown("martd.sub('a', function () {}, 1763600000000000001)"), /in a string/);
  assert.match(await thrown("martd.sub('a', function () {}, { etag: 'x' })"), /in a string/);
  assert.equal(await thrown("martd.sub('a', function () {}, null)"), "nothing");
}));

test("all channels of a page share one held request", { timeout: 60000 }, Stage.test(async (stage) => {
  const server = await stage.server();
  const front = await stage.front(server);
  const page = await stage.page(front.url);
  await page.evaluate((names) => names.forEach((n) => follow(n, "channel " + n)), numbers(1, 20));
  await state(page, "open");
  for (const n of numbers(1, 20)) await server.publish("channel " + n, n);
  for (const n of numbers(1, 20)) assert.deepEqual(await told(page, n, 1), [n]);
  assert.equal(front.held.size, 1);
  assert.equal(front.streams, 1);
  assert.equal(front.polls, 0);
  await page.close();
  await eventually(() => front.held.size === 0, "the page's connection is gone with it");
}));
