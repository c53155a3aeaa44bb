// One page, four players: `start(player, url)` plays, `report()` says what has happened since.
//
// It lies on another origin than the media, as players do, so what plays here has passed CORS.

const video = document.getElementById("video");
const happened = [];
const troubles = [];
const shownAt = new Set();
let audio = () => [];
let texts = () => [];
let showText = (place) => Array.from(video.textTracks).forEach((track, each) => (track.mode = each === place ? "showing" : "disabled"));
let chooseText = (place) => showText(place);
let session = [];
let chapters = () => [];
let chooseAudio = () => {};
let chooseHeight = () => {};
let bufferingGoal_s = 10;
let startAt_s = null; // where Shaka begins; null: where it likes
let trickPlay;
let scrubber;

for (const name of ["loadedmetadata", "playing", "waiting", "stalled", "seeking", "seeked", "ended"]) {
  video.addEventListener(name, () => happened.push(name));
}
const noteShown = (_, { mediaTime }) => {
  shownAt.add(Math.round(mediaTime * 100));
  video.requestVideoFrameCallback(noteShown);
};
video.requestVideoFrameCallback(noteShown);
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
    const hls = new Hls({ maxBufferLength: bufferingGoal_s, maxMaxBufferLength: bufferingGoal_s });
    // Everything counts, recovered or not: an origin should give a player nothing to recover from. But hls.js
    // itself aborts what it loads of a text when another is chosen, and takes a busy machine's pause for a stall.
    const isOwn = ({ details }) => details === Hls.ErrorDetails.INTERNAL_ABORTED;
    const isTheMachine = ({ details, bufferInfo }) => details === Hls.ErrorDetails.BUFFER_STALLED_ERROR
      && (bufferInfo.len > 1 || bufferInfo.end > video.duration - 0.1);
    hls.on(Hls.Events.ERROR, (_, data) => {
      if (!isOwn(data) && !isTheMachine(data)) troubles.push(`hls.js ${data.details} ${data.error?.message ?? ""}`);
    });
    audio = () => hls.audioTracks.map(({ lang, name }) => ({ lang, name }));
    texts = () => hls.subtitleTracks.map(({ lang, name, forced }) => ({ lang, name, forced }));
    showText = (place) => [hls.subtitleTrack, hls.subtitleDisplay] = [place, true];
    hls.on(Hls.Events.MANIFEST_LOADED, (_, { sessionData }) => {
      session = Object.values(sessionData ?? {}).map(({ "DATA-ID": id, VALUE, URI }) => ({ id, value: VALUE ?? URI }));
    });
    chapters = () => Object.values(hls.levels[hls.currentLevel].details.dateRanges).map((range) => (
      [range.startTime, range.duration, range.attr["X-VODSPLICE-TITLE"]]
    ));
    chooseAudio = (wanted) => { hls.audioTrack = hls.audioTracks.findIndex(({ lang }) => lang === wanted); };
    chooseHeight = (wanted) => { hls.nextLoadLevel = hls.levels.findIndex(({ height }) => height === wanted); };
    scrubber = async (scrubbed) => {
      const iframes = hls.createIFramePlayer();
      iframes.on(Hls.Events.ERROR, (_, data) => troubles.push(`hls.js I-frames ${data.details}`));
      const happened = (event) => new Promise((resolve) => iframes.once(event, resolve));
      const isReady = Promise.all([happened(Hls.Events.LEVEL_LOADED), happened(Hls.Events.MEDIA_ATTACHED)]);
      iframes.attachMedia(scrubbed);
      iframes.startLoad();
      await soon("playlist of I-frames", isReady); // what is asked for before is forgotten
      return (time_s) => iframes.loadMediaAt(time_s, { seekOnAppend: true });
    };
    hls.loadSource(url);
    hls.attachMedia(video);
  },
  async shaka(url) {
    await script("node_modules/shaka-player/dist/shaka-player.compiled.js");
    shaka.polyfill.installAll();
    const player = new shaka.Player();
    player.configure("streaming.preferNativeHls", false);
    // Shaka 5.2.12 shows no text that is chosen for the first time when all pictures are loaded, whoever serves it.
    player.configure("preferredText", [{ language: "en" }]);
    player.addEventListener("error", ({ detail }) => troubles.push(`shaka ${detail.code} ${detail.data}`));
    player.configure("streaming.bufferingGoal", bufferingGoal_s);
    await player.attach(video);
    audio = () => player.getAudioTracks().map(({ language, label }) => ({ lang: language, name: label }));
    texts = () => player.getTextTracks().map(({ language, label, forced }) => ({ lang: language, name: label, forced }));
    showText = (place) => player.selectTextTrack(player.getTextTracks()[place]);
    chooseAudio = (wanted) => {
      player.selectAudioTrack(player.getAudioTracks().find(({ language }) => language === wanted));
    };
    chooseHeight = (wanted) => {
      player.configure("abr.enabled", false);
      const [playing] = player.getVariantTracks().filter(({ active }) => active);
      const isWanted = ({ height, language }) => height === wanted && language === playing.language;
      player.selectVariantTrack(player.getVariantTracks().find(isWanted));
    };
    trickPlay = (rate) => player.trickPlay(rate, true);
    await player.load(url, startAt_s);
  },
  async "dash.js"(url) {
    await script("node_modules/dashjs/dist/modern/umd/dash.all.min.js");
    const player = dashjs.MediaPlayer().create();
    player.on("error", ({ error }) => troubles.push(`dash.js ${error.code} ${error.message}`));
    audio = () => player.getTracksFor("audio").map(({ lang }) => ({ lang, name: "" }));
    texts = () => player.getTracksFor("text").map(({ lang }) => ({ lang, name: "" }));
    // dash.js 5.2.1 drops a text that comes after a seek it was chosen before, and may forget a choice made while
    // it has nothing to do; then people click again.
    showText = (place) => soon("text", new Promise((resolve) => {
      const choose = () => [-1, place].forEach((each) => player.setTextTrack(each));
      const again = setInterval(choose, 4000);
      player.on("bufferingCompleted", ({ mediaType }) => mediaType === "text" && resolve(clearInterval(again)));
      choose();
    }));
    chooseText = (place) => player.setTextTrack(place); // what is in segments it loads on the way
    chooseAudio = (wanted) => player.setCurrentTrack(player.getTracksFor("audio").find(({ lang }) => lang === wanted));
    const buffer = { bufferTimeDefault: bufferingGoal_s, bufferTimeAtTopQuality: bufferingGoal_s, fastSwitchEnabled: false };
    player.updateSettings({ streaming: { buffer } });
    chooseHeight = (wanted) => {
      player.updateSettings({ streaming: { abr: { autoSwitchBitrate: { video: false } } } });
      const [{ id }] = player.getRepresentationsByType("video").filter(({ height }) => height === wanted);
      player.setRepresentationForTypeById("video", id);
    };
    player.initialize(video, url, false);
    player.attachTTMLRenderingDiv(document.getElementById("ttml"));
  },
};

