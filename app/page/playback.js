// Plays a playlist in a <video>: by the browser's own HLS where it has any, elsewhere by hls.js, which is
// fetched only then. Says in words why an archive does not play.

import { archiveInfo } from "./origin.js";
import { chooseNativeSound, chooseSound } from "./sound.js";

const HLS_TYPE = "application/vnd.apple.mpegurl";

let stop = () => {};
let fetched;

// `fail(error)` is called at most once, with an Error. `sound` is { name, language, place } of the one to hear, if
// any. The browser's own player will do where it can be told which one, as Safari's; elsewhere unless that one was
// chosen from several, or `tracks` are not for it (`areMixed`, `areGrouped`).
export async function load(video, url, fail, { sound, isChosen, tracks }) {
  stop();
  let live = true;
  const failOnce = (error) => live && (live = false, fail(error));
  const onError = () => failOnce(new Error(video.error?.message ?? ""));
  video.addEventListener("error", onError);
  const needsHlsJs = isChosen || areMixed(tracks) || (areGrouped(tracks) && document.body.dataset.hlsJs !== "");
  const native = video.canPlayType(HLS_TYPE) !== "" && ("audioTracks" in video || !needsHlsJs);
  let hls;
  stop = () => {
    live = false;
    video.removeEventListener("error", onError);
    hls?.destroy();
    video.removeAttribute("src");
    video.load();
  };
  if (native) {
    video.src = url;
    if (isChosen) chooseNativeSound(video, sound);
    return;
  }
  try {
    const Hls = await (fetched ??= fetchHlsJs(video));
    if (!live) return;
    if (!Hls.isSupported()) throw new Error("This browser has neither HLS nor Media Source Extensions.");
    // No worker: fragmented MP4 needs no remuxing, and the Content-Security-Policy stays without blob: scripts.
    // No text tracks: those of the page are there already.
    hls = new Hls({ enableWorker: false, renderTextTracksNatively: false });
    hls.on(Hls.Events.ERROR, (_, data) => data.fatal && failOnce(new Error(data.details)));
    if (sound) chooseSound(Hls, hls, sound.name);
    hls.loadSource(url);
    hls.attachMedia(video);
  } catch (error) {
    fetched = undefined;
    failOnce(error);
  }
}

export const unload = () => stop();

function fetchHlsJs(video) {
  const { hlsJs, hlsJsIntegrity } = document.body.dataset;
  if (!hlsJs) {
    const lacks = video.canPlayType(HLS_TYPE) ? "needs hls.js to choose among sounds and codecs" : "does not play HLS by itself";
    throw new Error(`This browser ${lacks}, and this server names no hls.js (setting hls_js_url).`);
  }
  return new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = hlsJs;
    script.crossOrigin = "anonymous";
    if (hlsJsIntegrity) script.integrity = hlsJsIntegrity;
    script.onload = () => resolve(window.Hls);
    script.onerror = () => reject(new Error(`This browser needs hls.js to play HLS, and ${script.src} did not load.`));
    document.head.append(script);
  });
}

// Whether this browser says that it may decode a track.
export function decodes(video, { kind, codec }) {
  const type = `${kind}/mp4; codecs="${codec}"`;
  return video.canPlayType(type) !== "" || Boolean(window.MediaSource?.isTypeSupported(type));
}

// Whether some of the tracks differ from others of their kind in the family of their codec, as AAC and Opus do:
// Chromium's own player changes from one to the other on the way, which ends its playback.
function areMixed(tracks) {
  const kinds = new Set(tracks.map(({ kind }) => kind));
  const families = new Set(tracks.map(({ kind, codec }) => `${kind} ${family(codec)}`));
  return families.size > kinds.size;
}

// Whether sounds are there in several codings, as stereo and 5.1, each of which is a group in the playlist. Which one
// Chromium's own player plays is not known: a reason to take hls.js where there is one, but none not to play.
function areGrouped(tracks) {
  const sounds = tracks.filter(({ kind }) => kind === "audio");
  return new Set(sounds.map(({ codec, channels }) => `${codec} ${channels}`)).size > 1;
}

// What RFC 6381 has before the profile: "avc1", "opus", and of MPEG-4's sounds "mp4a.40"
const family = (codec) => codec.split(".", codec.startsWith("mp4a.") ? 2 : 1).join(".");

export function codecTrouble(tracks) {
  const names = tracks.map((track) => `${track.codec_name} (${track.codec})`).join(" and ");
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
