"use strict";
// The list of channels, which draws only the rows that can be seen, and the one that is open.

const kRow = 34;          // pixels, as in the style
const kMostChannels = 10000;

const columns = [
  { key: "channel", title: "Channel", less: (a, b) => (a.channel < b.channel ? -1 : a.channel > b.channel ? 1 : 0), up: true },
  { key: "subscribers", title: "Subscribers", short: "Subs", less: (a, b) => a.subscribers - b.subscribers },
  { key: "messages", title: "Messages", short: "Msgs", less: (a, b) => a.messages - b.messages },
  { key: "bytes", title: "Size", less: (a, b) => a.bytes - b.bytes, wide: true },
  { key: "last", title: "Last push", short: "Last", less: (a, b) => (a.last || 0) - (b.last || 0) },
];

class ChannelList {
  #all = [];
  #shown = [];
  #total = 0;
  #more = false;
  #by = columns[0];
  #up = true;
  #active = -1;       // index in #shown
  #chosen = null;     // a name
  #drawn = new Map(); // index to element

  constructor(open) {
    this.open = open;
    this.box = byId("rows");
    this.space = byId("space");
    for (const column of columns) {
      const button = make("button", { type: "button", ariaLabel: column.title });
      button.addEventListener("click", () => this.#sort(column));
      column.button = button;
      byId("sorters").append(button);
    }
    this.box.addEventListener("scroll", () => this.#draw(), { passive: true });
    new ResizeObserver(() => this.#draw()).observe(this.box);
    this.box.addEventListener("keydown", (event) => this.#key(event));
    this.box.addEventListener("click", (event) => {
      const row = event.target.closest(".row");
      if (row) this.#choose(Number(row.dataset.index));
    });
    byId("filter").addEventListener("input", () => this.#arrange(true));
    byId("filter").addEventListener("change", () => { if (this.#more) this.again(); });
    this.#heads();
    this.again = repeat(() => (this.#all.length > 1000 ? 10 : 3), () => this.#load());
  }

  async #load() {
    let path = "/channels?limit=" + kMostChannels;
    // Where there are more than the page holds, the filter goes to the server, as a prefix.
    if (this.#more && byId("filter").value) path += "&prefix=" + encodeURIComponent(byId("filter").value);
    const page = await ask(path);
    this.#all = page.channels;
    for (const row of this.#all) row.folded = row.channel.toLowerCase();
    this.#total = page.total;
    this.#more = page.more || (this.#more && path.includes("prefix="));
    this.#arrange(false);
  }

  #sort(column) {
    this.#up = this.#by === column ? !this.#up : Boolean(column.up);
    this.#by = column;
    this.#heads();
    this.#arrange(true);
  }

  #heads() {
    for (const column of columns) {
      const by = column === this.#by;
      column.button.className = (by ? "by" : "") + (column.wide ? " wide" : "");
      const mark = by ? (this.#up ? " ▲" : " ▼") : "";
      column.button.replaceChildren(make("span", { className: "long" }, column.title + mark), make("span", { className: "short" }, (column.short || column.title) + mark));
      column.button.setAttribute("aria-pressed", by);
    }
  }

  #arrange(anew) {
    const active = this.#shown[this.#active]?.channel;
    const part = byId("filter").value.toLowerCase();
    this.#shown = part ? this.#all.filter((row) => row.folded.includes(part)) : [...this.#all];
    const { less } = this.#by;
    const sign = this.#up ? 1 : -1;
    this.#shown.sort((a, b) => sign * less(a, b) || columns[0].less(a, b));
    this.#active = active === undefined ? -1 : this.#shown.findIndex((row) => row.channel === active);
    this.space.style.height = this.#shown.length * kRow + "px";
    if (anew) this.box.scrollTop = 0;
    byId("no-channels").hidden = this.#total > 0;
    const of = this.#shown.length === this.#total ? "" : " of " + count(this.#total);
    say(byId("counted"), count(this.#shown.length) + of + (this.#more ? "; write the beginning of a name to see others" : ""));
    this.#draw(true);
  }

  #draw(changed = false) {
    const first = Math.max(0, Math.floor(this.box.scrollTop / kRow) - 6);
    const end = Math.min(this.#shown.length, Math.ceil((this.box.scrollTop + this.box.clientHeight) / kRow) + 6);
    for (const [index, element] of this.#drawn) {
      if (index >= first && index < end) continue;
      element.remove();
      this.#drawn.delete(index);
    }
    for (let index = first; index < end; index++) {
      let element = this.#drawn.get(index);
      if (element && !changed) continue;
      if (!element) {
        element = make("div", { className: "row", role: "option", id: "row-" + index },
          ...columns.map((column) => make("span", { className: column.wide ? "wide" : "" })));
        element.dataset.index = index;
        element.style.top = index * kRow + "px";
        element.setAttribute("aria-posinset", index + 1);
        this.#drawn.set(index, element);
        this.space.append(element);
      }
      const row = this.#shown[index];
      const marks = (row.one2one ? " · one2one" : "") + (row.keyed ? " · key" : "");
      const texts = [row.channel + marks, count(row.subscribers), count(row.messages), bytes(row.bytes), row.last ? ago(row.last).replace(" ago", "") : "–"];
      texts.forEach((text, i) => say(element.children[i], text));
      element.children[0].title = row.channel;
      element.setAttribute("aria-setsize", this.#shown.length);
    }
    this.#mark();
  }

  #mark() {
    for (const [index, element] of this.#drawn) {
      element.classList.toggle("active", index === this.#active);
      element.setAttribute("aria-selected", this.#shown[index].channel === this.#chosen);
    }
    if (this.#drawn.has(this.#active)) this.box.setAttribute("aria-activedescendant", "row-" + this.#active);
    else this.box.removeAttribute("aria-activedescendant");
  }

  #choose(index) {
    this.#active = index;
    this.#chosen = this.#shown[index].channel;
    this.#mark();
    this.open(this.#chosen);
  }

  #key(event) {
    const page = Math.max(1, Math.floor(this.box.clientHeight / kRow) - 1);
    const last = this.#shown.length - 1;
    const moves = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -Infinity, End: Infinity };
    if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      if (this.#active >= 0) this.#choose(this.#active);
      return;
    }
    if (!(event.key in moves) || last < 0) return;
    event.preventDefault();
    this.#active = Math.min(last, Math.max(0, this.#active + moves[event.key]));
    const top = this.#active * kRow;
    if (top < this.box.scrollTop) this.box.scrollTop = top;
    if (top + kRow > this.box.scrollTop + this.box.clientHeight) this.box.scrollTop = top + kRow - this.box.clientHeight;
    this.#draw();
  }

  /** Nothing is chosen any more. */
  leave() {
    this.#chosen = null;
    this.#mark();
    this.box.focus();
  }
}

/** What follows one's cursor, and what is said where all of it is there. */
const behind = (seat) => [seat.messages_behind ? count(seat.messages_behind) + " messages" : "", seat.bytes_waiting ? bytes(seat.bytes_waiting) + " waiting" : "",
  seat.from_backlog ? "served from the backlog" : ""].filter(Boolean).join(", ") || "up to date";

const silence = (silent) => (silent.length ? ` No answer from event loop ${silent.join(", ")}: it is busy, its clients are missing here.` : "");

class OpenChannel {
  #name = null;
  #source = null;

  constructor(leave) {
    byId("close").addEventListener("click", () => { this.close(); leave(); });
    byId("opened").addEventListener("keydown", (event) => { if (event.key === "Escape") byId("close").click(); });
    byId("clear").addEventListener("click", () => this.#clear());
    byId("try-it").addEventListener("click", () => this.onTry(this.#name));
    this.again = repeat(2, () => this.#load());
  }

  open(name) {
    this.close();
    this.#name = name;
    byId("opened").hidden = false;
    byId("no-detail").hidden = true;
    say(byId("name"), name);
    say(byId("attributes"), "");
    for (const id of ["messages", "seats", "backlog"]) byId(id).replaceChildren();
    this.#watch();
    this.again();
  }

  close() {
    this.#source?.close();
    this.#source = null;
    this.#name = null;
    byId("opened").hidden = true;
    byId("no-detail").hidden = false;
  }

  #watch() {
    const name = this.#name;
    const source = (this.#source = new EventSource(`/channels/${encodeURIComponent(name)}/watch?since=0`));
    say(byId("watching"), "");
    source.onopen = () => say(byId("watching"), "as they come");
    source.onerror = () => say(byId("watching"), source.readyState === EventSource.CLOSED ? "not watched: too many watch already, or the login is over" : "reconnecting");
    source.onmessage = (event) => {
      const message = JSON.parse(event.data);
      const more = [message.event, message.type].filter(Boolean).join(" · ");
      log(byId("messages"), message.etag + (more ? " · " + more : ""), readable(message.payload, message.base64));
    };
    source.addEventListener("martd.missed", (event) => {
      const { missed } = JSON.parse(event.data);
      log(byId("messages"), "", missed === true ? "Some were dropped before they were looked at." : count(missed) + " were dropped before they were looked at.", "bad");
    });
  }

  async #load() {
    const name = this.#name;
    if (name === null) return;
    let channel;
    try {
      channel = await ask("/channels/" + encodeURIComponent(name));
    } catch (wrong) {
      if (wrong.status === 404 && name === this.#name) {
        say(byId("attributes"), "It is gone: it has neither messages nor followers. It is shown again when it comes back.");
        fill(byId("seats"), [["", ""]], [], "Nobody.");
        fill(byId("backlog"), [["", ""]], [], "Nothing is kept.");
      }
      return;
    }
    if (name !== this.#name) return;
    say(byId("attributes"), `size ${count(channel.size)}, life ${duration(channel.life)}, ${channel.one2one ? "one2one, " : ""}${channel.keyed ? "with a key, " : ""}` +
      `${count(channel.messages)} messages of ${bytes(channel.bytes)}, ${count(channel.subscribers)} subscribers, newest etag ${channel.etag}.` + silence(channel.silent_loops));
    fill(byId("seats"), [["Address", ""], ["cid", "name"], ["By", ""], ["Since", ""], ["How far", ""], ["", ""]], channel.seats.map((seat) => {
      const kick = make("button", { type: "button", className: "danger small", ariaLabel: `Kick ${seat.cid || seat.address}` }, "Kick");
      kick.addEventListener("click", () => this.#kick(seat));
      return [seat.address, seat.cid || "", seat.transport, ago(seat.since), behind(seat), kick];
    }), "Nobody.");
    fill(byId("backlog"), [["Etag", ""], ["Size", "number"], ["Pushed", ""], ["Expires in", ""], ["Type", "name"], ["Event", "name"], ["Id", "name"]], channel.backlog.map((message) =>
      [message.etag, bytes(message.bytes), clock(message.published), duration(Math.max(0, message.expires - Date.now() / 1000)), message.type || "", message.event || "", message.id || ""]), "Nothing is kept.");
  }

  async #kick(seat) {
    const who = seat.cid ? "cid=" + encodeURIComponent(seat.cid) : "seat=" + seat.seat;
    if (!(await confirmed(`Close the subscription of ${seat.cid || seat.address}? It ends with “kicked”; a well-behaved client doesn't come back.`))) return;
    try {
      await ask(`/channels/${encodeURIComponent(this.#name)}/kick?${who}`, { method: "POST" });
    } catch (wrong) {
      say(byId("attributes"), "Not kicked: " + wrong.message);
    }
    document.activeElement?.blur();
    this.again();
  }

  async #clear() {
    if (!(await confirmed(`Drop all messages of “${this.#name}”? Who hasn't read them will be told that they are missing.`))) return;
    try {
      await ask("/channels/" + encodeURIComponent(this.#name), { method: "DELETE" });
      byId("messages").replaceChildren();
    } catch (wrong) {
      say(byId("attributes"), "Not dropped: " + wrong.message);
    }
    this.again();
  }
}
