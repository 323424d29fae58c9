// Sites that stand behind the proxy.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import http from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";

/** A site of our own. `handle(request, response)` answers; what was asked is kept in `asked`. */
export async function site(stage, handle) {
  const asked = [];
  const server = http.createServer((request, response) => {
    asked.push({ method: request.method, url: request.url, headers: request.headers });
    handle(request, response);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  stage.undo(() => {
    server.closeAllConnections();
    return new Promise((closed) => server.close(closed));
  });
  return { server, asked, url: `http://127.0.0.1:${server.address().port}` };
}

/** A folder with these files, { "name": text }. */
export async function folder(stage, files = {}) {
  const at = await mkdtemp(path.join(tmpdir(), "martd-site-"));
  stage.undo(() => rm(at, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) await writeFile(path.join(at, name), text);
  return at;
}

/** One request with exactly these headers, and the answer as it came: nothing is decoded. */
export function ask(url, { method = "GET", headers = {}, body, agent = false } = {}) {
  return new Promise((resolve, reject) => {
    const request = http.request(url, { method, headers, agent }, (answer) => {
      const pieces = [];
      answer.on("data", (piece) => pieces.push(piece));
      answer.on("error", reject);
      answer.on("aborted", () => reject(new Error("the answer broke off")));
      answer.on("end", () => resolve({ status: answer.statusCode, headers: answer.headers, raw: answer.rawHeaders, body: Buffer.concat(pieces) }));
    });
    request.on("error", reject);
    request.end(body);
  });
}

/** nginx that serves `files`, with these directives in its one server. */
export async function nginx(stage, files, directives) {
  const root = await folder(stage, files);
  return { root, ...(await stage.nginxOf(root, `root ${root}; ${directives}`)) };
}

/** Runs a command to its end and gives what it printed. */
export async function run(command, ...options) {
  const child = spawn(command, options, { stdio: ["ignore", "pipe", "inherit"] });
  let out = "";
  child.stdout.on("data", (text) => (out += text));
  const [code] = await once(child, "exit");
  if (code !== 0) throw new Error(`${command} ended with ${code}: ${out}`);
  return out;
}
