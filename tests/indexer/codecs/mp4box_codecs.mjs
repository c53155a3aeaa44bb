// Prints the codecs string that mp4box.js finds in each file named on the command line, a line a file.
import { readFileSync } from "node:fs";
import { createFile, Log } from "../../player/node_modules/mp4box/dist/mp4box.all.mjs";

Log.setLogLevel(Log.LOG_LEVEL_NONE ?? 0);
for (const name of process.argv.slice(2)) {
  const file = createFile();
  let found = "nothing";
  file.onReady = (movie) => { found = movie.tracks.map((track) => track.codec).join(","); };
  file.onError = (module, message) => { found = `${module}: ${message}`; };
  const bytes = readFileSync(name);
  const buffer = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length);
  buffer.fileStart = 0;
  file.appendBuffer(buffer, true);
  file.flush();
  console.log(found);
}
