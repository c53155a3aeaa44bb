"""`create_app(settings)`: the one place where the parts of the origin meet."""

from __future__ import annotations

from flask import Flask

from app import ops, page_routes, routes
from app.capacity import Host, resolve
from app.catalog import Catalog
from app.delivery.sendfile import Sendfile
from app.delivery.splice import Splice, counting_retries
from app.download.plan import Heads
from app.listing import Listing
from app.origin_flask import OriginFlask
from app.page_assets import read_page
from app.permits import Permits
from app.settings import Settings


def create_permits(settings: Settings) -> Permits:
    """Those of all workers that are forked later."""
    capacity = resolve(settings, Host.probe())
    return Permits(capacity.max_inflight_segments, capacity.share().waiting, settings.permit_wait_timeout_s)


def create_app(settings: Settings, permits: Permits | None = None) -> Flask:
    """The WSGI application; without `permits`, of a process that has its own."""
    share = resolve(settings, Host.probe()).share()
    catalog = Catalog(settings.media_dir, settings.index_dir, share.open_archives)
    permits = permits or create_permits(settings)
    sendfile = Sendfile(permits, settings.stall_timeout_s)
    deliver = Splice(sendfile.deliver).deliver if settings.splice else sendfile.deliver
    app = OriginFlask(__name__, cors_origin=settings.cors_origin)
    app.register_blueprint(ops.blueprint(catalog))
    listing = Listing(settings.index_dir, settings.media_dir)
    app.register_blueprint(page_routes.blueprint(read_page(settings.hls_js_url), listing))
    app.register_blueprint(routes.blueprint(catalog, Heads(), deliver))
    if settings.splice:
        app.wsgi_app = counting_retries(app.wsgi_app)  # type: ignore[assignment,method-assign]
    return app
