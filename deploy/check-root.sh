#!/bin/sh
# The steps of the Dockerfile in a clean Debian root, where there is no container engine.
#
#   sudo sh deploy/check-root.sh [FOLDER]       needs mmdebstrap; about 6 GB, ten minutes
#
# What it cannot try: the base image's own Python, the CUDA variant, the health check, and what a
# container engine lets bubblewrap do.
set -eu
cd "$(dirname "$0")/.."
root="${1:-$(mktemp -d)}"
inside() { chroot "$root" env -i PATH=/opt/faultline/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 "$@"; }

mmdebstrap --quiet --variant=minbase \
    --include=python3,python3-venv,ca-certificates,bubblewrap,git,tini bookworm "$root"
cp /etc/resolv.conf "$root/etc/resolv.conf"
[ ! -f /etc/pip.conf ] || cp /etc/pip.conf "$root/etc/pip.conf"
if [ -d /usr/local/share/ca-certificates ]; then
    cp -r /usr/local/share/ca-certificates "$root/usr/local/share/"
    inside update-ca-certificates >/dev/null
fi
mount --bind /dev "$root/dev"
mount -t proc proc "$root/proc"
trap 'umount "$root/proc" "$root/dev"' EXIT

mkdir -p "$root/src"
cp -r constraints.txt deploy/install.sh pyproject.toml README.md LICENSE app worker analyzer "$root/src"
inside python3 -m venv /opt/faultline
inside sh -c 'cd /src && sh install.sh frameworks cpu && sh install.sh faultline cpu'
inside useradd --system --uid 10001 --home-dir /var/lib/faultline --create-home faultline
inside rm -rf /src
chroot --userspec=10001:10001 "$root" env -i PATH=/opt/faultline/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    HOME=/var/lib/faultline FAULTLINE_HOME=/var/lib/faultline LANG=C.UTF-8 \
    faultline doctor || echo "doctor found something: see above"
echo "the steps went through: $root"
