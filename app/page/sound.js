// Which sound is heard, where an archive has several: a menu, since browsers' own players have none for it.

import { channels } from "./format.js";
import { firstPlayed, ofKind } from "./tracks.js";

// `choose(name)` is called with the name of the track that was chosen, of those that `decodes(track)` holds for.
export function offerSounds(row, info, decodes, choose) {
  const sounds = ofKind(info, "audio");
  const menu = row.querySelector("select");
  row.hidden = sounds.length < 2;
  menu.replaceChildren(...sounds.map((sound) => {
    const option = new Option(soundWords(sound, sounds), sound.name);
    option.disabled = !decodes(sound);
    return option;
  }));
  menu.value = firstPlayed(info, "audio", decodes)?.name ?? "";
  menu.onchange = () => choose(menu.value);
}

// What tells it from the others: its label, and codec or channels where that does not.
function soundWords(sound, sounds) {
  const alike = sounds.filter((other) => other.label === sound.label);
  const words = [sound.label];
  if (alike.length > 1) words.push(sound.codec_name, channels(sound.channels));
  const same = alike.filter((other) => other.codec_name === sound.codec_name && other.channels === sound.channels);
  if (same.length > 1) words.push(`${same.indexOf(sound) + 1}`);
  return words.join(" · ");
}

// In the browser's own player, where it tells of sounds: the one of that language or, of several, the one in that
// place. It lists what is there in several codecs once, so places alone may be those of other languages. Until
// `signal` is aborted: the list is that of the <video>, whatever it plays.
export function chooseNativeSound(video, { language, place }, signal) {
  const enable = () => {
    const listed = Array.from(video.audioTracks);
    const spoken = listed.filter((track) => track.language === language);
    const wanted = spoken.length === 1 ? spoken[0] : listed[place];
    if (wanted) listed.forEach((track) => (track.enabled = track === wanted));
  };
  video.audioTracks.addEventListener("addtrack", enable, { signal });
  enable();
}

// In hls.js, of whatever group: a track's playlist is below its name, which begins with .. where a title's list has
// named the archive. Before it plays, hls.js takes what is chosen for a wish, and a variant for other reasons; so
// variants of other groups go.
export function chooseSound(Hls, hls, name) {
  const choose = () => {
    const { pathname } = new URL(`${name}/playlist.m3u8`, hls.url);
    const wanted = hls.allAudioTracks.find(({ url }) => new URL(url).pathname === pathname);
    if (!wanted) return;
    const others = hls.levels.filter(({ audioGroups }) => !audioGroups.includes(wanted.groupId));
    for (const level of others) hls.removeLevel(hls.levels.indexOf(level));
    hls.setAudioOption(wanted);
  };
  hls.once(Hls.Events.MANIFEST_PARSED, choose);
}
