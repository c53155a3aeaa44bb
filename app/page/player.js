// The page: which archive the address names, and what to show for it. Everything else is in a module of its own.

import { changeCaptions, offerCaptions } from "./captions.js";
import { bitrateSummary, showChapters, showFacts, summary } from "./facts.js";
import { nameOf } from "./format.js";
import { listenToKeys } from "./keys.js";
import { Library } from "./library.js";
import { archiveInfo, curlLine, downloadUrl, encodeId, idInHash, multivariantUrl, pageUrl, playedUrl, Refused } from "./origin.js";
import { codecTrouble, decodes, diagnose, load, placeOf, unload } from "./playback.js";
import { Plot } from "./plot.js";
import { SeekBar } from "./seekbar.js";
import { offerSounds } from "./sound.js";
import { firstPlayed, ofKind } from "./tracks.js";

const HOW_TO_INDEX = "Index an archive, with the folders of this server, and it appears here by itself:";
const COMMAND = "vodsplice-index --media-dir MEDIA_DIR --index-dir INDEX_DIR MEDIA_DIR/film.mp4";

const COPIED_MS = 1500;
const BEFORE_END_S = 1; // of an archive that is shorter than it was

const by = (id) => document.getElementById(id);
const video = by("video");
const plot = new Plot(by("plot"), by("readout"), seek);
const seekBar = new SeekBar(by("seek-bar"), video);
const library = new Library(listChanged);

let current = null; // the info of the archive that is shown
let wanted = null; // the id in the address, while its info is on its way too
let chosen = ""; // the id that was clicked: a browser lets that play at once
let listed = null; // { ids, refusal } of the first page
let nextFrame = 0;

function seek(time_s) {
  video.currentTime = time_s;
}

async function route({ again = false } = {}) {
  const id = idInHash();
  if (id === wanted && !again) return;
  wanted = id;
  library.mark(id);
  if (!id) return listed && greet();
  document.body.dataset.view = "stage";
  try {
    const info = await archiveInfo(id);
    const { from_s } = again ? placeOf(video) : { from_s: 0 };
    if (id === wanted) show(info, { from_s, isPlaying: again || id === chosen });
  } catch (refusal) {
    if (!(refusal instanceof Refused)) throw refusal;
    if (id !== wanted) return;
    unload();
    current = null;
    say("This archive does not play", refusal.message);
  }
}

function show(info, place) {
  current = info;
  const title = info.title || nameOf(info.id);
  document.title = `${title} – vodsplice`;
  by("title").textContent = title;
  by("summary").textContent = summary(info);
  by("playlist-url").value = playedUrl(info);
  by("multivariant-url").value = multivariantUrl(info.id);
  by("curl-line").value = curlLine(info);
  Object.assign(by("download"), { hidden: info.is_title, href: downloadUrl(info), download: `${nameOf(info.id)}.mp4` });
  by("page-url").value = pageUrl(info.id);
  seekBar.show(info);
  offerCaptions(video, info);
  offerSounds(by("sounds"), info, isDecoded, (name) => start(info, placeOf(video), name));
  plot.show(info.segments, bitrateSummary(info));
  showFacts(by("facts"), info);
  showChapters(by("chapters"), info.chapters, seek);
  showScreen(info);
  by("welcome").hidden = true;
  by("archive").hidden = false;
  document.body.dataset.view = "stage";
  start(info, place);
}

function showScreen(info) {
  const [picture] = ofKind(info, "video");
  by("screen").classList.toggle("sound-only", !picture);
  by("screen").style.setProperty("--ratio", picture ? picture.width / picture.height : "");
}

const isDecoded = (track) => decodes(video, track);

