"""The `.idx` file format, version 1. Reader (`app.idx.view`) and writer (`indexer.write`) import this.

NAME
    .idx - everything the origin needs to know of one archive, to serve it without parsing it

SYNOPSIS
    prologue, header, columns, digest; little-endian throughout; mapped, never unpacked

PROLOGUE, 24 bytes
    offset  size  field
    0       8     magic 89 56 53 49 0D 0A 1A 0A. As PNG's: no text mode, no 7-bit copy survives it
    8       4     format, u32: `FORMAT`. Bumped whenever the bytes served for the same index would change,
                  or its header has other fields
    12      4     length of the header in bytes, u32
    16      8     length of the whole file in bytes, u64

HEADER, at byte 24
    One msgpack map of what is small and read whole; `app.idx.header` gives its fields types and names.
    Its map `columns` places every column: name -> [offset, typecode, count], typecode as in `array`.

COLUMNS
    Each starts on a multiple of 8, in the order of their offsets, zero bytes between. Element widths are
    the narrowest that hold the column's values, so a reader takes the typecode from the header.

    An archive is cut into S segments, numbered from 0; all tracks share the cuts. Column (count):

    segment.time (S+1)       presentation time at which each segment begins, and at which the last one
                             ends, in ticks of the header's `timescale`. EXTINF is a difference of two
    segment.run (S+1)        index of the segment's first run in run.code, and the total
    segment.long_run (S+1)   index of the segment's first entry in run.long_extent, and the total
    segment.offset (S)       byte offset in the archive of the segment's first run
    segment.init (S)         which init segment of a view applies (0 but after a change of codec
                             parameters). Absent where it is 0 throughout

    The samples of a segment lie in the archive as runs: samples of one track back to back. Runs follow
    one another in file order from segment.offset on, those of one track always in decode order; what lies
    between two of them is a hole. Most runs and holes of an archive are of a few kinds, so each is one byte:

    run.code                 index into the two columns below, one byte a run or hole
    run_kind.track (<= 256)  the track, from 0, or 255 for a hole
    run_kind.extent          a byte: how many samples; of a hole, how many bytes. 0: this run's or hole's
                             extent is the next one in run.long_extent
    run.long_extent          extents that are not worth a kind, or do not fit its byte, in file order (of a
                             hole, negative: the next run begins before this one ends, where tracks share
                             bytes or chunks lie in another order than they are decoded)

    Track t of the header's `tracks`, with N samples in decode order:

    track.t.first_sample (S+1)  first sample of each segment, and N
    track.t.decode_time (S)     decode time of that sample in ticks of the track, edits applied: `tfdt`
    track.t.size (N)            sample sizes in bytes. Absent where all are the track's `size_bytes`
    track.t.kind (N)            index into the three columns below. Absent where there is one kind
    track.t.kind_duration       sample_duration, sample_flags and
    track.t.kind_flags          sample_composition_time_offset of each distinct combination of the three,
    track.t.kind_composition    as in a version 1 `trun` (ISO/IEC 14496-12 §8.8.8): the last may be negative
    track.t.sidecar_offset (S+1)  byte offset of that first sample in the sidecar, and the end of the last.
                             Only of tracks that a sidecar holds

    I-frames, F in number, are sync samples of the first track, a video, for trick play (`indexer.iframes`
    has the rule). All three columns are absent where there would be fewer than two:

    iframe.time (F+1)        presentation time of each in ticks of the header's `timescale`, and the end of
                             the presentation. The first may lie before or after segment.time[0]
    iframe.sample (F)        which sample of the track it is
    iframe.offset (F)        its byte offset in the archive
    storyboard.iframe (T)    which of them each tile of the storyboard shows. Absent where there is none

    View v of the header's `views` (what one playlist serves):

    view.v.bytes (S)         length of each segment's response

    Text t of the header's `texts`, with C cues ordered by start. Times are ms from the start of playback,
    which is segment.time[0]:

    text.t.start (C)         when each cue is shown, and
    text.t.end (C)           when it is shown no more
    text.t.offset (C+1)      where each cue begins in text.t.content, and the length of that
    text.t.content           UTF-8: all of a WebVTT cue that follows its times. Its settings, a space before
                             each; a line break; its lines, escaped, none of them empty
                             Of TTML, which has a `codec`: a document, whose times are the archive's
    text.t.first (S+1)       where the cues of each segment begin in text.t.cue, and the length of that
    text.t.cue               numbers of cues: a segment has every cue that is shown while it lasts, so one
                             that spans several segments is in each

SIDECAR, a file of its own
    Beside film.idx there may be film.idx.audio, where the header says so (`sidecar`): the samples of every
    audio track once more, track after track, in decode order, and nothing else. A segment of one of these
    tracks is then one range of it. Where it is missing or not as recorded, the same bytes are gathered from
    the archive.

STORYBOARD, a file of its own
    Beside film.idx there may be film.idx.storyboard, where the header says so (`storyboard`): JPEGs back to
    back, each a sheet of `columns` by at most `rows` pictures, tiles from the top left in order of time.

DIGEST, the last 32 bytes
    BLAKE3-256 of every byte before it. Checked when the file is opened, so a flipped bit anywhere refuses
    the index. Its first 10 hex digits are the archive's version, the `v` of every URL.

SIZES
    2 hours of 30 fps H.264 with B-frames and 48 kHz AAC in ffmpeg's interleave (216,000 and 337,500
    samples in 433,000 chunks): 5 bytes a video sample, 2 an audio sample, 1 a run; 2.26 MB.
    An I-frame takes 12 to 20 bytes: at most some 100 KB an hour.

NOTES
    Opening allocates nothing a sample, and a segment touches its own rows only, so the cost of a request
    does not grow with the archive. The mapping is read in place, so the host must be little-endian.
"""

from __future__ import annotations

import struct
import sys

MAGIC = b"\x89VSI\r\n\x1a\n"
FORMAT = 2
PROLOGUE = struct.Struct("<8sIIQ")
DIGEST_BYTES = 32
VERSION_DIGITS = 10
COLUMN_ALIGNMENT = 8
SUFFIX = ".idx"
SIDECAR_SUFFIX = ".audio"
"""Of a sidecar's name, after the whole name of its index; the next of a storyboard's."""
STORYBOARD_SUFFIX = ".storyboard"
TITLE_MAGIC = b"\x89VST\r\n\x1a\n"
TITLE_SUFFIX = ".title"

ELEMENT_BYTES = {"B": 1, "H": 2, "I": 4, "Q": 8, "b": 1, "h": 2, "i": 4, "q": 8}
"""The typecodes a column may have, and their widths."""

CODES = 256
"""Values of `run.code`: no more kinds than that."""

LONG = 0
"""`run_kind.extent` of what has its extent in `run.long_extent`."""

HOLE = 0xFF
"""`run_kind.track` of a hole; so an archive has at most 255 tracks."""

if sys.byteorder != "little":  # pragma: no cover
    raise ImportError("an .idx is mapped in place, and this host is big-endian")
