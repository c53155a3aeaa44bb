#!/bin/sh
# certbot's deploy hook: the renewed certificate and key, where nginx (as the user vodsplice) may read them.
set -eu
folder=/etc/vodsplice/tls
install -d -m 750 -g vodsplice "$folder"
install -m 640 -g vodsplice "$RENEWED_LINEAGE/fullchain.pem" "$RENEWED_LINEAGE/privkey.pem" "$folder"
systemctl try-reload-or-restart vodsplice-nginx.service
