"""`create_app(settings)`: the one place where the parts of the origin meet."""

from __future__ import annotations

from flask import Flask

from app import ops, page_routes, routes
from app.capacity import Host, resolve
from app.catalog import Catalog
from app.delivery.sendfile import Sendfile
from app.delivery.splice import Splice
from app.listing import Listing
from app.origin_flask import OriginFlask
from app.page_assets import read_page
from app.permits import Permits
from app.settings import Settings


def create_app(settings: Settings) -> Flask:
    """The WSGI application of one worker."""
    share = resolve(settings, Host.probe()).share()
    catalog = Catalog(settings.media_dir, settings.index_dir, share.open_archives)
    permits = Permits(share.transfers, share.waiting, settings.permit_wait_timeout_s)
    sendfile = Sendfile(permits, settings.stall_timeout_s)
    deliver = Splice(sendfile.deliver).deliver if settings.splice else sendfile.deliver
    app = OriginFlask(__name__, cors_origin=settings.cors_origin)
    app.register_blueprint(ops.blueprint(catalog))
    app.register_blueprint(page_routes.blueprint(read_page(settings.hls_js_url), Listing(settings.index_dir)))
    app.register_blueprint(routes.blueprint(catalog, deliver))
    return app
