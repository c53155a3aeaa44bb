// The origin's URLs, relative to the page so that it works below any path, and its two JSON answers.

export const encodeId = (id) => id.split("/").map(encodeURIComponent).join("/");

const absolute = (path) => new URL(path, document.baseURI).href;

export const playlistUrl = (id) => absolute(`v/${encodeId(id)}/playlist.m3u8`);

// The same with tracks apart: one for each language, as players with menus want it.
export const multivariantUrl = (id) => absolute(`v/${encodeId(id)}/master.m3u8`);

// `url` as the facts have it, relative to the archive's or title's own
export const urlBelow = (id, url) => absolute(`v/${encodeId(id)}/${url}`);

// A title has nothing but its tracks apart.
export const playedUrl = ({ id, is_title }) => (is_title ? multivariantUrl : playlistUrl)(id);

// All of it as one file, which a browser saves under the name of the archive.
export const downloadUrl = ({ id, version }) => absolute(`v/${encodeId(id)}/download.mp4?v=${version}`);

export const pageUrl = (id) => absolute(`#${encodeId(id)}`);

// ' is the one character that encodeURIComponent leaves alone and a shell does not
export const curlLine = (info) => `curl -sS '${playedUrl(info).replaceAll("'", "%27")}'`;

export function idInHash() {
  try {
    return decodeURIComponent(location.hash.slice(1));
  } catch {
    return "";
  }
}

// An answer that is not 200. `message` is the origin's own words where it gave any.
export class Refused extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

async function json(url, options) {
  let response;
  try {
    response = await fetch(url, options);
  } catch (cause) {
    if (cause.name === "AbortError") throw cause;
    throw new Refused(0, "The server does not answer. Is it still running?");
  }
  if (!response.ok) {
    const plain = response.headers.get("Content-Type")?.startsWith("text/plain");
    throw new Refused(response.status, (plain && (await response.text()).trim()) || `The server answered ${response.status}.`);
  }
  return response.json();
}

const CUE = /^(?:(\d+):)?(\d\d):(\d\d\.\d{3}) -->.*\n(.*)#xywh=(\d+),(\d+),(\d+),(\d+)$/gm;

// The tiles of a storyboard (WebVTT) in order of time: where each is on which sheet.
export async function storyboardTiles(place) {
  const response = await fetch(place);
  if (!response.ok) return [];
  return Array.from((await response.text()).matchAll(CUE), ([, hours = 0, minutes, seconds, url, ...box]) => {
    const [x, y, width, height] = box.map(Number);
    return { start_s: hours * 3600 + minutes * 60 + +seconds, url: new URL(url, place).href, x, y, width, height };
  });
}

export async function archiveInfo(id) {
  return { id, ...(await json(`v/${encodeId(id)}/info.json`, { cache: "no-cache" })) };
}

export function archiveList(query, cursor, signal) {
  const parameters = new URLSearchParams();
  if (query) parameters.set("q", query);
  if (cursor) parameters.set("cursor", cursor);
  return json(`api/archives?${parameters}`, { cache: "no-cache", signal });
}
