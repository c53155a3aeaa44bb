#!/usr/bin/env bash
# Releases of vodsplice on this machine: deploy/release.sh install | upgrade | rollback | use NAME | list
#
# A release is a folder, PREFIX/releases/VERSION-TIME, with everything of one version: a virtual environment (bin, lib),
# nginx's prefix (nginx) and these files (deploy). Nothing in it changes once it is there. PREFIX/current is a link to
# the one in use, PREFIX/previous to the one used before, PREFIX/run to where sockets are.
#
#   install    lay down a release from this tree. The first one comes into use; nothing is started
#   upgrade    the same, and it comes into use at once
#   rollback   the previous one comes into use again
#   use NAME   the named one does
#   list       the releases, with the one in use marked
#
# A release comes into use when its units are in place, the link is renamed, gunicorn is restarted (systemd holds its
# socket meanwhile, so requests wait) and nginx reloaded. Where one of the two does not come up, the release used before
# is put back. All but the last five releases are removed.
#
# From the environment, as for any `make install`; settings in SYSCONFDIR/vodsplice are never overwritten:
#   DESTDIR         a tree to install into, for making packages and images; nothing outside is touched
#   PREFIX          /opt/vodsplice, or where this very file is installed
#   SYSCONFDIR      /etc; LOCALSTATEDIR /var; RUNSTATEDIR /run; LIBDIR /usr/local/lib; as they were the last time,
#                   where something is installed in PREFIX
#   PYTHON          the Python, 3.11 or later, that the virtual environment is made of; the machine's own: python3
#   SYSTEMCTL       what is told to restart and reload; by default systemctl where systemd runs, else nothing
set -euo pipefail
umask 022
source_tree=$(cd "$(dirname "$(realpath "$0")")/.." && pwd)

