"use strict";
// Who is connected, and who was cut off and why.

const reasons = {
  stopping: "the server stopped",
  one2one: "another client has the channel",
  replaced: "the same client came again",
  unavailable: "no memory left for its channel",
  kicked: "an operator closed it",
  hung_up: "it went, or its connection broke",
};

class Clients {
  #ended = false;

  constructor(open) {
    this.open = open;
    const tabs = [byId("tab-connected"), byId("tab-ended")];
    const choose = (tab) => {
      this.#ended = tab === tabs[1];
      for (const one of tabs) {
        one.setAttribute("aria-selected", one === tab);
        one.tabIndex = one === tab ? 0 : -1;
      }
      byId("clients-panel").setAttribute("aria-labelledby", tab.id);
      byId("clients-table").replaceChildren();
      this.again();
    };
    for (const tab of tabs) {
      tab.addEventListener("click", () => choose(tab));
      tab.addEventListener("keydown", (event) => {
        if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
        const other = tabs[tab === tabs[0] ? 1 : 0];
        other.focus();
        choose(other);
      });
    }
    this.again = repeat(3, () => (this.#ended ? this.#gone() : this.#connected()));
  }

  #channel(row) {
    if (!row.channel) return "";
    const button = make("button", { type: "button", className: "link", title: row.channel }, row.channel);
    button.addEventListener("click", () => this.open(row.channel));
    const more = row.channels > 1 ? ` and ${count(row.channels - 1)} more` : "";
    return more ? make("span", {}, button, more) : button;
  }

  async #connected() {
    const { subscribers, more, silent_loops: silent } = await ask("/subscribers?limit=500");
    if (this.#ended) return;
    fill(byId("clients-table"), [["Address", ""], ["cid", "name"], ["By", ""], ["Since", ""], ["Follows", ""], ["How far", ""]],
      subscribers.map((row) => [row.address, row.cid || "", row.transport, ago(row.since), this.#channel(row), behind(row)]), "Nobody follows anything now.");
    say(byId("clients-said"), (more ? "The newest 500." : "") + silence(silent));
  }

  async #gone() {
    const { endings, silent_loops: silent } = await ask("/endings");
    if (!this.#ended) return;
    fill(byId("clients-table"), [["When", ""], ["Why", ""], ["Address", ""], ["cid", "name"], ["By", ""], ["Followed", ""], ["For", ""]],
      endings.map((row) => [clock(row.at), reasons[row.ending] || row.ending, row.address, row.cid || "", row.transport, this.#channel(row), duration(Math.max(0, row.at - row.since))]),
      "Nobody has gone but those who got what they waited for.");
    say(byId("clients-said"), "The last of each event loop." + silence(silent));
  }
}
