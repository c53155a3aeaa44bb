"""gunicorn, set up as the embedded server.

Threads (`app.worker`), because an answer may take minutes of waiting for a slow client and microseconds of
work; behind an nginx that splices, which waits in their place, only for what it does not wait for
(`app.plan_worker`). Preloaded, so that workers share what was imported. No control socket. Clients' sockets
have a receive timeout, set on the listeners and inherited, so that one that sends half a request gives its
thread back.

What gunicorn cannot parse as a request it answers itself, in our words (`app.worker`).
"""

from __future__ import annotations

import logging
import math
import os
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

from flask import Flask
from gunicorn import sock
from gunicorn.app.base import BaseApplication
from gunicorn.arbiter import Arbiter
from gunicorn.glogging import Logger

from app import addresses, request_log
from app.capacity import Host, resolve
from app.metrics_listener import MetricsListener, forget
from app.permits import Permits
from app.plan_worker import PlanWorker
from app.settings import SettingError, Sourced
from app.socket_timeout import set_timeout
from app.terminal import end_with, terminal
from app.worker import Worker, post_fork, pre_fork, ready, signals_wait
from app.wsgi import create_app, create_permits

LOG = logging.getLogger("vodsplice.server")
METRICS_DIR_ENV = "PROMETHEUS_MULTIPROC_DIR"

KEEPALIVE_S = 15
"""Longer than a segment lasts: a player whose buffer is full comes back on the same connection."""

SILENT_WORKER_S = 30
"""A worker whose main loop says nothing for so long hangs, and is replaced. Transfers are in threads."""

BACKLOG = 4096
"""Connections that wait for a worker, if net.core.somaxconn lets as many: nginx waits for no place."""

MAX_REQUEST_LINE_BYTES = 8190

FIXED = ("bind", "metrics_bind", "nginx_log")
"""Settings that stay while the server runs: gunicorn ends where it cannot have another address, and counts
would begin anew.
"""


class Server(BaseApplication):  # type: ignore[misc]  # gunicorn has no types
    """`run` serves until a signal ends it, or its terminal is closed; on SIGHUP it reads its settings again.

    `announce` is told what is used and where, once listening.
    """

    def __init__(self, read: Callable[[], Sourced], announce: Callable[[Sourced, list[str]], None]) -> None:
        self._read = read
        self._announce = announce
        self._sourced = read()
        self._permits: Permits | None = None
        self._metrics: MetricsListener | None = None
        self._terminal = terminal()
        super().__init__()

    def run(self) -> None:
        Master(self).run()

    def reload(self) -> None:
        try:
            self._sourced = self._without_fixed(self._read())
        except SettingError as error:
            LOG.error("%s; going on with the settings in use", error)
        request_log.set_up(self._sourced.settings.log_format)
        self.callable = None
        super().reload()

    def load_config(self) -> None:
        settings = self._sourced.settings
        capacity = resolve(settings, Host.probe())
        share = capacity.share()
        options = {
            "bind": list(settings.bind),
            "workers": capacity.workers,
            "worker_class": PlanWorker if settings.splice else Worker,
            "threads": share.threads,
            "worker_connections": share.connections,
            "preload_app": True,
            "control_socket_disable": True,
            "backlog": BACKLOG,
            "keepalive": KEEPALIVE_S,
            "timeout": SILENT_WORKER_S,
            "graceful_timeout": math.ceil(settings.graceful_timeout_s),
            "limit_request_line": MAX_REQUEST_LINE_BYTES,
            "logger_class": RequestLogger,
            "accesslog": "-" if settings.access_log else None,
            "access_log_format": settings.log_format,
            "when_ready": self._when_ready,
            "on_reload": self._limit_stalls,
            "pre_fork": pre_fork,
            "post_fork": self._post_fork,
            "post_worker_init": ready,
            "child_exit": self._child_exit,
            "proc_name": "vodsplice",
        }
        for name, value in options.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        """In the master, before it forks the workers that are to use this."""
        if self._permits:
            self._permits.close()
        self._permits = create_permits(self._sourced.settings)
        return create_app(self._sourced.settings, self._permits)

    def _without_fixed(self, found: Sourced) -> Sourced:
        """`found`, but for the settings that stay as they are."""
        kept = {name: getattr(self._sourced.settings, name) for name in FIXED}
        for name, value in kept.items():
            if getattr(found.settings, name) != value:
                LOG.warning("%s stays as it is until vodsplice-serve is restarted", name)
        return replace(found, settings=replace(found.settings, **kept))

    def _limit_stalls(self, arbiter: Any) -> None:
        """Before workers are forked. 0 is no limit, to the kernel too."""
        for listener in arbiter.LISTENERS:
            set_timeout(listener, socket.SO_RCVTIMEO, math.ceil(self._sourced.settings.stall_timeout_s))

    def _when_ready(self, arbiter: Any) -> None:
        settings = self._sourced.settings
        self._limit_stalls(arbiter)
        if METRICS_DIR_ENV in os.environ:
            self._metrics = MetricsListener(*addresses.parse(settings.metrics_bind), settings.nginx_log)
        if self._terminal:
            end_with(self._terminal)
        self._announce(self._sourced, [str(listener) for listener in arbiter.LISTENERS])

    def _post_fork(self, arbiter: Any, worker: Any) -> None:
        """In the new worker."""
        post_fork(arbiter, worker)
        if self._metrics:
            self._metrics.leave()

    def _child_exit(self, arbiter: Any, worker: Any) -> None:  # noqa: ARG002 - gunicorn's signature
        if self._permits:
            self._permits.return_those_of(worker.pid)
        if METRICS_DIR_ENV in os.environ:
            forget(worker.pid)


