"""Tests of the production path: nginx in front of gunicorn, as `make stack` starts them."""
