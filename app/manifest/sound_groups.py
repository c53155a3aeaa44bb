"""Groups of sounds for the multivariant playlist, each of one codec and channel count.

RFC 8216bis §4.4.6.1.1 (RFC 8216 §4.3.4.1.1) has two MUSTs: groups have the same members, each alike but for
its coding; and a variant's CODECS name every codec in its group. Groups of one kind of codec keep both: what
one lacks another lends, of other channels or another profile. Groups of several kinds keep the second, and of
the first that what they share is alike; they may lack what is there in another kind alone. To lend it to them
would cost them players: hls.js and Chromium pass over a variant of which they lack one codec, so that beside
a dub in AC-3 not even AAC would play; and Shaka takes all of a group for one kind, AAC where that is in it.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence

from app.idx.header import TrackFacts
from app.manifest.presentation import Rendition
from app.manifest.sense import Sense, by_sense, first_of_each, sense_of_sound

Members = dict[Sense, Rendition]
Groups = dict[str, Members]
"""By GROUP-ID; members of one sense are one choice."""


def sound_groups(audios: Sequence[Rendition]) -> Groups:
    """Codecs, channel counts and members in the order of `audios`."""
    by_kind: dict[Hashable, dict[str, list[Rendition]]] = {}
    for each in audios:
        groups = by_kind.setdefault(_kind(each.facts), {})
        groups.setdefault(_group_id(each.facts), []).append(each)
    return dict(pair for groups in by_kind.values() for pair in _completed(groups))


def _kind(facts: TrackFacts) -> Hashable:
    """Of codec, or of those that it has by turns: as AAC-LC and HE-AAC, mp4a.40.2 and mp4a.40.5, which the
    same players play; mp4a.40.42 is another.
    """
    return tuple(tuple(codec.split(".")[:2]) for codec in facts.codecs), facts.expected_players


def _group_id(facts: TrackFacts) -> str:
    """As "mp4a.40.2-6ch" and "ec-3-16ch-JOC". Two kinds never share one: a codec's name says who plays it."""
    count, *kinds = facts.hls_channels.split("/")
    return "-".join((*facts.codecs, f"{count}ch", *kinds))


def _completed(groups: Mapping[str, Sequence[Rendition]]) -> Iterator[tuple[str, Members]]:
    """Groups of one kind of codec, each with what it lacks and another has. One that has no member of its own
    that way is left out: players would list those of both, each twice.
    """
    own = {group: by_sense(sounds, _sense) for group, sounds in groups.items()}
    all_members = first_of_each(own.values())
    listed = set()
    for group, members in own.items():
        completed = {sense: members.get(sense, each) for sense, each in all_members.items()}
        folders = tuple(each.folder for each in completed.values())
        if folders not in listed:
            listed.add(folders)
            yield group, completed


def _sense(sound: Rendition) -> Hashable:
    return sense_of_sound(sound.facts)
