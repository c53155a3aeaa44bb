// Subtitles in the player's own menu: one <track> for each text, whole, whichever way the archive is played.

import { urlBelow } from "./origin.js";

export function offerCaptions(video, info) {
  video.replaceChildren(...info.texts.map((text) => {
    const track = document.createElement("track");
    track.kind = text.hearing_impaired ? "captions" : "subtitles";
    track.src = urlBelow(info.id, text.url);
    track.srclang = text.language === "und" ? "" : text.language;
    track.label = text.label;
    return track;
  }));
}

// Off, then each text in turn.
export function changeCaptions(video) {
  const tracks = Array.from(video.textTracks).filter(({ kind }) => kind === "subtitles" || kind === "captions");
  const shown = tracks.findIndex(({ mode }) => mode === "showing");
  tracks.forEach((track, place) => (track.mode = place === shown + 1 ? "showing" : "disabled"));
}
