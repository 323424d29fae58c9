/**
 * martd's browser library, as `window.martd` by `<script src="/client.js">`, or as a module:
 * `import martd from "/client.js?module"`.
 *
 * All channels of a page share one held request: an event stream (read by `fetch`), or long-polls where streams do not come
 * through or the browser cannot read them. All tabs of one origin share that request, too, where the browser has
 * BroadcastChannel and either Web Locks (pages on https or localhost) or SharedWorker (and the script comes from the page's
 * own origin); so `subscribers`, as the server counts them, are browsers rather than tabs. One2one channels are not shared.
 *
 * The library keeps how far it has read each channel and goes on strictly after that: every message comes once and in
 * order, across broken connections, restarts of the server, tabs that are closed, sleep and the back/forward cache. What was
 * lost all the same is told, by `onmissed`.
 *
 * Browsers: Chrome 66, Edge 79, Firefox 65, Safari 12.1 and newer by event stream; older ones, back to Internet
 * Explorer 10, by long-poll. Tabs share from Chrome 69, Edge 79, Firefox 96, Safari 15.4 on.
 */
export interface Martd {
  /**
   * Follows a channel. `callback` gets each payload; when it throws, that is written to the console and nothing else is
   * disturbed. Each callback has its own cursor: two on one channel each get what their own etag asks for.
   * The third argument is an etag, as in the original, or options. Throws where an argument can't be right.
   */
  sub(channel: string, callback: (payload: Payload) => void, etagOrOptions?: string | 0 | null | SubOptions): Handle;

  /**
   * Publishes a message. What is undefined, null or "" goes back to the channel's default. An empty payload sets the
   * attributes and is not sent to anyone. `callback` gets the server's answer, JSON in a string
   * (`{"etag":"…","subscribers":3}` or `{"error":"…"}`), and the request, whose `status` is 0 where no answer came.
   */
  pub(
    name: string,
    size?: number | "" | null,
    life?: number | string | null,
    one2one?: boolean | "" | null,
    key?: string | null,
    payload?: string | Blob | ArrayBuffer | ArrayBufferView | null,
    callback?: (responseText: string, xhr: XMLHttpRequest) => void,
  ): void;

  /** How far the page has read a channel; undefined where it doesn't follow it. */
  etag(channel: string): string | undefined;

  /** Calls back with each change of `state` or `transport`. */
  on(event: "state", callback: (state: State, transport: Transport) => void): void;

  /** The server: "" for the page's own. It is where the script came from, with the prefix, when that is somewhere else. */
  SERVER: string;
  /**
   * Who this page is; of use for one2one channels, which it asks for by a connection of its own. Random, new with each page
   * load. To keep a place over a reload, set it before the first martd.sub to what you keep in sessionStorage.
   */
  cid: string;
  /**
   * The server's `--heartbeat` in seconds, for servers that don't say so at the beginning of a stream, as older ones don't.
   * A stream that is silent for a quarter longer, and a second, is taken to be dead, or where none ever came through, to
   * be buffered by a proxy. Set it, as SERVER and CREDENTIALS, before the first martd.sub.
   */
  HEARTBEAT: number;
  /** Sends cookies to a SERVER of another origin, which must name the page's in `--origin`. */
  CREDENTIALS: boolean;

  readonly state: State;
  readonly transport: Transport;
}

/** Text; bytes that are not UTF-8 come as a Uint8Array. */
export type Payload = string | Uint8Array;

/**
 * - `connecting`: for the first time, or after a break
 * - `open`: what is published comes
 * - `waiting`: the connection broke; it is tried again after a pause, at once when the page is shown or the network is back
 * - `offline`: the same, and the browser says that there is no network
 * - `closed`: nothing is followed, or the server refuses what is
 */
export type State = "connecting" | "open" | "waiting" | "offline" | "closed";

export type Transport = "stream" | "poll" | "";

export interface SubOptions {
  /**
   * "0", the default: everything that is kept, and what comes. "now": only what comes from now on. Or an etag: what
   * comes after it. A page that came through martd's proxy has where it stood as its default; so has one that Turbo and
   * the like put in its place, where its tag has a `data-cursor`.
   */
  etag?: string | 0;
  /** Messages were gone before the page saw them: how many, or true where that is not known. Comes before the next message. */
  onmissed?: (count: number | true) => void;
  /** The channel is followed: at first, and again after each break. */
  onopen?: () => void;
  /**
   * The server ended it: "stopping", from which it comes back by itself; "one2one": another client has the channel, it is
   * asked for again every few seconds; "replaced": another page came with this cid; "kicked"; or why it refuses.
   */
  onclosed?: (reason: string) => void;
}

export interface Handle {
  /** Ends it; needs no `this`. A second call does nothing. */
  cancel(): void;
}

declare const martd: Martd;
export default martd;

declare global {
  var martd: Martd;
}
