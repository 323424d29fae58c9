"use strict";
// A box that publishes, one that subscribes as a client would, and both as lines to copy.

const shell = (text) => "'" + text.replaceAll("'", "'\\''") + "'";
const literal = (text) => JSON.stringify(text).replaceAll("<", "\\u003c");
const pairs = (entries) => entries.map(([name, value]) => encodeURIComponent(name) + "=" + encodeURIComponent(value)).join("&").replaceAll("'", "%27");

/** What to copy, for the public address `base`. */
const snippets = {
  pub: {
    curl: (base, { query, payload }) => `curl --data-binary ${shell(payload)} ${shell(`${base}/pub?${query}`)}`,
    Python: (base, { query, payload }) => `import urllib.request

request = urllib.request.Request(${literal(`${base}/pub?${query}`)}, data=${literal(payload)}.encode(), method="POST")
print(urllib.request.urlopen(request).read().decode())
`,
    JavaScript: (base, { query, payload }) => `const answer = await fetch(${literal(`${base}/pub?${query}`)}, { method: "POST", body: ${literal(payload)} });
console.log(await answer.text());
`,
  },
  sub: {
    curl: (base, { query }) => `curl -N ${shell(`${base}/sub?${query}&.transport=lines`)}`,
    Python: (base, { query }) => `import json
import urllib.request

# One JSON object a line; to come back after a break, ask from the last etag.
for line in urllib.request.urlopen(${literal(`${base}/sub?${query}&.transport=lines`)}):
    print(json.loads(line))
`,
    JavaScript: (base, { query, channels }) => `// In a page: <script src=${literal(`${base}/client.js`)}><\/script>
${channels.map((name) => `martd.sub(${literal(name)}, (payload) => console.log(${literal(name)}, payload));`).join("\n")}

// Or without client.js:
const source = new EventSource(${literal(`${base}/sub?${query}&.format=json`)});
source.onmessage = (event) => console.log(JSON.parse(event.data));
`,
  },
};

class TryBox {
  #base = location.origin;
  #stop = null;

  constructor() {
    this.pub = byId("pub");
    this.sub = byId("sub");
    for (const place of document.querySelectorAll(".copies")) {
      const of = place.dataset.of;
      place.append("copy as");
      for (const language of Object.keys(snippets[of])) {
        const button = make("button", { type: "button", className: "plain small", ariaLabel: `Copy as ${language}` }, language);
        button.addEventListener("click", () => copy(button, snippets[of][language](this.#base, of === "pub" ? this.#publication() : this.#subscription())));
        place.append(button);
      }
    }
    this.pub.addEventListener("submit", (event) => { event.preventDefault(); this.#publish(); });
    this.pub.payload.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) this.pub.requestSubmit();
    });
    this.sub.addEventListener("submit", (event) => { event.preventDefault(); this.#start(); });
    byId("sub-stop").addEventListener("click", () => this.#end("Stopped."));
  }

  /** Where clients find the server: what it listens on, by the name that this page was reached with where that is any. */
  listening(urls, prefix) {
    if (urls.length === 0) return;
    const url = new URL(urls[0]);
    if (["0.0.0.0", "[::]"].includes(url.hostname)) url.hostname = location.hostname;
    this.#base = url.origin + prefix;
  }

  use(channel) {
    this.pub.channel.value = channel;
    this.sub.channels.value = channel;
    this.pub.payload.focus();
    this.pub.scrollIntoView({ block: "nearest" });
  }

  #publication() {
    const query = [["channel", this.pub.channel.value]];
    for (const name of ["size", "life", "expire", "event", "id"]) if (this.pub.elements[name].value) query.push([name, this.pub.elements[name].value]);
    if (this.pub.one2one.checked) query.push(["one2one", "true"]);
    return { query: pairs(query), payload: this.pub.payload.value };
  }

  #subscription(since = this.sub.since.value) {
    const channels = [...new Set(this.sub.channels.value.split("\n").map((line) => line.trim()).filter(Boolean))];
    const query = channels.map((name) => [name, since]);
    if (this.sub.cid.value) query.push(["cid", this.sub.cid.value]);
    return { query: pairs(query), channels };
  }

  async #publish() {
    const { query, payload } = this.#publication();
    try {
      const receipt = await ask("/publish?" + query, { method: "POST", body: payload });
      say(byId("pub-said"), receipt.duplicate ? `Had that id already: etag ${receipt.etag}.` : `Published with etag ${receipt.etag}. Subscribers now: ${count(receipt.subscribers)}.`);
    } catch (wrong) {
      say(byId("pub-said"), "Not published: " + wrong.message);
    }
  }

  #start() {
    this.#end("");
    const { query, channels } = this.#subscription();
    if (channels.length === 0) return;
    byId("sub-log").replaceChildren();
    byId("sub-start").disabled = true;
    byId("sub-stop").disabled = false;
    if (this.sub.transport.value === "sse") this.#stream(query);
    else this.#poll(channels);
  }

  #end(text) {
    this.#stop?.();
    this.#stop = null;
    byId("sub-start").disabled = false;
    byId("sub-stop").disabled = true;
    say(byId("sub-said"), text);
  }

