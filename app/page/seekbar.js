// A seek bar that shows what is where: chapters as marks, and, where the archive has a storyboard, the picture
// of the time under the pointer. It is there for archives that have one or the other; all have the player's own.

import { clock } from "./format.js";
import { storyboardTiles, urlBelow } from "./origin.js";

const STEP_S = 5;
const BEFORE_END_S = 0.1; // as in keys.js
const TENTH = 0.1;

export class SeekBar {
  #root;
  #video;
  #played;
  #marks;
  #preview;
  #info = null;
  #tiles = null; // a promise of them, once somebody looks
  #shown_s = null; // what the preview is of
  #dragging = false;

  constructor(root, video) {
    [this.#root, this.#video] = [root, video];
    this.#played = root.querySelector(".played");
    this.#marks = root.querySelector(".marks");
    this.#preview = root.querySelector(".preview");
    root.addEventListener("pointerdown", (event) => this.#press(event));
    root.addEventListener("pointermove", (event) => this.#move(event));
    root.addEventListener("pointerup", () => this.#release());
    root.addEventListener("pointercancel", () => this.#release());
    root.addEventListener("pointerleave", () => this.#dragging || this.#hide());
    root.addEventListener("focus", () => root.matches(":focus-visible") && this.#look(video.currentTime));
    root.addEventListener("blur", () => this.#hide());
    root.addEventListener("keydown", (event) => this.#key(event));
    for (const name of ["timeupdate", "seeking"]) video.addEventListener(name, () => this.#follow());
  }

  show(info) {
    [this.#info, this.#tiles] = [info, null];
    this.#root.hidden = !info.storyboard && !info.chapters.length;
    this.#root.ariaValueMax = String(Math.round(info.duration_s));
    this.#marks.replaceChildren(...info.chapters.filter(({ start_s }) => start_s > 0).map(({ start_s }) => {
      const mark = document.createElement("i");
      mark.style.left = this.#percent(start_s);
      return mark;
    }));
    this.#hide();
    this.#follow();
  }

  #percent(time_s) {
    return `${Math.min(100, (100 * time_s) / this.#info.duration_s)}%`;
  }

  #follow() {
    if (!this.#info) return;
    const at_s = this.#video.currentTime;
    this.#played.style.width = this.#percent(at_s);
    this.#root.ariaValueNow = String(Math.round(at_s));
    this.#root.ariaValueText = [clock(at_s), this.#chapterAt(at_s)].filter(Boolean).join(", ");
  }

  #chapterAt(time_s) {
    return this.#info.chapters.findLast(({ start_s }) => start_s <= time_s)?.title ?? "";
  }

  #timeAt(event) {
    const { left, width } = this.#root.getBoundingClientRect();
    return Math.min(1, Math.max(0, (event.clientX - left) / width)) * this.#info.duration_s;
  }

  #press(event) {
    if (event.button) return;
    this.#dragging = true;
    this.#root.setPointerCapture(event.pointerId);
    this.#move(event);
  }

  #move(event) {
    const time_s = this.#timeAt(event);
    this.#look(time_s);
    if (this.#dragging) this.#seek(time_s);
  }

  #release() {
    this.#dragging = false;
    if (!this.#root.matches(":hover")) this.#hide();
  }

  #seek(time_s) {
    this.#video.currentTime = Math.max(0, Math.min(this.#info.duration_s - BEFORE_END_S, time_s));
  }

  #key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const tenth_s = this.#info.duration_s * TENTH;
    const steps = {
      ArrowLeft: -STEP_S, ArrowDown: -STEP_S, ArrowRight: STEP_S, ArrowUp: STEP_S,
      PageDown: -tenth_s, PageUp: tenth_s, Home: -Infinity, End: Infinity,
    };
    if (!(event.key in steps)) return;
    this.#seek(this.#video.currentTime + steps[event.key]);
    this.#look(this.#video.currentTime);
    event.preventDefault();
  }

  #hide() {
    this.#shown_s = null;
    this.#preview.hidden = true;
  }

  async #look(time_s) {
    this.#shown_s = time_s;
    const [picture, words] = this.#preview.children;
    words.textContent = [clock(time_s), this.#chapterAt(time_s)].filter(Boolean).join(" · ");
    this.#preview.hidden = false;
    this.#place(time_s);
    const info = this.#info;
    this.#tiles ??= info.storyboard ? storyboardTiles(urlBelow(info.id, info.storyboard)).catch(() => []) : [];
    const tile = (await this.#tiles).findLast(({ start_s }) => start_s <= time_s);
    if (this.#shown_s !== time_s || this.#info !== info) return;
    picture.hidden = !tile;
    if (tile) {
      const { url, x, y, width, height } = tile;
      Object.assign(picture.style, {
        width: `${width}px`, height: `${height}px`,
        backgroundImage: `url("${url}")`, backgroundPosition: `-${x}px -${y}px`,
      });
    }
    this.#place(time_s);
  }

  // Above the time it is of, as far as the bar reaches.
  #place(time_s) {
    const [room, own] = [this.#root.clientWidth, this.#preview.offsetWidth];
    const left = (room * time_s) / this.#info.duration_s - own / 2;
    this.#preview.style.left = `${Math.max(0, Math.min(room - own, left))}px`;
  }
}
