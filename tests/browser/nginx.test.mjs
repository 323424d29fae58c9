// nginx as the site: files of any size, parts of them, and what it compresses.
import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { stat } from "node:fs/promises";
import http from "node:http";
import path from "node:path";
import { test } from "node:test";
import { gunzipSync } from "node:zlib";
import { Stage, until } from "./support.mjs";
import { ask, nginx } from "./sites.mjs";

const it = (name, body) => test(name, { timeout: 120000 }, Stage.test(body));
// nginx compresses nothing that a proxy asked for, unless it is told to.
const gzip = "gzip on; gzip_proxied any; gzip_types text/css application/javascript; gzip_min_length 20;";
const pageOf = (text) => `<!doctype html>\n<html><head><meta charset="utf-8"><title>${text}</title></head>\n<body>${"<p>some text</p>\n".repeat(200)}</body></html>\n`;
const tag = '<script src="/client.js"></script>';

/** Writes a file that doesn't compress and gives its digest. */
async function bigFile(file, megabytes) {
  const hash = createHash("sha256"), out = createWriteStream(file), piece = randomBytes(1 << 20);
  for (let n = 0; n < megabytes; ++n) {
    piece.writeUInt32LE(n);
    hash.update(piece);
    if (!out.write(Buffer.from(piece))) await once(out, "drain");
  }
  await new Promise((done) => out.end(done));
  return hash.digest("hex");
}

/** The digest of a body, read as fast as it comes. */
function digest(url, headers = {}) {
  return new Promise((resolve, reject) => {
    http.get(url, { agent: false, headers }, (answer) => {
      const hash = createHash("sha256");
      let bytes = 0;
      answer.on("data", (piece) => { hash.update(piece); bytes += piece.length; });
      answer.on("error", reject);
      answer.on("end", () => resolve({ status: answer.statusCode, headers: answer.headers, bytes, digest: hash.digest("hex") }));
    }).on("error", reject);
  });
}

it("nginx: a large file is the same file, with and without --inject", async (stage) => {
  const site = await nginx(stage, {}, gzip);
  const wanted = await bigFile(path.join(site.root, "big.bin"), 300);
  for (const options of [[], ["--inject"]]) {
    const server = await stage.server(site.url, ...options);
    const answers = await Promise.all([digest(`${server.url}/big.bin`), digest(`${server.url}/big.bin`)]);
    for (const answer of answers) {
      assert.equal(answer.digest, wanted);
      assert.equal(Number(answer.headers["content-length"]), (await stat(path.join(site.root, "big.bin"))).size);
    }
  }
});

it("nginx: parts of a file, one and several, and one that there is not", async (stage) => {
  const site = await nginx(stage, { "a.bin": "0123456789" }, "");
  for (const options of [[], ["--inject"]]) {
    // Each loop learns by itself which addresses are pages: with two, the last request here came now and then to one that
    // had seen nothing of the file yet, and was rightly answered with all of it.
    const server = await stage.server(site.url, "--threads", "1", ...options);
    const part = (Range, more = {}) => ask(`${server.url}/a.bin`, { headers: { Range, ...more } });
    const one = await part("bytes=2-4");
    assert.equal(one.status, 206);
    assert.equal(String(one.body), "234");
    assert.equal(one.headers["content-range"], "bytes 2-4/10");
    assert.equal(String((await part("bytes=-3")).body), "789");
    const several = await part("bytes=0-1,8-9");
    assert.equal(several.status, 206);
    assert.match(several.headers["content-type"], /^multipart\/byteranges/);
    assert.match(String(several.body), /\r\n01\r\n[^]*\r\n89\r\n/);
    assert.equal((await part("bytes=20-")).status, 416);
    const whole = await ask(`${server.url}/a.bin`);
    assert.equal(whole.headers["accept-ranges"], "bytes");
    assert.equal(String((await part("bytes=5-", { "If-Range": whole.headers.etag })).body), "56789");
    assert.equal((await part("bytes=5-", { "If-Range": '"other"' })).status, 200);
    const again = await ask(`${server.url}/a.bin`, { headers: { "If-None-Match": whole.headers.etag } });
    // An address of which nothing is known might be a page without the script; now it is known to be none.
    assert.equal(again.status, 304);
  }
});

