// The tracks of an archive or a title, and which of them are played.

export const ofKind = ({ tracks }, kind) => tracks.filter((track) => track.kind === kind);

const played = (info, kind) => ofKind(info, kind).filter(({ in_playlist }) => in_playlist);

// The one of a kind that is played before anything is chosen, if there is any: a playlist may have several, as
// those of titles do, and a player takes the first that it can decode.
export function firstPlayed(info, kind, decodes) {
  const tracks = played(info, kind);
  return tracks.find(decodes) ?? tracks[0];
}

// The players that can be expected to play one track of each kind.
export function playersOf(info) {
  const kinds = ["video", "audio"].map((kind) => played(info, kind)).filter((tracks) => tracks.length);
  const [some, others] = kinds.map((tracks) => [...new Set(tracks.flatMap(({ expected_players }) => expected_players))]);
  return others ? some.filter((player) => others.includes(player)) : some;
}
