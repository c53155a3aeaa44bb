// Plays a playlist in a <video>: by the browser's own HLS where it has any, elsewhere by hls.js, which is
// fetched only then. Says in words why an archive does not play.

import { archiveInfo } from "./origin.js";
import { chooseNativeSound, chooseSound } from "./sound.js";

const HLS_TYPE = "application/vnd.apple.mpegurl";

const PATIENCE_MS = 5000; // with what is dispensable: a network that leads nowhere takes minutes to say so

let stop = () => {};
let pending = null; // { from_s, isPlaying } of what has not loaded yet
let fetched;

// Where `video` is and whether it plays, or will be and will once it has loaded: { from_s, isPlaying }.
export const placeOf = (video) => pending ?? { from_s: video.currentTime, isPlaying: !video.paused };

// Plays from `from_s`, if `isPlaying`. `fail(error, signal)` is called at most once, with an Error; `signal` is
// aborted as soon as it is of what was before. `sound` is { name, language, place } of the one to hear, if any. The
// browser's own player will do where it can be told which one, as Safari's; elsewhere unless that one was chosen from
// several, or `tracks` are not for it (`areMixed`).
export async function load(video, url, fail, { sound, isChosen, tracks, from_s, isPlaying }) {
  stop();
  const session = new AbortController();
  const { signal } = session;
  let hls;
  let hasFailed = false;
  stop = () => {
    session.abort();
    hls?.destroy();
    pending = null;
    video.removeAttribute("src");
    video.load();
  };
  const failOnce = (error) => {
    if (!hasFailed) fail(error, signal);
    hasFailed = true;
  };
  pending = { from_s, isPlaying };
  const begin = () => {
    pending = null;
    if (video.currentTime < from_s - 1) video.currentTime = from_s; // a browser that took no notice, see below
  };
  video.addEventListener("loadedmetadata", begin, { once: true, signal });
  video.addEventListener("error", () => failOnce(new Error(video.error?.message ?? "")), { signal });
  const tellsOfSounds = "audioTracks" in video;
  const isNative = video.canPlayType(HLS_TYPE) !== "" && (tellsOfSounds || !(isChosen || areMixed(tracks)));
  if (!isNative || (!tellsOfSounds && areGrouped(tracks))) {
    try {
      const Hls = await fetchHlsJs(video, isNative);
      if (signal.aborted) return;
      hls = playByHlsJs(Hls, video, url, failOnce, sound, from_s);
    } catch (error) {
      if (signal.aborted) return;
      if (!isNative) return failOnce(error);
    }
  }
  if (!hls) {
    video.src = url;
    if (isChosen) chooseNativeSound(video, sound, signal);
  }
  // Before there is metadata, this says where playback begins (HTML, default playback start position): what would be
  // sought once it is there may have played from 0 for a moment.
  video.currentTime = from_s;
  if (isPlaying) video.play().catch(() => {}); // a browser may want to be asked by a click first
}

export const unload = () => stop();

function playByHlsJs(Hls, video, url, fail, sound, from_s) {
  // No worker: fragmented MP4 needs no remuxing, and the Content-Security-Policy stays without blob: scripts.
  // No text tracks: those of the page are there already.
  const hls = new Hls({ enableWorker: false, renderTextTracksNatively: false, startPosition: from_s });
  hls.on(Hls.Events.ERROR, (_, data) => data.fatal && fail(new Error(data.details)));
  if (sound) chooseSound(Hls, hls, sound.name);
  hls.loadSource(url);
  hls.attachMedia(video);
  return hls;
}

// Throws an Error that says why hls.js is not to be had; where it `isDispensable`, it has to be there soon.
async function fetchHlsJs(video, isDispensable) {
  const need = video.canPlayType(HLS_TYPE) ? "needs hls.js to choose among sounds and codecs" : "does not play HLS by itself";
  const { hlsJs, hlsJsIntegrity } = document.body.dataset;
  if (!hlsJs) throw new Error(`This browser ${need}, and this server names no hls.js (setting hls_js_url).`);
  fetched ??= run(hlsJs, hlsJsIntegrity).then(() => window.Hls ?? (fetched = undefined), () => (fetched = undefined));
  const Hls = await (isDispensable ? Promise.race([fetched, after(PATIENCE_MS)]) : fetched);
  if (!Hls) throw new Error(`This browser ${need}, and ${new URL(hlsJs, document.baseURI)} did not load.`);
  if (!Hls.isSupported()) throw new Error("This browser has neither HLS nor Media Source Extensions.");
  return Hls;
}

const run = (url, integrity) => new Promise((resolve, reject) => {
  const script = document.createElement("script");
  Object.assign(script, { src: url, crossOrigin: "anonymous", integrity, onload: resolve, onerror: reject });
  document.head.append(script);
});

const after = (delay_ms) => new Promise((resolve) => setTimeout(resolve, delay_ms));

// Whether this browser says that it may decode a track, and all that it changes to on the way.
export function decodes(video, { kind, codecs }) {
  const types = codecs.map((codec) => `${kind}/mp4; codecs="${codec}"`);
  return types.every((type) => video.canPlayType(type) !== "" || window.MediaSource?.isTypeSupported(type));
}

// Whether some of the tracks differ from others of their kind in the family of their codec, as AAC and Opus do:
// Chromium's own player changes from one to the other on the way, which ends its playback.
function areMixed(tracks) {
  const kinds = new Set(tracks.map(({ kind }) => kind));
  const families = new Set(tracks.flatMap(({ kind, codecs }) => codecs.map((codec) => `${kind} ${family(codec)}`)));
  return families.size > kinds.size;
}

// Whether sounds are there in several codings, as stereo and 5.1, each of which is a group in the playlist. Which one
// Chromium's own player plays is not known: a reason to take hls.js where it is to be had, but none not to play.
function areGrouped(tracks) {
  const sounds = tracks.filter(({ kind }) => kind === "audio");
  return new Set(sounds.map(({ codecs, channels }) => `${codecs} ${channels}`)).size > 1;
}

// What RFC 6381 has before the profile: "avc1", "opus", and of MPEG-4's sounds "mp4a.40"
const family = (codec) => codec.split(".", codec.startsWith("mp4a.") ? 2 : 1).join(".");

export function codecTrouble(tracks) {
  const names = tracks.map((track) => `${track.codec_name} (${track.codecs.join(", ")})`).join(" and ");
  return `This browser cannot decode ${names}. Another one, or a player such as mpv or VLC, may.`;
}

// Why `error` happened to the archive that `info` describes, of which `undecoded` tracks cannot play:
// { text, remedy }.
export async function diagnose(info, undecoded, error) {
  let now;
  try {
    now = await archiveInfo(info.id);
  } catch (refusal) {
    return { text: refusal.message, remedy: "Try again" };
  }
  if (now.version !== info.version) {
    return { text: "This archive has changed since you opened it.", remedy: "Play it as it is now" };
  }
  if (undecoded.length) return { text: codecTrouble(undecoded), remedy: "" };
  return { text: `Playback stopped. ${error.message || "The browser does not say why."}`, remedy: "Try again" };
}