const metadata = () => new Promise((resolve) => {
  if (video.readyState >= HTMLMediaElement.HAVE_METADATA) resolve();
  else video.addEventListener("loadedmetadata", () => resolve(), { once: true });
});

// A player that waits for ever fails the test that waits for it, with all it said until then.
const PATIENCE_S = 60;
const soon = (what, promise) => Promise.race([promise, new Promise((_, reject) => {
  setTimeout(() => reject(new Error(`no ${what} within ${PATIENCE_S} s: ${JSON.stringify(report())}`)), PATIENCE_S * 1000);
})]);

// Resolves when there is something to play; what fails is in `report().troubles`.
async function start(player, url) {
  try {
    await soon("metadata", Promise.all([metadata(), players[player](url)]));
  } catch (error) {
    troubles.push(`${player}: ${error.message ?? error.code}`);
  }
}

const until = (holds) => new Promise((resolve) => {
  const timer = setInterval(() => holds() && (clearInterval(timer), resolve()), 50);
});

const after = (delay_ms) => new Promise((resolve) => setTimeout(resolve, delay_ms));

const once = (name) => new Promise((resolve) => video.addEventListener(name, () => resolve(), { once: true }));

async function playToEnd(rate = 1) {
  video.playbackRate = rate;
  await soon("start", video.play());
  await end();
}

async function play(rate = 1) {
  video.playbackRate = rate;
  await soon("start", Promise.all([once("playing"), video.play()]));
}

// dash.js may pause at the end before the browser can say that it has ended, and then it never does.
const isAtEnd = () => video.ended || (video.paused && video.currentTime >= video.duration);
const end = () => soon("end", until(isAtEnd));

const shownHeight = (height) => soon(`picture ${height} high`, until(() => video.videoHeight === height));

