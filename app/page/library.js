// The list of archives: search, pages, and news of archives that appear while the page is open.

import { archiveList, encodeId } from "./origin.js";
import { folderOf, nameOf } from "./format.js";

const PAUSE_MS = 200; // between the last key and the search
const SEARCHABLE = 8; // fewer archives are seen at a glance
const POLL_MS = 3000; // while there is nothing to show

export class Library {
  #changed;
  #list = document.getElementById("archives");
  #note = document.getElementById("library-note");
  #more = document.getElementById("more");
  #search = document.getElementById("search");
  #asked = new AbortController();
  #cursor = null;
  #marked = "";
  #deep = false; // beyond the first page
  #first = null; // the first page's ids
  #pause;
  #poll;

  // `changed(ids, refusal)` is called after each change of an unfiltered first page, and of what it holds.
  constructor(changed) {
    this.#changed = changed;
    this.#search.addEventListener("input", () => this.#soon(PAUSE_MS));
    this.#more.addEventListener("click", () => this.#fetch(this.#cursor));
    document.addEventListener("visibilitychange", () => document.hidden || this.refresh());
    new IntersectionObserver(([{ isIntersecting }]) => isIntersecting && this.#fetch(this.#cursor)).observe(this.#more);
  }

  // Begins anew, unless the reader has gone deeper than the first page: that place is worth keeping.
  refresh() {
    return this.#list.childElementCount > 0 && this.#deep ? undefined : this.#fetch(null);
  }

  mark(id) {
    for (const link of this.#list.querySelectorAll("a")) {
      if (link.dataset.id === id) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
    this.#marked = id;
  }

  focusSearch() {
    (document.getElementById("search-row").hidden ? this.#list.querySelector("a") : this.#search)?.focus();
  }

  #soon(delay_ms) {
    clearTimeout(this.#pause);
    this.#pause = setTimeout(() => this.#fetch(null), delay_ms);
  }

  async #fetch(cursor) {
    this.#asked.abort();
    this.#asked = new AbortController();
    this.#more.hidden = true;
    clearTimeout(this.#poll);
    const query = this.#search.value.trim();
    try {
      this.#show(await archiveList(query, cursor, this.#asked.signal), query, cursor !== null);
    } catch (refusal) {
      if (refusal.name === "AbortError") return;
      this.#note.textContent = refusal.message;
      this.#pollLater();
      if (!query && !cursor) this.#changed(null, refusal);
    }
  }

  #show({ ids, next, count, is_complete }, query, isMore) {
    const first = ids.join("\n");
    if (isMore) this.#list.append(...ids.map(itemOf));
    else if (this.#deep || first !== this.#first) this.#list.replaceChildren(...ids.map(itemOf)); // else focus stays
    if (!isMore) this.#first = first;
    [this.#deep, this.#cursor] = [isMore, next];
    this.mark(this.#marked);
    this.#more.hidden = next === null;
    this.#note.textContent = noteOf(query, count, is_complete);
    if (query || isMore) return;
    document.getElementById("search-row").hidden = count < SEARCHABLE;
    if (!count) this.#pollLater();
    this.#changed(ids, null);
  }

  #pollLater() {
    this.#poll = setTimeout(() => (document.hidden ? this.#pollLater() : this.#fetch(null)), POLL_MS);
  }
}

function itemOf(id) {
  const [item, link, name, folder] = ["li", "a", "span", "small"].map((tag) => document.createElement(tag));
  link.href = `#${encodeId(id)}`;
  link.dataset.id = id;
  [name.textContent, folder.textContent] = [nameOf(id), folderOf(id)];
  link.append(name, folder);
  item.append(link);
  return item;
}

function noteOf(query, count, isComplete) {
  if (query) return count ? `${count.toLocaleString()} found` : `Nothing matches “${query}”.`;
  if (!isComplete) return `These are the first ${count.toLocaleString()} archives; each plays by its address.`;
  return count < SEARCHABLE ? "" : `${count.toLocaleString()} archives`;
}
