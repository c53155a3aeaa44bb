// Numbers and names as people read them. Pure functions; the units of the arguments are in their names.

const CHANNELS = { 1: "mono", 2: "stereo", 6: "5.1", 8: "7.1" };

// 9.5 is 0:09, 3725 is 1:02:05
export function clock(time_s) {
  const whole = Math.max(0, Math.floor(time_s));
  const parts = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  if (!parts[0]) parts.shift();
  return parts.map((part, place) => (place ? String(part).padStart(2, "0") : part)).join(":");
}

export const bitrate = (rate_bps) => scaled(rate_bps, ["b/s", "kb/s", "Mb/s", "Gb/s"]);

export const bytes = (length_bytes) => scaled(length_bytes, ["bytes", "kB", "MB", "GB", "TB"]);

export const frameRate = (frames_a_second) => `${+frames_a_second.toFixed(3)} fps`;

export const channels = (count) => CHANNELS[count] ?? `${count} channels`;

// An id is a path: its last part names the archive, what is before it is the folder.
export function nameOf(id) {
  return id.slice(id.lastIndexOf("/") + 1);
}

export function folderOf(id) {
  return id.slice(0, Math.max(0, id.lastIndexOf("/"))).replaceAll("/", " / ");
}

function scaled(amount, units) {
  let place = 0;
  while (amount >= 999.5 && place < units.length - 1) {
    amount /= 1000;
    place += 1;
  }
  return `${place ? +amount.toPrecision(3) : Math.round(amount)} ${units[place]}`;
}
