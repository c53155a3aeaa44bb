// What is said of an archive: a line of what matters, then all that is known, then its chapters.

import { bitrate, bytes, channels, clock, frameRate } from "./format.js";
import { ofKind, playersOf } from "./tracks.js";

const dot = (...parts) => parts.filter(Boolean).join("\u00a0· ");

const resolution = ({ width, height }) => `${width} × ${height}`;

const range = ({ video_range }) => (video_range === "SDR" ? "" : video_range);

export function summary(info) {
  const [video] = ofKind(info, "video");
  const [audio] = ofKind(info, "audio");
  return dot(
    video && dot(resolution(video), range(video), video.frame_rate && frameRate(video.frame_rate), video.codec_name),
    audio && dot(audio.codec_name, channels(audio.channels)),
    clock(info.duration_s),
  );
}

export const bitrateSummary = (info) => `average ${bitrate(info.average_bps)} · peak ${bitrate(info.peak_bps)}`;

export function showFacts(list, info) {
  const rows = [
    ...ofKind(info, "video").map((track) => ["Video", dot(track.codec_name, track.codecs.join(", "))]),
    ...ofKind(info, "video").map((track) => ["Picture", dot(resolution(track), track.frame_rate && frameRate(track.frame_rate), range(track))]),
    ...ofKind(info, "audio").map((track) => ["Audio", audioWords(track)]),
    ...info.texts.map((text) => ["Subtitles", dot(text.label, text.codec_name, text.file)]),
    ["Duration", clock(info.duration_s)],
    ["Bitrate", bitrateSummary(info)],
    ["Segments", `${info.segments.bytes.length}`],
    ["Archive", dot(info.file, bytes(info.size_bytes))],
    ["Version", info.version],
    ["Plays in", playersOf(info).join(", ") || "few browsers"],
    ...info.notes.map((note) => ["Note", note]),
  ];
  list.replaceChildren(...rows.map(([term, words]) => group(term, words)));
}

function audioWords(track) {
  const rate = `${+(track.sample_rate_hz / 1000).toFixed(3)} kHz`;
  return dot(track.label, track.codec_name, track.codecs.join(", "), rate, channels(track.channels));
}

function group(term, words) {
  const [row, name, value] = ["div", "dt", "dd"].map((tag) => document.createElement(tag));
  [name.textContent, value.textContent] = [term, words];
  row.append(name, value);
  return row;
}

export function showChapters(section, chapters, seek) {
  section.hidden = !chapters.length;
  section.querySelector("ol").replaceChildren(...chapters.map(({ start_s, title }) => {
    const [item, button, time] = ["li", "button", "time"].map((tag) => document.createElement(tag));
    button.type = "button";
    time.textContent = clock(start_s);
    button.append(time, title);
    button.addEventListener("click", () => seek(start_s));
    item.append(button);
    return item;
  }));
}
