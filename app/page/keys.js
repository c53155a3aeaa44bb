// Keyboard shortcuts of the whole page. What a focused control does with a key comes first.

const TYPES_TEXT = "input:not([readonly]), textarea, select";
const BEFORE_END_S = 0.1; // Chromium's own HLS may fail to parse what it asks for at the very end
const PRESSED_BY_SPACE = "button, summary, a";

// `actions` has: captions(), seekSegment(step), search(), back(), help().
export function listenToKeys(video, actions) {
  const seekTo = (time_s) => (video.currentTime = Math.max(0, Math.min(video.duration - BEFORE_END_S, time_s) || 0));
  const seek = (step_s) => seekTo(video.currentTime + step_s);
  const louder = (step) => {
    video.muted = false;
    video.volume = Math.min(1, Math.max(0, video.volume + step));
  };
  const faster = (factor) => (video.playbackRate = Math.min(4, Math.max(0.25, video.playbackRate * factor)));
  const frame = (step) => {
    video.pause();
    seek(step / actions.frameRate());
  };
  const toggle = () => (video.paused ? video.play().catch(() => {}) : video.pause());
  const fullscreen = () => (document.fullscreenElement ? document.exitFullscreen() : video.requestFullscreen?.());
  const ofPlayer = {
    " ": toggle, k: toggle,
    ArrowLeft: () => seek(-5), ArrowRight: () => seek(5), j: () => seek(-10), l: () => seek(10),
    ArrowUp: () => louder(0.1), ArrowDown: () => louder(-0.1), m: () => (video.muted = !video.muted),
    ",": () => frame(-1), ".": () => frame(1), "<": () => faster(1 / 1.25), ">": () => faster(1.25),
    p: () => actions.seekSegment(-1), n: () => actions.seekSegment(1), c: actions.captions, f: fullscreen,
  };
  const ofPage = { "/": actions.search, "?": actions.help, Escape: actions.back };

  // In the capturing phase, so that the video's own controls do not act on the same key again.
  addEventListener("keydown", (event) => {
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
    if (event.target.matches(TYPES_TEXT) && key !== "Escape") return;
    if (event.target.matches("[role=slider]") && key.startsWith("Arrow")) return;
    if (key === " " && event.target.matches(PRESSED_BY_SPACE)) return;
    const digit = /^\d$/.test(key) ? () => seekTo((video.duration * key) / 10) : undefined;
    const action = ofPage[key] ?? (actions.isPlaying() ? ofPlayer[key] ?? digit : undefined);
    if (!action) return;
    action();
    event.preventDefault();
    event.stopPropagation();
  }, { capture: true });
}
