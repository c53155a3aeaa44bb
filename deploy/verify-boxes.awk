# The boxes of an init segment or of a media segment's head: do they tile, and do they agree?
#
#   od -A n -v -t u1 FILE | awk -f verify-boxes.awk -v kind=init
#   head -c HEAD FILE | od -A n -v -t u1 | awk -f verify-boxes.awk -v kind=media -v total=BYTES -v tracks="1 2"
#
# HEAD reaches to the payload of mdat; BYTES is the length of the whole file; offsets are bytes from its start.
# Prints, and exits 1 where any rule is broken:
#   track ID TIMESCALE                        of an init segment
#   samples ID BASE_DECODE_TIME DURATION COUNT   of a media segment, times in ticks
#   broken ...                                a rule that does not hold
# ISO/IEC 14496-12 §4.2 (boxes), §8.8 (movie fragments).

{ for (i = 1; i <= NF; i++) byte[length_read++] = $i }

END {
  if (!total) total = length_read
  split("moov trak mdia minf stbl mvex moof traf", names, " ")
  for (i in names) is_container[names[i]] = 1
  walk(0, total, "")
  if (kind == "init") check_init(); else check_media()
  exit failed
}

function u32(at) { return ((byte[at] * 256 + byte[at + 1]) * 256 + byte[at + 2]) * 256 + byte[at + 3] }
function u64(at) { return u32(at) * 4294967296 + u32(at + 4) }
function i32(at,  word) { word = u32(at); return word < 2147483648 ? word : word - 4294967296 }
function flags(at) { return (byte[at + 9] * 256 + byte[at + 10]) * 256 + byte[at + 11] }
function has(bits, bit) { return int(bits / bit) % 2 }
function type_of(at) { return sprintf("%c%c%c%c", byte[at + 4], byte[at + 5], byte[at + 6], byte[at + 7]) }
function broken(words) { print "broken " words; failed = 1 }

function walk(start, stop, path,  at, size, header, type) {
  for (at = start; at < stop; at += size) {
    size = u32(at)
    type = type_of(at)
    header = 8
    if (size == 1) { size = u64(at + 8); header = 16 }
    if (size < header || at + size > stop) {
      broken("box " path type " at byte " at ": its " size " bytes do not fit into what is left, " stop - at)
      return
    }
    if (path == "") top = top type " "
    visit(type, at, size, header)
    if (type in is_container) walk(at + header, at + size, path type "/")
  }
}

function visit(type, at, size, header,  wide) {
  wide = byte[at + 8] ? 1 : 0  # version 1 boxes have 64-bit times
  if (type == "moof") moof = at
  else if (type == "mdat") { payload = at + header; payload_end = at + size }
  else if (type == "mfhd") sequence = u32(at + 12)
  else if (type == "tkhd") id = u32(at + (wide ? 28 : 20))
  else if (type == "mdhd") timescale[id] = u32(at + (wide ? 28 : 20))
  else if (type == "trex") extended[u32(at + 12)] = 1
  else if (type ~ /^(stts|stsc|stco|co64)$/ && u32(at + 12)) broken(type " at byte " at " has entries")
  else if (type == "tfhd") read_tfhd(at)
  else if (type == "tfdt") base[id] = wide ? u64(at + 12) : u32(at + 12)
  else if (type == "trun") read_trun(at, size)
}

function read_tfhd(at,  bits, next_field) {
  bits = flags(at)
  id = u32(at + 12)
  next_field = at + 16 + 8 * has(bits, 1) + 4 * has(bits, 2)
  default_duration = default_size = 0
  if (has(bits, 8)) { default_duration = u32(next_field); next_field += 4 }
  if (has(bits, 16)) default_size = u32(next_field)
  if (!has(bits, 131072)) broken("tfhd at byte " at " lacks default-base-is-moof")
  fragments[++fragment_count] = id
}

function read_trun(at, size,  bits, rows, row_bytes, row, i, run_bytes, field) {
  bits = flags(at)
  rows = u32(at + 12)
  row_bytes = 4 * (has(bits, 256) + has(bits, 512) + has(bits, 1024) + has(bits, 2048))
  row = at + 16 + 4 * has(bits, 1) + 4 * has(bits, 4)
  if (row + rows * row_bytes != at + size) {
    broken("trun at byte " at ": " rows " rows of " row_bytes " bytes do not fill its " size " bytes")
    return
  }
  for (i = 0; i < rows; i++) {
    field = row + i * row_bytes
    duration[id] += has(bits, 256) ? u32(field) : default_duration
    run_bytes += has(bits, 512) ? u32(field + 4 * has(bits, 256)) : default_size
  }
  count[id] += rows
  run_start[++runs] = moof + i32(at + 16)
  run_end[runs] = run_start[runs] + run_bytes
  run_at[runs] = at
}

function check_init(  track) {
  if (top !~ /^ftyp (.* )?moov /) broken("an init segment is ftyp and moov, this is " top)
  for (track in timescale) {
    if (!(track in extended)) broken("track " track " has no trex")
    if (!timescale[track]) broken("track " track " has timescale 0")
    print "track", track, timescale[track]
  }
}

function check_media(  i, track) {
  if (top !~ /^(styp )?moof mdat $/) broken("a segment is styp, moof and mdat, this is " top)
  if (number && sequence != number) broken("mfhd says sequence " sequence ", the playlist " number)
  for (i = 1; i <= runs; i++) {
    if (run_start[i] < payload || run_end[i] > payload_end) {
      broken("trun at byte " run_at[i] " points to bytes " run_start[i] " to " run_end[i] ", mdat holds " payload " to " payload_end)
    }
  }
  if (!runs) broken("no trun")
  for (i = 1; i <= fragment_count; i++) {
    track = fragments[i]
    if (index(" " tracks " ", " " track " ") == 0) broken("track " track " is not in the init segment")
    if (!(track in base)) broken("track " track " has no tfdt")
    printf "samples %d %.0f %.0f %d\n", track, base[track], duration[track], count[track]
  }
}
