"""Sample entries that are passed over by name: no HLS player can be expected to play them.

Clauses are of ISO/IEC 14496-12.
"""

from __future__ import annotations

from indexer.codecs.audio import TO_AAC
from indexer.codecs.sample_entry import fourcc_of, printable
from indexer.errors import Unsupported

CONVERT = "convert it to H.264 and AAC, e.g. ffmpeg -i IN -c:v libx264 -c:a aac OUT.mp4"
ENCRYPTION_REMEDY = "index the archive it was made from"
PUT_BESIDE = "put the subtitles beside the film as .srt or .vtt"
"""The remedy for text that cannot be served."""

ENCRYPTED = frozenset({"encv", "enca", "enct", "encs", "drms", "drmi"})
"""Protected sample entries (§8.12.1), and those of FairPlay from before there was a standard."""

VIDEO = {
    "mp4v": "MPEG-4 Visual or MPEG-2", "s263": "H.263", "h263": "H.263", "H263": "H.263",
    "mjp2": "Motion JPEG 2000", "jpeg": "Motion JPEG", "mjpa": "Motion JPEG", "mjpb": "Motion JPEG",
    "MJPG": "Motion JPEG", "png ": "PNG", "apch": "ProRes", "apcn": "ProRes", "apcs": "ProRes",
    "apco": "ProRes", "ap4h": "ProRes", "ap4x": "ProRes", "AVdn": "DNxHD", "AVdh": "DNxHR",
    "CFHD": "CineForm", "SVQ1": "Sorenson Video", "SVQ3": "Sorenson Video 3", "cvid": "Cinepak",
    "rle ": "QuickTime Animation", "2vuy": "uncompressed video", "v210": "uncompressed video", "vp08": "VP8",
    "dvc ": "DV", "dvcp": "DV", "dvpp": "DVCPRO", "ovc1": "VC-1", "vc-1": "VC-1", "hvt1": "HEVC tiles",
    "lhv1": "layered HEVC", "dva1": "Dolby Vision over H.264", "dvav": "Dolby Vision over H.264",
    "apv1": "APV", "evc1": "EVC", "m2v1": "MPEG-2", "hdv2": "HDV", "hdv3": "HDV", "xd5b": "XDCAM",
}  # fmt: skip
AUDIO = {
    "samr": "AMR narrow band", "sawb": "AMR wide band", "sawp": "AMR-WB+", "sevc": "EVRC", "sqcp": "QCELP",
    "ulaw": "µ-law", "alaw": "A-law", "ima4": "IMA ADPCM", "QDM2": "QDesign Music 2", "QDMC": "QDesign Music",
    "MAC3": "MACE", "MAC6": "MACE", "ac-4": "AC-4", "mlpa": "Dolby TrueHD", "mha1": "MPEG-H 3D Audio",
    "mhm1": "MPEG-H 3D Audio", "iamf": "IAMF", "dtsx": "DTS:X", "spex": "Speex", "agsm": "GSM", "wma ": "WMA",
}  # fmt: skip
RAW = {"raw ": "uncompressed video or unsigned 8-bit audio", "NONE": "uncompressed media"}
TEXT = {"mp4s": "bitmap subtitles", "text": "QuickTime text", "stxt": "plain text", "sbtt": "subtitles"}

_REMEDIES = (
    (VIDEO, CONVERT),
    (AUDIO, TO_AAC),
    (RAW, "re-encode the track to H.264 or AAC"),
    (TEXT, PUT_BESIDE),
)


def refusal(entry: bytes) -> Unsupported:
    """Why an entry that no codec module takes is not served."""
    fourcc = fourcc_of(entry)
    if fourcc in ENCRYPTED:
        return Unsupported(encryption(fourcc, entry), remedy=ENCRYPTION_REMEDY, where=fourcc)
    for names, remedy in _REMEDIES:
        if fourcc in names:
            rule = f"{names[fourcc]} ({printable(fourcc)}), which HLS players do not play"
            return Unsupported(rule, remedy=remedy, where=printable(fourcc))
    return Unsupported(
        f"sample entry {printable(fourcc)}, unknown here",
        remedy="re-encode the track to H.264 or AAC, or leave it out",
        where=printable(fourcc),
    )


def encryption(fourcc: str, body: bytes) -> str:
    """The rule that a protected entry breaks, with its scheme (`schm`, §8.12.6): cenc, cbcs, piff, … Found by
    its name, wherever it is nested: the word matters to people only, and layouts of sample entries differ.
    """
    _, found, rest = body.partition(b"schm")
    scheme = rest[4:8] if found else b""
    told = scheme.decode("latin-1") if scheme.isalnum() else f"{fourcc}, scheme not stated"
    return f"is encrypted ({told})"