class Master(Arbiter):  # type: ignore[misc]
    """gunicorn's own, but that it waits for no transfer.

    Workers that a reload tells to end count no more (`WORKERS`): the master goes on with its work meanwhile,
    replaces those that die and reloads again. They end with their transfers, or by themselves after the
    graceful timeout; one that hangs is killed like any other.

    Where systemd holds the socket, a master that is told to end leaves at once, so that the next begins, and
    nobody waits for a plan until the slowest download has ended (`KillMode=process` lets the workers be).
    """

    def __init__(self, app: Any) -> None:
        self._ending: dict[int, Any] = {}
        """Workers that were told to end, by their process."""
        super().__init__(app)

    def manage_workers(self) -> None:
        super().manage_workers()
        told = sorted(self.WORKERS, key=lambda pid: self.WORKERS[pid].age)[: -self.num_workers]
        self._ending |= {pid: self.WORKERS.pop(pid) for pid in told}

    def spawn_worker(self) -> int:
        with signals_wait(), self._all_workers():  # of which a new one is to hold nothing
            pid: int = super().spawn_worker()
            return pid

    def reap_workers(self) -> None:
        with self._all_workers():
            super().reap_workers()

    def murder_workers(self) -> None:
        with self._all_workers():
            super().murder_workers()

    @contextmanager
    def _all_workers(self) -> Iterator[None]:
        """Those that end are among `WORKERS`."""
        self.WORKERS |= self._ending
        try:
            yield
        finally:
            self._ending = {pid: self.WORKERS.pop(pid) for pid in self._ending if pid in self.WORKERS}

    def handle_usr2(self) -> None:
        if self.systemd:
            LOG.error("SIGUSR2 is not for a server whose socket systemd holds; restart the service instead")
        else:
            super().handle_usr2()

    def stop(self, graceful: bool = True) -> None:
        self.WORKERS |= self._ending
        self._ending = {}
        if not (graceful and self.systemd):
            super().stop(graceful)
            return
        sock.close_sockets(self.LISTENERS, unlink=False)
        self.LISTENERS: list[Any] = []
        self.kill_workers(signal.SIGTERM)


class RequestLogger(Logger):  # type: ignore[misc]
    """gunicorn's interface to its log, over `app.request_log`. Its own settings name target and format."""

    def setup(self, cfg: Any) -> None:
        self.cfg = cfg
        self._as_json = cfg.access_log_format == "json"
        self.error_log.propagate = True
        self.error_log.setLevel(logging.WARNING)

    @property
    def access_log_enabled(self) -> bool:
        enabled: bool = self.cfg.accesslog is not None
        return enabled

    def access(self, resp: Any, req: Any, environ: dict[str, Any], request_time: timedelta) -> None:  # noqa: ARG002
        if self.access_log_enabled:
            status = int((resp.status or "0").split()[0])
            seconds = request_time.total_seconds()
            request_log.write_request(environ, status, resp.sent, seconds, as_json=self._as_json)

    def exception(self, msg: str, *args: Any, **kwargs: Any) -> None:
        """A client that stalls is no fault of ours; its timeouts reach gunicorn as errors of the socket."""
        if not isinstance(sys.exc_info()[1], BlockingIOError):
            super().exception(msg, *args, **kwargs)
