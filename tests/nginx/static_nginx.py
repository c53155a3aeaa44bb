"""The yardstick: the same nginx with the same limits, serving plain files."""

from __future__ import annotations

import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from deploy.stack import CONFIGURATION, nginx_command
from tests.app.running_origin import eventually
from tests.free_port import free_port, is_open

_CONFIGURATION = """
daemon off;
pid run/nginx.pid;
error_log stderr warn;
worker_processes {workers};
events {{ worker_connections 4096; }}
http {{
    include limits.conf;
    include transfer.conf;
    tcp_nopush on;
    types {{ video/mp4 m4s mp4; }}
    access_log off;
    server_tokens off;
    client_body_temp_path run; proxy_temp_path run;
    fastcgi_temp_path run; scgi_temp_path run; uwsgi_temp_path run;
    server {{
        listen 127.0.0.1:{port};
        root {root};
        max_ranges 1;
    }}
}}
"""


@contextmanager
def running_static(root: Path, prefix: Path, workers: int = 1) -> Iterator[int]:
    """The port where the files of `root` are served."""
    shutil.copytree(CONFIGURATION, prefix / "conf")
    (prefix / "run").mkdir()
    with free_port() as port:
        text = _CONFIGURATION.format(workers=workers, port=port, root=root)
        (prefix / "conf" / "static.conf").write_text(text)
        process = subprocess.Popen(nginx_command(prefix, "static.conf"), cwd=prefix, start_new_session=True)
        try:
            assert eventually(lambda: is_open(port) or process.poll() is not None)
            assert process.poll() is None
            yield port
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(60)