// Plays until so much has been played.
async function advance(by_s) {
  const begun_s = video.currentTime;
  await soon("start", video.play());
  await soon(`${by_s} s of playback`, until(() => video.currentTime - begun_s >= by_s || video.ended));
}

// Shaka, told to seek before it has one, waits for ever once in a while.
const firstPicture = () => soon("first picture", until(() => video.readyState >= 2));

async function seek(time_s) {
  const seeked = once("seeked");
  video.currentTime = time_s;
  await soon("picture after the seek", seeked);
}

// Resolves when the picture of one of these numbers is shown.
const showsFrame = (...numbers) => soon(`picture ${numbers}`, until(() => numbers.includes(shownFrame())));

// Resolves when what is shown is no further from the time that is played than three pictures.
const isInTime = (fps) => soon("picture in time", until(() => Math.abs(shownFrame() - video.currentTime * fps) <= 3));

// Shows the I-frame of each time in turn in a picture of its own, as beside a seek bar: those of the `wanted` numbers.
async function scrub(times_s, wanted) {
  const scrubbed = document.body.appendChild(document.createElement("video"));
  const goTo = await scrubber(scrubbed);
  for (const [place, time_s] of times_s.entries()) {
    goTo(time_s);
    const isAt = () => Math.abs(scrubbed.currentTime - time_s) < 0.1;
    const isThere = () => isAt() && scrubbed.readyState >= 2 && !scrubbed.seeking;
    const isShown = () => isThere() && shownFrame(scrubbed) === wanted[place];
    await soon(`frame ${wanted[place]} at ${time_s} s`, until(isShown)); // drawn a moment after it is there
  }
}

// Plays so many times as fast by I-frames, to the end; resolves to the numbers of the frames that were shown.
async function playByIFrames(rate) {
  const shown = new Set();
  const note = () => {
    shown.add(shownFrame());
    video.requestVideoFrameCallback(note);
  };
  await video.play();
  trickPlay(rate);
  video.requestVideoFrameCallback(note);
  await soon("end", once("ended"));
  return [...shown];
}

// Resolves when there is nothing left to load.
async function loadedToEnd() {
  const isLoaded = () => video.buffered.length && video.buffered.end(video.buffered.length - 1) > video.duration - 0.1;
  await soon("last segment", until(isLoaded));
}

const showing = () => Array.from(video.textTracks).filter(({ mode }) => mode === "showing");

const words = (cues) => Array.from(cues ?? [], ({ startTime, endTime, text }) => [startTime, endTime, text]);

// What is on the screen now, and all that the player knows of the text it shows: [start, end, text] each.
const shownCues = () => showing().flatMap(({ activeCues }) => words(activeCues)).map(([, , text]) => text).sort();
const knownCues = () => showing().flatMap(({ cues }) => words(cues));

// The same of TTML, which dash.js draws beside the picture. It takes its time: what it began to draw before a seek may
// come after it, and stays while nothing plays. So where the words are not shown, that place is gone to again, by one
// with words, which are there before they are to go.
const shownTtml = () => document.getElementById("ttml").innerText.trim();
async function showsTtml(wanted) {
  const time_s = video.currentTime;
  const isShown = () => !video.seeking && video.currentTime === time_s && shownTtml() === wanted;
  for (let tries = 0; tries < 5; tries++) {
    if (await Promise.race([until(isShown).then(() => true), after(5000)])) return;
    for (const away_s of [0, time_s - 1, time_s]) await seek(away_s).then(() => after(500));
  }
  throw new Error(`no TTML ${wanted} but ${shownTtml()}: ${JSON.stringify(report())}`);
}

// Resolves when the texts on the screen are `wanted`.
async function showsCues(wanted) {
  await soon(`cues ${wanted}`, until(() => `${shownCues()}` === `${wanted}`));
}

// The number that the blocks of the shown picture spell (`tests/player/clips.py`).
function shownFrame(shown = video) {
  const [canvas, blocks] = [document.createElement("canvas"), 8];
  [canvas.width, canvas.height] = [shown.videoWidth, shown.videoHeight];
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  pen.drawImage(shown, 0, 0);
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
    shownAt: [...shownAt], // hundredths of a second, of each picture
    frames: quality.totalVideoFrames,
    dropped: quality.droppedVideoFrames,
    corrupted: quality.corruptedVideoFrames,
    audioBytes: video.webkitAudioDecodedByteCount,
    videoBytes: video.webkitVideoDecodedByteCount,
    size: [video.videoWidth, video.videoHeight],
    audio: audio(),
    texts: texts(),
    session,
  };
}
