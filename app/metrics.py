"""What is counted, for Prometheus.

The environment variable PROMETHEUS_MULTIPROC_DIR, set before this module is imported, makes the counts of all
workers one (`app.metrics_listener`); without it they are this process's own.
"""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

REQUESTS = Counter("vodsplice_requests", "Answers, by what was asked for and status.", ["route", "status"])
REFUSALS = Counter("vodsplice_refusals", "Answers that are errors, by cause.", ["cause"])
BROKEN_OFF = Counter("vodsplice_broken_off", "Bodies that ended early, by cause.", ["cause"])
PLAN_SECONDS = Histogram(
    "vodsplice_plan_seconds",
    "Time from a request to its plan, by what was asked for.",
    ["route"],
    buckets=(0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.05, 0.25, 1.0),
)
OPEN_ARCHIVES = Gauge(
    "vodsplice_open_archives", "Indexes open, all workers together.", multiprocess_mode="livesum"
)
SEGMENTS_IN_FLIGHT = Gauge(
    "vodsplice_segments_in_flight",
    "Bodies of media that gunicorn sends itself; of those that nginx sends, its stub_status knows.",
    multiprocess_mode="livesum",
)
IDENTITY_MISMATCHES = Counter(
    "vodsplice_identity_mismatches",
    "Plans whose files were others when nginx or gunicorn was to send them, or changed while gunicorn did.",
)
