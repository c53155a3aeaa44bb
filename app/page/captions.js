// Subtitles in the player's own menu: one <track> for each text, whole, whichever way the archive is played.

import { language } from "./format.js";
import { urlBelow } from "./origin.js";

export function offerCaptions(video, info) {
  video.replaceChildren(...info.texts.map((text) => {
    const track = document.createElement("track");
    track.kind = text.hearing_impaired ? "captions" : "subtitles";
    track.src = urlBelow(info.id, text.url);
    track.srclang = text.language === "und" ? "" : text.language;
    track.label = captionWords(text);
    return track;
  }));
}

export function captionWords(text) {
  const named = text.title || language(text.language) || text.file || "Subtitles";
  const marks = [text.forced && "forced", text.hearing_impaired && "SDH"].filter(Boolean);
  return named + (marks.length ? ` (${marks.join(", ")})` : "");
}

// Off, then each text in turn.
export function changeCaptions(video) {
  const tracks = Array.from(video.textTracks).filter(({ kind }) => kind === "subtitles" || kind === "captions");
  const shown = tracks.findIndex(({ mode }) => mode === "showing");
  tracks.forEach((track, place) => (track.mode = place === shown + 1 ? "showing" : "disabled"));
}
