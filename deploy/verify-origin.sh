#!/usr/bin/env bash
# Check an origin from outside, with curl and standard tools: deploy/verify-origin.sh BASE ID
#
# Downloads the playlist, the init segments and some media segments of one archive and says whether statuses,
# lengths, ETags, ranges, conditional requests, HEAD, CORS and box structure hold. Behind a CDN or nginx, point
# BASE at that. SEGMENTS=12 checks so many, spread over the archive; SEGMENTS=all checks every one.
#
# Exit status: 0 all holds, 1 something does not, 2 wrong usage or nothing to check.

set -uo pipefail
export LC_ALL=C

usage() {
  echo "usage: ${0##*/} BASE ID, as in: ${0##*/} http://127.0.0.1:8080 films/metropolis" >&2
  echo "environment: SEGMENTS=7 (how many to check, or all), MAX_TIME=60 (seconds a request may take)" >&2
  exit 2
}

[[ $# == 2 && $1 == http*://* && -n $2 ]] || usage
wanted=${SEGMENTS:-7}
[[ $wanted =~ ^(all|[1-9][0-9]*)$ ]] || usage

boxes=$(dirname "${BASH_SOURCE[0]}")/verify-boxes.awk
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
origin=http://verify.example  # what a page elsewhere would send; CORS answers to it
checks=0 failures=0

fail() {
  failures=$((failures + 1))
  printf 'FAIL  %s\n' "$*"
}

# expect LABEL WHAT GOT WANTED: equal, or a line that says how they differ
expect() {
  checks=$((checks + 1))
  [[ $3 == "$4" ]] || fail "$1: $2 is ${3:-missing}, not $4"
}

# expect_one_of LABEL WHAT GOT WORDS
expect_one_of() {
  checks=$((checks + 1))
  [[ -n $3 && " $4 " == *" $3 "* ]] || fail "$1: $2 is ${3:-missing}, not ${4// / or }"
}

# ask URL [CURL ARGUMENT...]: leaves $status, $work/headers and $work/body
ask() {
  local url=$1
  shift
  : > "$work/body"
  status=$(curl -sS -g --max-time "${MAX_TIME:-60}" -H "Origin: $origin" -D "$work/headers" -o "$work/body" \
    -w '%{http_code}' "$@" -- "$url" 2> "$work/error") || status="no answer ($(head -n 1 "$work/error"))"
}

# header NAME: its value in the last answer
header() {
  awk -v name="$1" 'BEGIN { FS = ":[ \t]*" } { sub(/\r$/, "") } tolower($1) == tolower(name) {
    value = substr($0, index($0, ":") + 1); sub(/^[ \t]+/, "", value) } END { print value }' "$work/headers"
}

size_of() { wc -c < "$1" | tr -d ' '; }

encode() {
  local text=$1 character i
  for ((i = 0; i < ${#text}; i++)); do
    character=${text:i:1}
    case $character in
      [a-zA-Z0-9._~/-]) printf %s "$character" ;;
      *) printf '%%%02X' "'$character" ;;
    esac
  done
}

# resolve URL: absolute, as a player reads it in the playlist
resolve() {
  case $1 in
    http://* | https://*) printf %s "$1" ;;
    /*) printf %s "$(grep -oE '^https?://[^/]+' <<< "$base")$1" ;;
    *) printf %s "$base/v/$id/$1" ;;
  esac
}

# check_range LABEL URL FILE FIRST LAST [SPEC]: 206 with those very bytes
check_range() {
  local label=$1 url=$2 file=$3 first=$4 last=$5 spec=${6:-$4-$5}
  ask "$url" -H "Range: bytes=$spec"
  expect "$label" "status of Range: bytes=$spec" "$status" 206
  expect "$label" "Content-Range of bytes=$spec" "$(header Content-Range)" "bytes $first-$last/$(size_of "$file")"
  tail -c +$((first + 1)) "$file" | head -c $((last - first + 1)) > "$work/slice"
  expect "$label" "body of Range: bytes=$spec" "$(cmp -s "$work/slice" "$work/body" && echo right)" right
}

# check_resource LABEL URL FILE TYPES: keeps the body in FILE; 1 where there is none to go on with
check_resource() {
  local label=$1 url=$2 file=$3 types=$4 length etag
  ask "$url"
  cp "$work/body" "$file"
  expect "$label" status "$status" 200
  [[ $status == 200 ]] || return 1
  length=$(size_of "$file")
  etag=$(header ETag)
  expect "$label" Content-Length "$(header Content-Length)" "$length"
  expect_one_of "$label" Content-Type "$(header Content-Type)" "$types"
  expect "$label" Accept-Ranges "$(header Accept-Ranges)" bytes
  expect "$label" ETag "$([[ $etag == \"?*\" ]] && echo strong || echo "$etag")" strong
  expect_one_of "$label" Access-Control-Allow-Origin "$(header Access-Control-Allow-Origin)" "* $origin"

  ask "$url" --head
  expect "$label" "status of HEAD" "$status" 200
  expect "$label" "Content-Length of HEAD" "$(header Content-Length)" "$length"
  expect "$label" "ETag of HEAD" "$(header ETag)" "$etag"

  ask "$url" -H "If-None-Match: $etag"
  expect "$label" "status of If-None-Match with its ETag" "$status" 304
  expect "$label" "length of the 304's body" "$(size_of "$work/body")" 0
  expect "$label" "ETag of the 304" "$(header ETag)" "$etag"

  check_range "$label" "$url" "$file" 0 0
  check_range "$label" "$url" "$file" $((length / 3)) $((length / 2))
  check_range "$label" "$url" "$file" $((length - 5)) $((length - 1)) -5
  ask "$url" -H "Range: bytes=$length-"
  expect "$label" "status of a Range past the end" "$status" 416
  expect "$label" "Content-Range of the 416" "$(header Content-Range)" "bytes */$length"
  ask "$url" -H "Range: bytes=0-0" -H 'If-Range: "another"'
  expect "$label" "status of If-Range with another ETag" "$status" 200
  expect "$label" "body of If-Range with another ETag" "$(cmp -s "$file" "$work/body" && echo whole)" whole
}

# check_boxes LABEL FILE AWK-VARIABLE...: leaves what verify-boxes.awk found in $work/found
check_boxes() {
  local label=$1 file=$2 head=0 total size type
  shift 2
  total=$(size_of "$file")
  while ((head < total)); do  # up to mdat: media is not looked into
    read -r size type < <(tail -c +$((head + 1)) "$file" | head -c 8 | od -A n -v -t u1 |
      awk '{ printf "%.0f %c%c%c%c", (($1 * 256 + $2) * 256 + $3) * 256 + $4, $5, $6, $7, $8 }')
    [[ $type == mdat || ${size:-0} -lt 8 ]] && break
    head=$((head + size))
  done
  checks=$((checks + 1))
  head -c $((head + 16)) "$file" | od -A n -v -t u1 | awk -f "$boxes" -v total="$total" "$@" > "$work/found"
  while read -r what words; do
    [[ $what == broken ]] && fail "$label: $words"
  done < "$work/found"
}

# follows LABEL NUMBER: no track begins before it ended in the segment before, if that was looked at
follows() {
  local what track start duration
  while read -r what track start duration _; do
    [[ $what == samples ]] || continue
    if [[ ${ended[$track]:-} == "$(($2 - 1)) "* ]]; then
      checks=$((checks + 1))
      ((start >= ${ended[$track]#* })) || fail "$1: track $track begins at tick $start, and ended at ${ended[$track]#* }"
    fi
    ended[track]="$2 $((start + duration))"
  done < "$work/found"
}

# check_refusal LABEL URL STATUS: an error that no cache keeps
check_refusal() {
  ask "$2"
  expect "$1" status "$status" "$3"
  expect "$1" Cache-Control "$(header Cache-Control)" no-store
}

done_with() {
  ((failures > failed_before)) || printf 'ok    %s\n' "$*"
  failed_before=$failures
}

base=${1%/} id=$(encode "$2") failed_before=0
playlist=$work/playlist.m3u8
printf '%s\n' "checking $base/v/$id/playlist.m3u8"
if ! check_resource playlist.m3u8 "$base/v/$id/playlist.m3u8" "$playlist" application/vnd.apple.mpegurl; then
  head -n 3 "$playlist"
  exit 2
fi
expect playlist.m3u8 "first line" "$(head -n 1 "$playlist")" "#EXTM3U"
expect playlist.m3u8 "last line" "$(tail -n 1 "$playlist")" "#EXT-X-ENDLIST"
longest=$(sed -n 's/^#EXTINF:\([0-9.]*\),.*/\1/p' "$playlist" | sort -n | tail -n 1)
target=$(sed -n 's/^#EXT-X-TARGETDURATION://p' "$playlist")
expect playlist.m3u8 "every EXTINF, rounded, at most EXT-X-TARGETDURATION" \
  "$(awk -v a="$longest" -v b="$target" 'BEGIN { print (int(a + 0.5) <= b) ? "yes" : a " over " b }')" yes
mapfile -t inits < <(sed -n 's/^#EXT-X-MAP:.*URI="\([^"]*\)".*/\1/p' "$playlist")
mapfile -t segments < <(grep -v -e '^#' -e '^$' "$playlist")
count=${#segments[@]}
done_with "playlist.m3u8: $count segments, the longest of $longest s; HEAD, 304, 206, 416, If-Range, CORS"
((count && ${#inits[@]})) || { fail "playlist.m3u8: no segments, or no EXT-X-MAP"; exit 1; }

tracks=
for name in "${inits[@]}"; do
  check_resource "${name%%\?*}" "$(resolve "$name")" "$work/init" "video/mp4 audio/mp4" || continue
  check_boxes "${name%%\?*}" "$work/init" -v kind=init
  tracks+=" $(awk '$1 == "track" { print $2 }' "$work/found" | sort -n | tr '\n' ' ')"
  done_with "${name%%\?*}: $(size_of "$work/init") bytes, tracks ${tracks# }"
done

[[ $wanted == all || $wanted -ge $count ]] && wanted=$count
declare -A ended=()
for ((taken = 0, previous = -1; taken < wanted; taken++)); do
  at=$((wanted > 1 ? taken * (count - 1) / (wanted - 1) : 0))
  ((taken == 1 && wanted > 2)) && at=1  # two in a row, to see them meet
  ((at == previous)) && continue
  previous=$at name=${segments[at]} label=${segments[at]%%\?*}
  check_resource "$label" "$(resolve "$name")" "$work/segment" "video/mp4 audio/mp4" || continue
  check_boxes "$label" "$work/segment" -v kind=media -v tracks="$tracks" -v number=$((at + 1))
  follows "$label" "$at"
  done_with "$label: $(size_of "$work/segment") bytes, $(awk '$1 == "samples" { n += $5 } END { print n + 0 }' "$work/found") samples"
done

check_refusal "a segment past the end" "$base/v/$id/seg_$((count + 100000)).m4s" 404
check_refusal "another version" "$(resolve "${segments[0]%%\?*}")?v=0000000000" 410
done_with "errors: 404 and 410, kept by no cache"

printf '%s\n' "$checks checks, $failures failed"
((failures == 0))
