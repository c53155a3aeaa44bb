// What mp4box.js reads in an MP4: `node mp4box_file.mjs URL` prints tracks and samples as JSON, by its own sample
// list. The file is fed in the order in which it comes, so its header has to be first.

import { createHash } from "node:crypto";

import { createFile } from "mp4box";

const troubles = [];
console.warn = console.error = (...words) => troubles.push(words.join(" "));

const buffer = await (await fetch(process.argv[2])).arrayBuffer();
const bytes = Buffer.from(buffer);
const file = createFile();
file.onError = (module, message) => troubles.push(`${module}: ${message}`);
buffer.fileStart = 0;
file.appendBuffer(buffer);
file.flush();

const tracks = file.getInfo().tracks.map(({ id, codec, language, timescale, edits, movie_timescale }) => ({
  codec,
  language,
  timescale,
  movie_timescale,
  edits: edits.map(({ segment_duration, media_time }) => [segment_duration, media_time]),
  samples: file.getTrackSamplesInfo(id).map(({ dts, cts, duration, size, is_sync, offset }) => {
    const md5 = createHash("md5").update(bytes.subarray(offset, offset + size)).digest("hex");
    return { dts, cts, duration, size, is_sync, md5 };
  }),
}));
console.log(JSON.stringify({ tracks, troubles, boxes: file.boxes.map(({ type }) => type) }));
