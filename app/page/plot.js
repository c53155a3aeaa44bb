// The bitrate of each segment over time: a slider whose value is a segment.
//
// Two canvases hold the same bars in two colours; the upper one is clipped at the playhead, so playing
// moves a clip and redraws nothing.

import { bitrate, bytes, clock } from "./format.js";

export class Plot {
  #root;
  #readout;
  #axis;
  #seek;
  #canvases;
  #cursor;
  #playhead;
  #start_s = [];
  #bytes = [];
  #rest = "";
  #shown = null; // the segment under the pointer or chosen by keys
  #playing = 0;

  constructor(root, readout, seek) {
    [this.#root, this.#readout, this.#axis, this.#seek] = [root, readout, root.nextElementSibling, seek];
    this.#canvases = root.querySelectorAll("canvas");
    this.#cursor = root.querySelector(".cursor");
    this.#playhead = root.querySelector(".playhead");
    new ResizeObserver(() => this.#draw()).observe(root);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.#draw());
    root.addEventListener("pointermove", (event) => this.#point(this.#at(event)));
    root.addEventListener("pointerleave", () => this.#point(null));
    root.addEventListener("click", (event) => this.#go(this.#at(event)));
    root.addEventListener("focus", () => root.matches(":focus-visible") && this.#point(this.#playing));
    root.addEventListener("blur", () => this.#point(null));
    root.addEventListener("keydown", (event) => this.#press(event));
  }

  // `start_s` has one entry more than `bytes`: where the last segment ends.
  show({ start_s, bytes }, rest) {
    [this.#start_s, this.#bytes, this.#rest] = [start_s, bytes, rest];
    this.#root.ariaValueMax = String(bytes.length);
    for (const [place, mark] of [...this.#axis.children].entries()) {
      mark.textContent = clock(start_s[0] + (this.#length_s * place) / (this.#axis.childElementCount - 1));
    }
    this.#point(null);
    this.playAt(0);
    this.#draw();
  }

  playAt(time_s) {
    const share = Math.min(1, Math.max(0, (time_s - this.#start_s[0]) / this.#length_s)) || 0;
    this.#canvases[1].style.clipPath = `inset(0 ${100 - share * 100}% 0 0)`;
    this.#playhead.style.left = `${share * 100}%`;
    this.#playing = this.#segmentAt(time_s);
    if (this.#shown === null) this.#say(this.#playing);
  }

  // The start of the segment that is `step` segments from the one that plays.
  neighbour_s(step) {
    return this.#start_s[this.#clamped(this.#playing + step)] ?? 0;
  }

  get #length_s() {
    return this.#start_s.at(-1) - this.#start_s[0];
  }

  #clamped(segment) {
    return Math.min(this.#bytes.length - 1, Math.max(0, segment));
  }

  #segmentAt(time_s) {
    let [low, high] = [0, this.#bytes.length];
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (this.#start_s[middle] <= time_s) low = middle;
      else high = middle;
    }
    return low;
  }

  #at(event) {
    const { left, width } = this.#root.getBoundingClientRect();
    return this.#segmentAt(this.#start_s[0] + ((event.clientX - left) / width) * this.#length_s);
  }

  #rate_bps(segment) {
    return (8 * this.#bytes[segment]) / (this.#start_s[segment + 1] - this.#start_s[segment]);
  }

  #words(segment) {
    const [from, to] = [this.#start_s[segment], this.#start_s[segment + 1]].map(clock);
    return `segment ${segment + 1} · ${from} – ${to} · ${bitrate(this.#rate_bps(segment))} · ${bytes(this.#bytes[segment])}`;
  }

  #say(segment) {
    this.#root.ariaValueNow = String(segment + 1);
    this.#root.ariaValueText = this.#bytes.length ? this.#words(segment) : "";
  }

  #point(segment) {
    this.#shown = segment;
    this.#cursor.hidden = segment === null;
    this.#readout.textContent = segment === null ? this.#rest : this.#words(segment);
    this.#say(segment ?? this.#playing);
    if (segment === null) return;
    const [from, to] = [this.#start_s[segment], this.#start_s[segment + 1]];
    this.#cursor.style.left = `${((from - this.#start_s[0]) / this.#length_s) * 100}%`;
    this.#cursor.style.width = `${((to - from) / this.#length_s) * 100}%`;
  }

  #go(segment) {
    this.#point(segment);
    this.#seek(this.#start_s[segment]);
  }

  #press(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const steps = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -10, PageUp: 10, Home: -Infinity, End: Infinity };
    const shown = this.#shown ?? this.#playing;
    if (event.key in steps) this.#point(this.#clamped(shown + steps[event.key]));
    else if (event.key === "Enter") this.#go(shown);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  #draw() {
    const colours = getComputedStyle(this.#root);
    const [width, height] = [this.#root.clientWidth, this.#root.clientHeight];
    const peak_bps = this.#bytes.reduce((peak, _, segment) => Math.max(peak, this.#rate_bps(segment)), 1);
    // Whole pixels: bars narrower than one share it, and the tallest of them shows.
    const x_at = (time_s) => Math.floor(((time_s - this.#start_s[0]) / this.#length_s) * width * devicePixelRatio) / devicePixelRatio;
    const gap = width / this.#bytes.length > 4 ? 1 : 0;
    this.#canvases.forEach((canvas, layer) => {
      [canvas.width, canvas.height] = [width * devicePixelRatio, height * devicePixelRatio];
      const pen = canvas.getContext("2d");
      pen.scale(devicePixelRatio, devicePixelRatio);
      pen.fillStyle = colours.getPropertyValue(layer ? "--bar-played" : "--bar");
      pen.beginPath();
      this.#bytes.forEach((_, segment) => {
        const [left, right] = [x_at(this.#start_s[segment]), x_at(this.#start_s[segment + 1])];
        const tall = Math.max(1, (this.#rate_bps(segment) / peak_bps) * height);
        pen.roundRect(left, height - tall, Math.max(right - left - gap, 1 / devicePixelRatio), tall, [gap * 2, gap * 2, 0, 0]);
      });
      pen.fill();
    });
  }
}
