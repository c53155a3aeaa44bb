"""How much of an archive's word is taken before it is refused: every bound of the indexer, with its reason.

Sizes are bytes, `MAX_` bounds are inclusive. Together they keep a file, however hostile, within 2 s of
CPU and 64 MB + 8 times its `moov`. A bound that an honest archive can meet names that archive.
"""

from __future__ import annotations

MAX_MOOV_BYTES = 128 << 20
"""Read at once. A day of 30 fps video and 48 kHz AAC needs about 60 MB; some 70 MB of tables take 1 s."""

MAX_MOOF_BYTES = 16 << 20
"""Read at once; a fragment of a minute needs about 50 KB."""

MAX_TRACKS = 128
"""About 1 ms each when they are as costly as they can be. Discs with every dub and subtitle have some 60."""

MAX_CHILDREN = 1024
"""Boxes in one container, about 1 us each. `moov` holds its tracks, `traf` its runs, `udta` its notes."""

MAX_SAMPLE_ENTRIES_BYTES = 1 << 20
"""Of all tracks: some 0.6 us each where all are parameter sets, and they go into the index. A track has some
300; a colour profile may have 100 KB."""

MAX_TOP_LEVEL_BOXES = 200_000
"""Some 2 us each. A fragment takes two to five."""

MAX_FRAGMENTS = 50_000
"""About 8 us each, without what they hold. At 2 s a fragment: 27 hours; a fragment a frame: 27 minutes."""

MAX_RUNS = 80_000
"""`trun`s of all fragments, about 10 us each. A fragment has one a track, rarely more."""

MAX_FRAGMENT_BOXES = 400_000
"""Boxes within all fragments, about 0.6 us each; four or five a run."""

MAX_EDITS = 1024
"""Entries of one `elst`. Editors write one or two, a long cut list a few hundred."""

MAX_EDITED_SAMPLES = 1 << 20
"""In a track that an edit list cuts, where their times differ, or of which some have no bytes: 24 bytes each.
That is five hours of 60 frames a second."""

MAX_HASHED_KINDS = 1 << 17
"""Of one track: rows of duration, flags and composition offset that are looked for among those before them.
Where every frame lasts a time of its own, an hour and a quarter has so many."""

MAX_REPLAYED_SHARE = 2
"""Samples that the edits of a track may show, over those that it has."""

MAX_HIDDEN_HEAD_BYTES = 64 << 20
"""Of one track, ahead of the start of its only edit. They are in the first segment with what that shows."""

MAX_PCM_PACKETS = 1 << 20
"""Samples of up to 1024 frames that uncompressed sound is put into: six hours at 48 kHz."""

MAX_CHAPTERS = 1000
"""Each chapter of a text track costs a read. Audiobooks have a few hundred."""

MAX_TEXT_SAMPLES = 60_000
"""Samples of all text tracks, some 15 us each. Thirty languages of a film have some 50,000."""

MAX_TEXT_BYTES = 4 << 20
"""Of all text tracks, 0.2 us each where all are styles. Thirty languages of a film have 3 MB."""

MAX_TEXT_SAMPLE_BYTES = 16 << 10
"""A line or two, and its styles."""

MAX_TTML_BYTES = 256 << 10
"""A document of TTML: a film in one has some 200 KB."""

MAX_TTML_SENT_BYTES = 512 << 20
"""Documents of all segments of a track together, in each that they are shown in: 0.3 s to weigh."""

MAX_TEXT_EDITS = 16
"""Each is tried with each sample of a text track."""

MAX_CUES = 50_000
"""Of one track of subtitles. A film has 1,500; typeset ones may have 20,000."""

MAX_CUES_A_SEGMENT = 5_000
"""About 4 us each whenever the segment is asked for. Karaoke set syllable by syllable needs some 1,000."""

MAX_CUE_APPEARANCES = 1_000_000
"""Cues of all segments and texts together: one that spans several segments is in each. 0.2 us each."""

MAX_SUBTITLE_FILES = 64
"""Files of subtitles beside one archive."""

MAX_SUBTITLE_FILES_BYTES = 8 << 20
"""Of all of them, some 2 s. Thirty languages of a film have 3 MB."""

MAX_SUBTITLE_FILE_BYTES = 4 << 20
"""Of one. A film has 100 KB, typeset a megabyte or two without its fonts."""

MAX_TITLE_CHARACTERS = 256
"""Titles go into playlists and pages; what is longer is cut."""

MAX_TITLE_LIST_BYTES = 32 << 10
"""Of a list of renditions: 64 of them, of 500 bytes each."""

MAX_TITLE_LIST_DOTS = 500
"""Of such a list. Dots make keys deep, and to read them costs depth times length of the list: 1 s at most."""

MAX_REFERENCED_SHARE = 1.05
"""Bytes that sample tables may point at, over the bytes of the file. Overlapping chunks would otherwise
let a small file ask for an endless stream; the 5 % leave room for tools that share a frame or two."""

MAX_SEGMENT_BYTES = 256 << 20
"""One response. Six seconds at 300 Mb/s; players hold a few of them in memory."""

MAX_SEGMENTS = 50_000
"""At 6 s: 83 hours. A gap in time can ask for any number."""

MAX_FORMAT_CHANGES = 500
"""Each begins a segment, however short, and short ones cost the square of their number when the peak of bit
rates is looked for. Commercials every minute are 60 an hour."""

MAX_BARE_PARTS = 30_000
SAMPLES_A_PART, PARTS_A_CUE = 4, 8
"""Parts are segments times tracks and the muxed stream, some 40 us each, or times texts, some 20. There may
be so many, and more for samples or cues to put in them. Two hours in segments of 2 s are 3,600 for each
track, of a hundred samples, and for each text, of 1,500 cues in all."""

MAX_TIMELESS_SAMPLES = 1 << 20
"""In a track whose samples all have a duration of 0. Honest ones hold a picture or two."""

MAX_TICKS = 2**63 - 1
"""`tfdt` and `.idx` hold times as 64 bits; signed arithmetic on them must not overflow."""

MAX_DURATION_TICKS = 2**32 - 1
"""Of a sample: `tfhd` and `trun` have 32 bits for it."""

EXPANSION_FLOOR_BYTES = 3 << 20
EXPANSION_PER_TABLE_BYTE = 2
"""Columns that the tables of a movie may grow to: floor + factor * (bytes of moov and moofs). Hours of video
and audio grow to 1.2 times their moov, at some 20 ns a row; the rest of 64 MB and 8 times is for copies made
on the way."""