: "${DESTDIR:=}" "${PYTHON:=python3}"
if [ -z "${PREFIX:-}" ]; then
    PREFIX=/opt/vodsplice
    if [ ! -e "$source_tree/Makefile" ]; then PREFIX=${source_tree%/releases/*} PREFIX=${PREFIX#"$DESTDIR"}; fi
fi
home=$DESTDIR$PREFIX
places=$home/places
# shellcheck disable=SC1090
if [ -e "$places" ]; then . "$places"; fi
: "${SYSCONFDIR:=/etc}" "${LOCALSTATEDIR:=/var}" "${RUNSTATEDIR:=/run}" "${LIBDIR:=/usr/local/lib}"
in_places=(-e "s|/opt/vodsplice|$PREFIX|g; s|/etc/vodsplice|$SYSCONFDIR/vodsplice|g; s|/run/vodsplice|$RUNSTATEDIR/vodsplice|g"
    -e "s|/var/lib/vodsplice|$LOCALSTATEDIR/lib/vodsplice|g; s|/var/log/vodsplice|$LOCALSTATEDIR/log/vodsplice|g")
if [ -z "${SYSTEMCTL:-}" ] && [ -z "$DESTDIR" ] && [ -d /run/systemd/system ]; then SYSTEMCTL=systemctl; fi
releases_kept=5

main() {
    case ${1:-} in
        install)
            install_release
            if [ -e "$home/current" ]; then
                echo "$made is not in use yet: $home/releases/$made/deploy/release.sh use $made"
            else
                use "$made"
            fi
            ;;
        upgrade)
            [ -e "$home/current" ] || fail "nothing is installed in $home: make install, or name the PREFIX of then"
            install_release
            use "$made"
            ;;
        rollback) made=$(release_of previous); use "$made" ;;
        use) [ -d "$home/releases/${2:?which release}" ] || fail "there is no release $2; list names them"; use "$2" ;;
        list) list ;;
        *) sed -n '2,/^set/s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
    esac
}

fail() { echo "$*" >&2; exit 1; }

# --- laying down ------------------------------------------------------------------------------------------------------

install_release() {
    usable || fail "$PYTHON is not Python 3.11 or later with venv: apt-get install python3-venv, or name another: PYTHON="
    local version place
    version=$(sed -n 's/^version = "\(.*\)"/\1/p' "$source_tree/pyproject.toml")
    made=$version-$(date --utc +%Y%m%d%H%M%S)
    local release=$home/releases/$made
    scratch=$(mktemp -d)
    mkdir -p "$home/releases"
    mkdir "$release"
    trap 'rm -rf "$home/releases/$made" "$scratch"' EXIT
    echo "laying down $made"
    install_python "$release"
    install_nginx "$release/nginx"
    install_deploy "$release"
    install_settings
    for place in SYSCONFDIR LOCALSTATEDIR RUNSTATEDIR LIBDIR; do
        printf ': "${%s:=%s}"\n' "$place" "${!place}"
    done > "$places"
    ln -sfn "$RUNSTATEDIR/vodsplice" "$home/run"
    rm -rf "$scratch"
    trap - EXIT
}

usable() { "$PYTHON" -c 'import ensurepip, sys; sys.exit(sys.version_info < (3, 11))' 2> /dev/null; }

# The virtual environment. Its commands find their Python beside themselves, so the folder may be made in one place
# (DESTDIR) and used in another, and a command that was started through PREFIX/current stays within its release.
install_python() {
    cp -r "$source_tree"/{app,indexer,pyproject.toml,README.md,LICENSE} "$scratch"
    export PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore
    if "$PYTHON" -m pip --python "$PYTHON" --version > /dev/null 2>&1; then
        "$PYTHON" -m venv --without-pip "$1"
        "$PYTHON" -m pip --python "$1/bin/python" install --quiet "$scratch"
    else  # Debian's Python has a pip only within virtual environments; older ones serve no other environment
        "$PYTHON" -m venv "$1"
        "$1/bin/python" -m pip install --quiet "$scratch"
    fi
    find "$1/bin" -type f -delete
    "$1/bin/python" -I - "$1/bin" << 'END'
import sys
from importlib.metadata import distribution
from pathlib import Path

LAUNCHER = """#!/bin/sh
'''exec' "$(dirname "$(realpath "$0")")/python" -I "$(realpath "$0")" "$@"
' '''
import sys
from {module} import {attr}
sys.exit({attr}())
"""
for entry in distribution("vodsplice").entry_points:
    command = Path(sys.argv[1], entry.name)
    command.write_text(LAUNCHER.format(module=entry.module, attr=entry.attr))
    command.chmod(0o755)
END
    sed -i "s|$DESTDIR$PREFIX|$PREFIX|g" "$1/pyvenv.cfg"
}

# nginx's prefix, as nginx/nginx.conf describes it.
install_nginx() {
    mkdir -p "$1/conf"
    cp "$source_tree"/nginx/*.conf "$source_tree"/nginx/*.pm "$source_tree"/nginx/*.example "$1/conf"
    ln -sf "$SYSCONFDIR/vodsplice/listen.conf" "$1/conf/listen.conf"
    ln -s "$RUNSTATEDIR/vodsplice" "$1/run"
    ln -s "$LOCALSTATEDIR/log/vodsplice" "$1/logs"
    local modules=/usr/lib/nginx/modules folder
    for folder in /usr/lib/nginx/modules /usr/lib64/nginx/modules /etc/nginx/modules; do
        if [ -e "$folder/ngx_http_perl_module.so" ]; then modules=$folder; break; fi
    done
    ln -s "$modules" "$1/modules"
}

install_deploy() {
    mkdir "$1/deploy"
    cp -r "$source_tree"/deploy/{README.md,release.sh,tls-renewed.sh,systemd,*.conf,*.example,verify-*} "$1/deploy"
    cp "$source_tree"/{README.md,CHANGELOG.md,LICENSE,pyproject.toml} "$1"
    find "$1/deploy" "$1/nginx" -type f \
        \( -path '*/deploy/*.conf' -o -name 'tls-*' -o -path '*/systemd/*' -o -name '*.example' \) -exec sed -i \
        "${in_places[@]}" {} +
}

install_settings() {
    local settings=$DESTDIR$SYSCONFDIR/vodsplice
    mkdir -p "$settings"
    [ -e "$settings/listen.conf" ] || cp "$source_tree/nginx/listen.conf" "$settings/listen.conf"
    [ -e "$settings/vodsplice.toml" ] \
        || sed "${in_places[@]}" "$source_tree/deploy/vodsplice.toml" > "$settings/vodsplice.toml"
}

# --- in use -----------------------------------------------------------------------------------------------------------

release_of() {
    [ -L "$home/$1" ] || fail "there is no $1 release in $home"
    basename "$(readlink "$home/$1")"
}

use() {
    local before=
    [ ! -L "$home/current" ] || before=$(release_of current)
    [ "$1" != "$before" ] || fail "$1 is in use already"
    put "$1"
    if ! tell_services try-restart; then
        [ -n "$before" ] || fail "$1 does not come up; systemctl status vodsplice vodsplice-nginx says why"
        put "$before"
        tell_services restart || true
        fail "$1 does not come up; $before is in use again"
    fi
    [ -z "$before" ] || point previous "$before"
    echo "in use: $1"
    forget_old
}

# The units and links of a release.
put() {
    local deploy=$home/releases/$1/deploy
    install -D -m 644 -t "$DESTDIR$LIBDIR/systemd/system" "$deploy"/systemd/*
    install -D -m 644 "$deploy/sysusers.conf" "$DESTDIR$LIBDIR/sysusers.d/vodsplice.conf"
    install -D -m 644 "$deploy/tmpfiles.conf" "$DESTDIR$LIBDIR/tmpfiles.d/vodsplice.conf"
    install -D -m 644 "$deploy/sysctl.conf" "$DESTDIR$LIBDIR/sysctl.d/60-vodsplice.conf"
    install -D -m 644 "$deploy/modules-load.conf" "$DESTDIR$LIBDIR/modules-load.d/vodsplice.conf"
    install -D -m 644 "$deploy/logrotate.conf" "$DESTDIR$SYSCONFDIR/logrotate.d/vodsplice"
    point current "$1"
}

# A link is replaced by renaming, so that it is there at every moment.
point() {
    ln -sfn "releases/$2" "$home/$1.new"
    mv -fT "$home/$1.new" "$home/$1"
}

# What runs goes over to the release in use, without a request that fails.
tell_services() {
    [ -n "${SYSTEMCTL:-}" ] || return 0
    "$SYSTEMCTL" daemon-reload && "$SYSTEMCTL" "$1" vodsplice.service \
        && "$SYSTEMCTL" try-reload-or-restart vodsplice-nginx.service
}

forget_old() {
    local release
    for release in $(ls -1t "$home/releases" | tail -n +$((releases_kept + 1))); do
        case $release in "$(release_of current)" | "$( (release_of previous) 2> /dev/null)") ;; *) rm -rf "$home/releases/$release" ;; esac
    done
}

list() {
    local release
    for release in $(ls -1t "$home/releases"); do
        case $release in
            "$(release_of current)") echo "$release (in use)" ;;
            "$( (release_of previous) 2> /dev/null)") echo "$release (previous)" ;;
            *) echo "$release" ;;
        esac
    done
}

main "$@"
