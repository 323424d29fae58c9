// A page whose name was pointed at this machine: DNS rebinding, as a browser does it.
import assert from "node:assert/strict";
import { once } from "node:events";
import http from "node:http";
import { test } from "node:test";
import { Server, Stage, launch } from "./support.mjs";

const it = (name, body) => test(name, { timeout: 120000 }, Stage.test(body));

/** What a page under that name may do; the browser finds the server there. */
async function visit(stage, server, name) {
  const context = await (await launch()).newContext();
  stage.undo(() => context.close());
  const page = await context.newPage();
  await page.goto(`http://${name}:${server.plainPort}/`);
  return page.evaluate(async () => {
    const status = async (method, path, body) => (await fetch(path, { method, body })).status;
    return {
      push: await status("POST", "/pub?channel=news", "from the page"),
      put: await status("PUT", "/pub?channel=news", "from the page"),
      clear: await status("DELETE", "/pub?channel=news"),
      follow: await status("GET", "/sub?news=0&.wait=0"),
    };
  });
}

it("a page under a name that was pointed here pushes and clears nothing, and one of this machine does", async (stage) => {
  const server = await Server.start();
  stage.undo(() => server.stop());
  await server.publish("news", "kept");
  assert.deepEqual(await visit(stage, server, "push.test"), { push: 403, put: 403, clear: 403, follow: 200 });
  assert.deepEqual(await visit(stage, server, "app.localhost"), { push: 200, put: 200, clear: 200, follow: 200 });
});

it("a page under a name that was said pushes as one of this machine, and no other is served at all", async (stage) => {
  const server = await Server.start("--host", "push.test");
  stage.undo(() => server.stop());
  await server.publish("news", "kept");
  assert.deepEqual(await visit(stage, server, "push.test"), { push: 200, put: 200, clear: 200, follow: 200 });
  const [other] = await once(http.get({ port: server.plainPort, headers: { Host: "evil.example" } }), "response");
  other.resume();
  assert.equal(other.statusCode, 421);
});