// `chosen` is the name of a sound, or none.
function start(info, { from_s, isPlaying }, chosen = "") {
  const sounds = ofKind(info, "audio");
  const heard = sounds.find(({ name }) => name === chosen) ?? firstPlayed(info, "audio", isDecoded);
  const lost = [firstPlayed(info, "video", isDecoded), heard].filter((track) => track && !isDecoded(track));
  trouble(lost.length ? { text: codecTrouble(lost), remedy: "" } : null);
  // The version that the facts are of: a cache may still hold the playlist of another.
  const url = chosen ? multivariantUrl(info.id) : playedUrl(info);
  const fail = async (error, signal) => {
    const found = await diagnose(info, lost, error);
    if (!signal.aborted) trouble(found);
  };
  const tracks = info.is_title ? info.tracks.filter(isDecoded) : [];
  const sound = heard && { ...heard, place: sounds.indexOf(heard) };
  const place = { from_s: Math.max(0, Math.min(from_s, info.duration_s - BEFORE_END_S)), isPlaying };
  load(video, `${url}?v=${info.version}`, fail, { sound, isChosen: chosen !== "", tracks, ...place });
}

function trouble(found) {
  by("trouble").hidden = !found;
  const [words, button] = by("trouble").children;
  words.textContent = found?.text ?? "";
  button.textContent = found?.remedy ?? "";
  button.hidden = !found?.remedy;
}

// Nothing is chosen: says what can be. A lone archive is not a choice.
function greet() {
  unload();
  current = null;
  document.title = "vodsplice";
  const { ids, refusal } = listed;
  if (refusal && !ids.length) return say("The list did not load", refusal.message);
  if (!ids.length) return say("Nothing to play yet", HOW_TO_INDEX, COMMAND);
  if (ids.length === 1) {
    history.replaceState(null, "", `#${encodeId(ids[0])}`);
    return route();
  }
  say("Choose an archive", "Its facts, its bitrate and its links are shown here.");
  document.body.dataset.view = "library";
}

function say(heading, words, command = "") {
  const [title, text, code] = by("welcome").children;
  [title.textContent, text.textContent, code.textContent] = [heading, words, command];
  code.hidden = !command;
  by("archive").hidden = true;
  by("welcome").hidden = false;
  document.body.dataset.view = "stage";
}

function listChanged(ids, refusal) {
  listed = { ids: ids ?? listed?.ids ?? [], refusal };
  document.body.dataset.archives = listed.ids.length < 2 ? "few" : "many";
  if (!idInHash()) greet();
}

function copy(button) {
  const field = button.parentElement.querySelector("input");
  field.select();
  // Outside HTTPS and localhost there is no navigator.clipboard, and elsewhere it may be forbidden.
  const written = navigator.clipboard?.writeText(field.value) ?? Promise.reject(new Error("no clipboard"));
  written.catch(() => document.execCommand("copy")).then(() => {
    button.textContent = "Copied";
    by("copied").textContent = `Copied: ${field.value}`;
    setTimeout(() => (button.textContent = "Copy"), COPIED_MS);
  });
}

function followPlayhead() {
  plot.playAt(video.currentTime);
  cancelAnimationFrame(nextFrame);
  if (!video.paused && !video.ended) nextFrame = requestAnimationFrame(followPlayhead);
}

for (const event of ["play", "seeking", "timeupdate"]) video.addEventListener(event, followPlayhead);
for (const button of document.querySelectorAll(".copy button")) button.addEventListener("click", () => copy(button));
by("trouble").lastElementChild.addEventListener("click", () => route({ again: true }));
by("archives").addEventListener("click", ({ target }) => (chosen = target.closest("a")?.dataset.id));
by("help").addEventListener("click", () => by("shortcuts").showModal());
by("skip").addEventListener("click", () => by("stage").focus());
addEventListener("hashchange", () => route());
listenToKeys(video, {
  isPlaying: () => current !== null,
  frameRate: () => ofKind(current, "video")[0]?.frame_rate || 25,
  captions: () => changeCaptions(video),
  seekSegment: (step) => seek(plot.neighbour_s(step)),
  search: () => library.focusSearch(),
  back: () => (listed.ids.length > 1 ? (location.hash = "") : undefined),
  help: () => by("shortcuts").showModal(),
});
library.refresh();
route();
