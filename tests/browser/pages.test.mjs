// --inject, as the browser sees it: the script is where it belongs, and the page is otherwise what it was.
import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from "node:zlib";
import { Stage, eventually, until } from "./support.mjs";
import { ask, site } from "./sites.mjs";

const it = (name, body) => test(name, { timeout: 120000 }, Stage.test(body));
const html = { "Content-Type": "text/html; charset=utf-8" };

/** A site of fixed pages, { "/path": [headers, body] }. */
const fixed = (stage, pages) => site(stage, (request, response) => {
  const [headers, body] = pages[request.url] ?? [{}, ""];
  response.writeHead(pages[request.url] ? 200 : 404, { ...headers, "Content-Length": Buffer.byteLength(body) }).end(body);
});

// ---- any page ----

// What heads and the beginnings of pages are made of, and what is easily taken for something else.
const parts = [
  "<!doctype html>", "<!DOCTYPE html SYSTEM \"<head>\">", "<html>", "<HTML lang=en>", "<html data-a='<head>'>", "<head>", "<HEAD class=\"a>b\">",
  "</head>", "</HEAD >", "<body>", "<body class=b>", "</body>", "</html>", "<title>a<b></title>", "<TITLE><head></TITLE >", "<meta charset=utf-8>",
  "<meta name=a content=\"<head>\">", "<link rel=x href=y>", "<base target=_top>", "<style>p::before{content:'</head><body>'}</style>",
  "<style><!-- </style>", "<script>var a='<head><body>';</script>", "<script><!-- <script></script> --></script>", "<script><!--</script>",
  "<script><!-- <script> </script></script>", "<noscript><link rel=z href=w></noscript>", "<noscript><body></noscript>", "<template><p><head></template>",
  "<template><svg><style></svg><![CDATA[</template>]]></template>", "<template><math><mi><style></mi></style></template>",
  "<template><svg><title><style></title></style></svg></template>", "<template></p><svg><p></svg></template>",
  "<noframes><body></noframes>", "<!-- c -->", "<!-->", "<!--->", "<!-- <head> --!>", "<!-- a --! b -->", "<!x>", "<?php a ?>", "</>", "</ x>", "</p>",
  "</br>", "</div>", "<![CDATA[ x ]]>", "<p>", "<div id=a>", "text", " ", "\n", "\t", "&amp;", "&nbsp;", "<", "<3", "<<", "</", "<svg><title>a</title></svg>",
  "<math><mi>x</mi></math>", "<frameset>", "<frame>", "<textarea></head></textarea>", "<header>", "<table><tr><td>", "<br/>", "<bgsound>", "<command>",
  "<script src=/other.js></script>", "<script type=module></script>", "<plaintext>",
];

/** Numbers that look random and are the same every time. */
function dice(seed) {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return (state >>> 8) % below;
  };
}

it("pages of all sorts: with the script taken out again the browser sees the same document, and the script is in its head", async (stage) => {
  const roll = dice(20261120);
  const pages = {};
  const count = 300;
  for (let n = 0; n < count; ++n) {
    let text = roll(4) ? ["<!doctype html>", "<html>", "<head>", "<!doctype html><html><head>"][roll(4)] : "";
    for (let more = roll(9); more >= 0; --more) text += parts[roll(parts.length)];
    pages[`/with/${n}`] = [html, text];
    // The same page as the site sends it: no-transform is honoured.
    pages[`/without/${n}`] = [{ ...html, "Cache-Control": "no-transform" }, text];
  }
  pages["/frame"] = [html, "<p>"];
  const behind = await fixed(stage, pages);
  const server = await stage.server(behind.url, "--inject");
  const page = await stage.tab();
  await page.goto(`${server.url}/frame`);
  const results = await page.evaluate(async (total) => {
    const shown = async (address) => {
      const frame = document.createElement("iframe");
      // With scripts switched on in its parser, but none of them running: `noscript` is read as in a page.
      const loaded = new Promise((done) => (frame.onload = done));
      frame.src = address;
      document.body.append(frame);
      await loaded;
      const there = frame.contentDocument;
      const scripts = [...there.querySelectorAll("script")].filter((s) => s.getAttribute("src") === "/client.js");
      const places = scripts.map((s) => s.parentElement === there.head);
      for (const script of scripts) script.remove();
      const text = (there.doctype ? `<!doctype ${there.doctype.name} ${there.doctype.systemId}>` : "") +
        [...there.childNodes].map((node) => node.outerHTML ?? `<!--${node.data ?? ""}-->`).join("") + there.compatMode;
      frame.remove();
      return { places, text };
    };
    const found = [];
    for (let n = 0; n < total; ++n) found.push([await shown(`/with/${n}`), await shown(`/without/${n}`)]);
    return found;
  }, count);
  let injected = 0;
  for (const [n, [withScript, without]] of results.entries()) {
    const text = pages[`/with/${n}`][1];
    assert.equal(withScript.text, without.text, `page ${n}: ${JSON.stringify(text)}`);
    assert(withScript.places.length <= 1, text);
    for (const inHead of withScript.places) assert(inHead, `page ${n}: ${JSON.stringify(text)}`);
    injected += withScript.places.length;
    // A document that has said what it is and goes on gets the script.
    if (/^(<!doctype html>|<html>|<head>)<(p|div id=a|title|body|br\/|svg|table)\b/.test(text)) assert.equal(withScript.places.length, 1, text);
  }
  assert(injected > count / 3, `${injected} pages got it`);
});