it("nginx: what it compresses comes compressed, byte for byte without --inject", async (stage) => {
  const site = await nginx(stage, { "a.html": pageOf("größe"), "a.css": "p { color: red }\n".repeat(100) }, gzip);
  const server = await stage.server(site.url);
  const accept = { "Accept-Encoding": "gzip" };
  for (const name of ["a.html", "a.css"]) {
    const direct = await ask(`${site.url}/${name}`, { headers: accept });
    const through = await ask(`${server.url}/${name}`, { headers: accept });
    assert.equal(direct.headers["content-encoding"], "gzip");
    assert.deepEqual(through.body, direct.body);
    for (const header of ["content-encoding", "etag", "last-modified", "content-type"])
      assert.equal(through.headers[header], direct.headers[header]);
    // A page may be asked for with Martd-Channels, and a cache is to know that.
    const varies = name.endsWith(".html") ? [direct.headers.vary, "Martd-Channels"] : [direct.headers.vary];
    assert.equal(through.headers.vary ?? "", varies.filter(Boolean).join(", "));
  }
});

it("nginx: pages get the script, compressed or not, and their validators stay good", async (stage) => {
  const page = pageOf("größe");
  const wanted = page.replace('<meta charset="utf-8">', `<meta charset="utf-8">${tag}`);
  const site = await nginx(stage, { "a.html": page, "fragment.html": "<p>only a part</p>\n".repeat(10), "a.css": "p {}\n" }, gzip);
  const server = await stage.server(site.url, "--inject");
  for (const headers of [{}, { "Accept-Encoding": "gzip" }]) {
    const answer = await ask(`${server.url}/a.html`, { headers });
    const text = headers["Accept-Encoding"] ? gunzipSync(answer.body) : answer.body;
    assert.equal(String(text), wanted);
    assert.equal(answer.headers["content-length"], undefined);
    assert.equal(answer.headers["accept-ranges"], undefined);
    assert.match(answer.headers.etag, /^W\//);

    // The tag that came with the page is good, as long as the file is; the one of the file itself is not.
    const again = await ask(`${server.url}/a.html`, { headers: { ...headers, "If-None-Match": answer.headers.etag } });
    assert.equal(again.status, 304);
    // nginx itself has a weak tag for the compressed page, and a strong one in the 304 for it.
    const bare = (etag) => etag.replace(/-[mw](?=[0-9a-f]{8}"$)/, "");
    assert.equal(bare(again.headers.etag), bare(answer.headers.etag));
    const direct = await ask(`${site.url}/a.html`, { headers });
    for (const strange of [{ "If-None-Match": direct.headers.etag }, { "If-Modified-Since": direct.headers["last-modified"] }]) {
      const whole = await ask(`${server.url}/a.html`, { headers: { ...headers, ...strange } });
      assert.equal(whole.status, 200);
      assert.equal(whole.headers.etag, answer.headers.etag);
    }
    // HEAD says the same.
    const head = await ask(`${server.url}/a.html`, { method: "HEAD", headers });
    assert.equal(head.status, 200);
    assert.equal(head.headers.etag, answer.headers.etag);
    assert.equal(head.headers["content-length"], undefined);

    // What gets no tag is what it is without us.
    for (const name of ["fragment.html", "a.css"]) {
      const alone = await ask(`${site.url}/${name}`, { headers });
      const through = await ask(`${server.url}/${name}`, { headers });
      assert.deepEqual(through.body, alone.body);
      for (const header of ["content-length", "etag", "accept-ranges", "last-modified", "content-encoding"])
        assert.equal(through.headers[header], alone.headers[header], `${header} of ${name}`);
    }
  }
});

it("nginx: in the browser, a page that was kept from before --inject gets the script", async (stage) => {
  const site = await nginx(stage, { "a.html": pageOf("kept") }, `${gzip} add_header Cache-Control no-cache;`);
  const server = await stage.server(site.url);
  const page = await stage.tab();
  await page.goto(`${server.url}/a.html`);
  await page.reload();
  assert.equal(await page.evaluate(() => typeof martd), "undefined");
  await server.stop();
  server.options = [site.url, "--inject"];
  await server.restart();
  for (let visit = 0; visit < 3; ++visit) {
    await page.goto(`${server.url}/a.html`);
    await until(page, () => document.title === "kept");
    assert.equal(await page.evaluate(() => typeof martd.sub), "function");
    assert.equal(await page.evaluate(() => document.querySelectorAll("script").length), 1);
  }
});
