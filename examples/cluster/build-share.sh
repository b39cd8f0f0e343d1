#!/bin/sh
# One share of the sites, with what the last build of that share remembers kept in object storage: only what changed is rendered.
# In: $1/$2 the share, $CONTENT a fresh clone of the content, $PORTICO_AT the moment (one for all shares), $CACHE where rclone keeps the
# cache, e.g. store:portal/cache. Out: the sites in $CONTENT/out. A cache that is missing or damaged makes it a cold build, nothing else.
set -eu
share="$1-of-$2.tar.gz"
rclone cat "$CACHE/$share" 2>/dev/null | tar -xzf - -C "$CONTENT" 2>/dev/null || echo "no cache for share $1/$2: everything is built" >&2
# The folder of outputs lies in the group's folder: so what is remembered of it holds wherever that folder is.
portico build --root "$CONTENT" --out "$CONTENT/out" --shard "$1/$2" --at "$PORTICO_AT"
tar -C "$CONTENT" -cf - .portico out | gzip -1 | rclone rcat "$CACHE/$share"
