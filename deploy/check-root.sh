#!/bin/sh
# The steps of the Dockerfile in a clean Debian root, where there is no container engine.
#
#   sudo sh deploy/check-root.sh [FOLDER]       needs mmdebstrap; about 6 GB, ten minutes
#
# Where PyTorch's own index is out of reach: TORCH_INDEX is handed on to install.sh (a mirror, or empty
# for none), and a folder of wheels in PIP_FIND_LINKS is shown inside.
#
# What it cannot try: the base image's own Python, the CUDA variant, the health check, and what a
# container engine lets bubblewrap do.
set -eu
cd "$(dirname "$0")/.."
root="${1:-$(mktemp -d)}"
wheels="${PIP_FIND_LINKS:-}"
[ -d "$wheels" ] || wheels=""
inside() {
    chroot "$root" env -i PATH=/opt/faultline/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 \
        PIP_FIND_LINKS="$wheels" "$@"
}

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
trap 'umount "$root/proc" "$root/dev" ${wheels:+"$root$wheels"}' EXIT
if [ -n "$wheels" ]; then mkdir -p "$root$wheels" && mount --bind "$wheels" "$root$wheels"; fi

mkdir -p "$root/src"
cp -r constraints.txt deploy/install.sh pyproject.toml README.md LICENSE app worker analyzer "$root/src"
inside python3 -m venv /opt/faultline
inside sh -c "cd /src && ${TORCH_INDEX+TORCH_INDEX='$TORCH_INDEX'} sh install.sh frameworks cpu"
inside sh -c 'cd /src && sh install.sh faultline cpu'
inside useradd --system --uid 10001 --home-dir /var/lib/faultline --create-home faultline
inside rm -rf /src
umount "$root/proc" "$root/dev" ${wheels:+"$root$wheels"}
trap - EXIT

# A process in a chroot may make no user namespace, which the sandbox needs: so the user's part has the
# folder as its root, as in a container.
# shellcheck disable=SC2016  # expanded by the inner shell
unshare --mount --pid --fork sh -eu -c '
    mount --make-rprivate /
    mount --bind "$1" "$1"
    mount -t proc proc "$1/proc"
    mount --rbind /dev "$1/dev"
    mkdir -p "$1/.before" && cd "$1" && pivot_root . .before && cd /
    umount -l /.before && rmdir /.before
    exec setpriv --reuid 10001 --regid 10001 --clear-groups \
        env -i PATH=/opt/faultline/bin:/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 \
        HOME=/var/lib/faultline FAULTLINE_HOME=/var/lib/faultline faultline doctor
' sh "$root" || echo "doctor found something: see above"
echo "the steps went through: $root"
