// One page, four players: `start(player, url)` plays, `report()` says what has happened since.
//
// It lies on another origin than the media, as players do, so what plays here has passed CORS.

const video = document.getElementById("video");
const happened = [];
const troubles = [];
let audio = () => [];
let texts = () => [];
let chooseAudio = () => {};

for (const name of ["loadedmetadata", "playing", "waiting", "stalled", "seeking", "seeked", "ended"]) {
  video.addEventListener(name, () => happened.push(name));
}
video.addEventListener("error", () => troubles.push(`media error ${video.error.code}: ${video.error.message}`));

const script = (source) => new Promise((resolve, reject) => {
  const element = document.createElement("script");
  [element.src, element.onload, element.onerror] = [source, resolve, () => reject(new Error(`no ${source}`))];
  document.head.append(element);
});

const players = {
  async native(url) {
    video.src = url;
  },
  async "hls.js"(url) {
    await script("node_modules/hls.js/dist/hls.min.js");
    const hls = new Hls();
    // Everything counts, recovered or not: an origin should give a player nothing to recover from.
    hls.on(Hls.Events.ERROR, (_, data) => troubles.push(`hls.js ${data.details} ${data.error?.message ?? ""}`));
    audio = () => hls.audioTracks.map(({ lang, name }) => ({ lang, name }));
    texts = () => hls.subtitleTracks.map(({ lang, name }) => ({ lang, name }));
    chooseAudio = (wanted) => { hls.audioTrack = hls.audioTracks.findIndex(({ lang }) => lang === wanted); };
    hls.loadSource(url);
    hls.attachMedia(video);
  },
  async shaka(url) {
    await script("node_modules/shaka-player/dist/shaka-player.compiled.js");
    shaka.polyfill.installAll();
    const player = new shaka.Player();
    player.configure("streaming.preferNativeHls", false);
    player.addEventListener("error", ({ detail }) => troubles.push(`shaka ${detail.code} ${detail.data}`));
    await player.attach(video);
    audio = () => player.getAudioTracks().map(({ language, label }) => ({ lang: language, name: label }));
    texts = () => player.getTextTracks().map(({ language, label }) => ({ lang: language, name: label }));
    chooseAudio = (wanted) => {
      player.selectAudioTrack(player.getAudioTracks().find(({ language }) => language === wanted));
    };
    await player.load(url);
  },
  async "dash.js"(url) {
    await script("node_modules/dashjs/dist/modern/umd/dash.all.min.js");
    const player = dashjs.MediaPlayer().create();
    player.on("error", ({ error }) => troubles.push(`dash.js ${error.code} ${error.message}`));
    audio = () => player.getTracksFor("audio").map(({ lang }) => ({ lang, name: "" }));
    texts = () => player.getTracksFor("text").map(({ lang }) => ({ lang, name: "" }));
    chooseAudio = (wanted) => player.setCurrentTrack(player.getTracksFor("audio").find(({ lang }) => lang === wanted));
    player.initialize(video, url, false);
  },
};

const metadata = () => new Promise((resolve) => {
  if (video.readyState >= HTMLMediaElement.HAVE_METADATA) resolve();
  else video.addEventListener("loadedmetadata", () => resolve(), { once: true });
});

// A player that waits for ever fails the test that waits for it, with all it said until then.
const within = (limit_s, what, promise) => Promise.race([promise, new Promise((_, reject) => {
  setTimeout(() => reject(new Error(`no ${what} within ${limit_s} s: ${JSON.stringify(report())}`)), limit_s * 1000);
})]);

// Resolves when there is something to play; what fails is in `report().troubles`.
async function start(player, url) {
  try {
    await within(10, "metadata", Promise.all([metadata(), players[player](url)]));
  } catch (error) {
    troubles.push(`${player}: ${error.message ?? error.code}`);
  }
}

const once = (name) => new Promise((resolve) => video.addEventListener(name, () => resolve(), { once: true }));

async function playToEnd(rate = 1) {
  const ended = once("ended");
  video.playbackRate = rate;
  await within(5, "start", video.play());
  await within(30, "end", ended);
}

async function seek(time_s) {
  const seeked = once("seeked");
  video.currentTime = time_s;
  await within(10, "picture after the seek", seeked);
}

// Resolves when there is nothing left to load.
async function loadedToEnd() {
  const isLoaded = () => video.buffered.length && video.buffered.end(video.buffered.length - 1) > video.duration - 0.1;
  const loaded = new Promise((resolve) => {
    const timer = setInterval(() => isLoaded() && (clearInterval(timer), resolve()), 50);
  });
  await within(10, "last segment", loaded);
}

// The number that the blocks of the shown picture spell (`tests/player/clips.py`).
function shownFrame() {
  const [canvas, blocks] = [document.createElement("canvas"), 8];
  [canvas.width, canvas.height] = [video.videoWidth, video.videoHeight];
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  pen.drawImage(video, 0, 0);
  let number = 0;
  for (let block = 0; block < blocks; block++) {
    const [red] = pen.getImageData(((block + 0.5) * canvas.width) / blocks, canvas.height / 4, 1, 1).data;
    number = number * 2 + (red > 127 ? 1 : 0);
  }
  return number;
}

function report() {
  const quality = video.getVideoPlaybackQuality();
  return {
    happened: [...happened],
    troubles: [...troubles],
    duration: video.duration,
    currentTime: video.currentTime,
    paused: video.paused,
    buffered: Array.from({ length: video.buffered.length }, (_, place) => [video.buffered.start(place), video.buffered.end(place)]),
    frames: quality.totalVideoFrames,
    dropped: quality.droppedVideoFrames,
    corrupted: quality.corruptedVideoFrames,
    audioBytes: video.webkitAudioDecodedByteCount,
    videoBytes: video.webkitVideoDecodedByteCount,
    size: [video.videoWidth, video.videoHeight],
    audio: audio(),
    texts: texts(),
  };
}