// ---- policies ----

it("policies: the script runs under those that can let it, and the page is left alone under the others", async (stage) => {
  const inline = "<script nonce=r4nd0m>window.ran = true;</script>";
  const allowed = {
    none: null, self: "script-src 'self'", elsewhere: "script-src https://cdn.example 'unsafe-inline'", all: "script-src *",
    nonce: "script-src 'nonce-r4nd0m'", strict: "script-src 'nonce-r4nd0m' 'strict-dynamic'; object-src 'none'",
    fallback: "default-src https://cdn.example; connect-src 'self'", elements: "script-src 'none'; script-src-elem https://a.example",
    two: "script-src https://a.example, default-src 'self' https://b.example", trusted: "script-src 'self'; require-trusted-types-for 'script'",
  };
  const forbidden = {
    nothing: "script-src 'none'", bare: "default-src 'none'", hash: "script-src 'strict-dynamic' 'sha256-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA='",
    sandbox: "sandbox allow-same-origin", second: "script-src 'self', script-src 'none'",
  };
  const pages = {};
  for (const [name, policy] of Object.entries({ ...allowed, ...forbidden }))
    pages[`/${name}`] = [{ ...html, ...(policy && { "Content-Security-Policy": policy }) }, `<!doctype html><title>${name}</title>${inline}<p>`];
  // One in the page counts for what comes after it.
  pages["/meta"] = [html, `<!doctype html><head><meta http-equiv=Content-Security-Policy content="script-src 'nonce-r4nd0m'">${inline}</head>`];
  pages["/reporting"] = [{ ...html, "Content-Security-Policy-Report-Only": "script-src 'nonce-r4nd0m'" }, `<!doctype html><title>a</title>${inline}`];
  const behind = await fixed(stage, pages);
  const server = await stage.server(behind.url, "--inject");
  for (const name of [...Object.keys(allowed), "meta", "reporting"]) {
    const page = await stage.tab();
    stage.said.length = 0;
    await page.goto(`${server.url}/${name}`);
    assert.equal(await page.evaluate(() => typeof martd), "object", name);
    // What ran before still does, and nothing of ours is complained of.
    assert.equal(await page.evaluate(() => window.ran), ["self", "fallback", "elements", "two", "trusted"].includes(name) || name === "all" ? undefined : true, name);
    assert.deepEqual(stage.said.filter((text) => /load the script '[^']*client\.js/i.test(text)), [], name);
  }
  for (const name of Object.keys(forbidden)) {
    const [through, direct] = [await ask(`${server.url}/${name}`), await ask(`${behind.url}/${name}`)];
    assert.deepEqual(through.body, direct.body, name);
    assert.equal(through.headers["content-security-policy"], direct.headers["content-security-policy"]);
    assert.equal(through.headers["content-length"], String(direct.body.length));
  }
});

// ---- codings and encodings ----

it("codings: pages that come packed get the script and are shown", async (stage) => {
  const text = `<!doctype html><html><head><title>größe</title></head><body>${"<p>é</p>".repeat(5000)}</body></html>`;
  const packed = { gzip: gzipSync(text), deflate: deflateSync(text), br: brotliCompressSync(text) };
  const pages = { "/raw": [{ ...html, "Content-Encoding": "deflate" }, deflateRawSync(text)], "/plain": [html, text] };
  for (const [coding, body] of Object.entries(packed)) pages[`/${coding}`] = [{ ...html, "Content-Encoding": coding }, body];
  const behind = await fixed(stage, pages);
  const server = await stage.server(behind.url, "--inject");
  for (const path of Object.keys(pages)) {
    const page = await stage.tab();
    const answer = await page.goto(server.url + path);
    assert.equal(await answer.headerValue("content-encoding"), pages[path][0]["Content-Encoding"] ?? null);
    assert.deepEqual(await page.evaluate(() => [document.title, document.querySelectorAll("p").length, document.querySelectorAll("script").length, typeof martd.sub]),
      ["größe", 5000, 1, "function"], path);
  }
  // What can't be read is not asked for.
  for (const { url, headers } of behind.asked) if (url in pages) assert.doesNotMatch(headers["accept-encoding"], /zstd|dcb/);
});