  #tell(object) {
    const where = object.channel ? `${object.channel} · ` : "";
    if (object.missed !== undefined) {
      return log(byId("sub-log"), where + (object.etag || ""), object.missed === true ? "Some messages are missing." : `${count(object.missed)} messages are missing.`, "bad");
    }
    log(byId("sub-log"), where + (object.etag || ""), readable(object.payload, object.base64));
  }

  async #stream(query) {
    const source = new EventSource(`/subscribe?${query}&.transport=sse&.format=json`);
    this.#stop = () => source.close();
    say(byId("sub-said"), "Connecting.");
    source.onopen = () => say(byId("sub-said"), "Connected by event stream.");
    source.onmessage = (event) => this.#tell(JSON.parse(event.data));
    source.addEventListener("martd.missed", (event) => this.#tell(JSON.parse(event.data)));
    source.addEventListener("martd.closed", (event) => {
      const { reason, channel } = JSON.parse(event.data);
      log(byId("sub-log"), channel || "", `Closed by the server: ${reason}.`, "bad");
      if (reason !== "stopping" && reason !== "unavailable") this.#end(`Closed by the server: ${reason}.`);
    });
    source.onerror = async () => {
      if (source.readyState !== EventSource.CLOSED) return say(byId("sub-said"), "The connection broke; the browser comes back by itself.");
      // An EventSource doesn't say why it was refused: the same without a wait does.
      let why = "The server has ended it.";
      try {
        await ask(`/subscribe?${query}&.wait=0`);
      } catch (wrong) {
        why = "Refused: " + wrong.message;
      }
      if (this.#stop) this.#end(why);
    };
  }

  async #poll(channels) {
    const abort = new AbortController();
    this.#stop = () => abort.abort();
    const etags = new Map(channels.map((name) => [name, this.sub.since.value]));
    say(byId("sub-said"), "Polling.");
    for (let polls = 1; ; polls++) {
      const query = [...etags];
      if (this.sub.cid.value) query.push(["cid", this.sub.cid.value]);
      try {
        const answer = await ask(`/subscribe?${pairs(query)}&.wait=15`, { signal: abort.signal, cache: "no-store" });
        for (const [channel, news] of Object.entries(answer.channels)) {
          etags.set(channel, news.etag);
          if (news.missed !== undefined) this.#tell({ channel, etag: news.etag, missed: news.missed });
          news.payload.forEach((payload, i) => this.#tell({ channel, payload, base64: news.base64?.includes(i) }));
        }
        say(byId("sub-said"), `Answered ${count(polls)} times, asking again.`);
      } catch (wrong) {
        if (!abort.signal.aborted) this.#end("Ended: " + wrong.message);
        return;
      }
    }
  }
}
