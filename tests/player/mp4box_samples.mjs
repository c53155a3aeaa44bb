// What mp4box.js reads in an HLS stream: `node mp4box_samples.mjs PLAYLIST_URL` prints tracks and samples as JSON.
//
// The samples are put together here from the boxes that it parsed. Its own sample list honours the
// data_offset of a fragment's first trun alone, and places the samples of all others behind that.

import { createHash } from "node:crypto";

import { createFile } from "mp4box";

const NON_SYNC = 0x10000; // sample_is_non_sync_sample

const troubles = [];
console.warn = console.error = (...words) => troubles.push(words.join(" "));

const playlistUrl = process.argv[2];
const playlist = await (await fetch(playlistUrl)).text();
const [, init] = playlist.match(/#EXT-X-MAP:URI="([^"]+)"/);
const names = [init, ...playlist.split("\n").filter((line) => line && !line.startsWith("#"))];

const file = createFile();
file.onError = (module, message) => troubles.push(`${module}: ${message}`);
const parts = [];
let length = 0;
for (const name of names) {
  const buffer = await (await fetch(new URL(name, playlistUrl))).arrayBuffer();
  buffer.fileStart = length;
  length += buffer.byteLength;
  parts.push(new Uint8Array(buffer));
  file.appendBuffer(buffer);
}
file.flush();
const stream = Buffer.concat(parts);

const tracks = new Map();
for (const { id, codec, timescale, nb_samples } of file.getInfo().tracks) {
  const begins_at = file.getTrackById(id).edts?.elst.entries[0].media_time ?? 0; // as its edit list says
  tracks.set(id, { codec, timescale, begins_at, samples: [], listed: nb_samples });
}
for (const moof of file.moofs) {
  for (const { tfhd, tfdt, truns } of moof.trafs) {
    let dts = tfdt.baseMediaDecodeTime;
    for (const trun of truns) {
      let offset = moof.start + trun.data_offset;
      for (let row = 0; row < trun.sample_count; row++) {
        const size = trun.sample_size[row] ?? tfhd.default_sample_size;
        const flags = trun.sample_flags[row] ?? tfhd.default_sample_flags;
        const md5 = createHash("md5").update(stream.subarray(offset, offset + size)).digest("hex");
        const cts = dts + (trun.sample_composition_time_offset[row] ?? 0);
        tracks.get(tfhd.track_id).samples.push({ dts, cts, size, is_sync: !(flags & NON_SYNC), md5 });
        offset += size;
        dts += trun.sample_duration[row] ?? tfhd.default_sample_duration;
      }
    }
  }
}
console.log(JSON.stringify({ tracks: [...tracks.values()], troubles }));