it("encodings: a page that declares its encoding late or in another alphabet is still read rightly", async (stage) => {
  const latin = Buffer.from(`<html><head><script>window.early = 1</script><!--${"x".repeat(920)}--><meta charset=windows-1252><title>gr\xf6\xdfe</title></head>`, "latin1");
  const japanese = Buffer.concat([Buffer.from("<!doctype html><meta charset=shift_jis><title>"), Buffer.from([0x83, 0x5c, 0x83, 0x7d]), Buffer.from("</title><p>")]);
  const escaped = Buffer.from("<html><head><title>\x1b$B<head>\x1b(B</title></head><body>", "latin1");
  const marked = Buffer.from("\ufeff<!doctype html><title>größe</title>");
  const wide = Buffer.from("\ufeff<!doctype html><html><head><title>größe</title></head>", "utf16le");
  const type = { "Content-Type": "text/html" };
  const behind = await fixed(stage, { "/latin": [type, latin], "/japanese": [type, japanese], "/escaped": [{ "Content-Type": "text/html; charset=iso-2022-jp" }, escaped],
    "/marked": [type, marked], "/wide": [type, wide] });
  const server = await stage.server(behind.url, "--inject");
  const page = await stage.tab();
  for (const [path, title, scripts] of [["/latin", "größe", 2], ["/japanese", "ソマ", 1], ["/marked", "größe", 1], ["/wide", "größe", 0]]) {
    await page.goto(server.url + path);
    assert.deepEqual(await page.evaluate(() => [document.title, document.scripts.length]), [title, scripts], path);
  }
  for (const [path, body] of [["/wide", wide], ["/escaped", escaped]]) assert.deepEqual((await ask(server.url + path)).body, body);
});

// ---- as it comes ----

it("a page that is made slowly is shown as it is made", async (stage) => {
  let open;
  const behind = await site(stage, (request, response) => {
    response.writeHead(200, html);
    response.write("<!doctype html><head><title>slow</title></head><body><p>1</p>");
    open = response;
  });
  const server = await stage.server(behind.url, "--inject");
  const page = await stage.tab();
  await page.goto(server.url, { waitUntil: "commit" });
  for (let n = 1; n < 4; ++n) {
    await until(page, (count) => document.querySelectorAll("p").length === count, n);
    open.write(`<p>${n + 1}</p>`);
  }
  assert.equal(await page.evaluate(() => document.readyState), "loading");
  open.end();
  await until(page, () => document.readyState === "complete");
  assert.equal(await page.evaluate(() => document.scripts.length), 1);
});

it("a page that breaks off is broken, not ended", async (stage) => {
  const text = `<!doctype html><title>a</title><p>${"x".repeat(50000)}`;
  const packed = gzipSync(text + Math.random());
  const behind = await site(stage, (request, response) => {
    if (request.url === "/packed") return response.writeHead(200, { ...html, "Content-Encoding": "gzip" }).end(packed.subarray(0, -4));
    response.writeHead(200, { ...html, "Content-Length": 100000 });
    response.write(text, () => response.destroy());
  });
  const server = await stage.server(behind.url, "--inject");
  await assert.rejects(ask(`${server.url}/plain`));
  await assert.rejects(ask(`${server.url}/packed`));
});

it("no more than a head is held of a page, however long it is", async (stage) => {
  let asked = 0;
  const behind = await site(stage, (request, response) => {
    response.writeHead(200, html);
    response.write(`<!doctype html><head><!--${"x".repeat(100000)}`);
    asked++;
    response.on("close", () => asked--);
  });
  const server = await stage.server(behind.url, "--inject");
  const response = await fetch(server.url);
  const reader = response.body.getReader();
  let bytes = 0;
  while (bytes < 100000) bytes += (await reader.read()).value.length;
  await reader.cancel();
  await eventually(() => asked === 0, "the site is told that nobody reads");
});
