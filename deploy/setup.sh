#!/bin/sh
# Makes .venv and installs what Faultline needs. Run by `make setup`; safe to run again.
#
#   PYTHON   interpreter to use (default python3.11, else python3)
set -eu
cd "$(dirname "$0")/.."

python="${PYTHON:-}"
if [ -z "$python" ]; then
    python=$(command -v python3.11 || command -v python3 || true)
fi
[ -n "$python" ] || { echo "faultline needs Python 3.11: apt-get install python3 python3-venv" >&2; exit 1; }
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
    echo "faultline needs Python 3.11 or newer, $python is $("$python" -V 2>&1)" >&2
    exit 1
}

need_packages=""
command -v bwrap >/dev/null 2>&1 || need_packages="$need_packages bubblewrap"
command -v redis-server >/dev/null 2>&1 || need_packages="$need_packages redis-server"
# The tests start a PostgreSQL of their own; Debian keeps its programs out of the path.
command -v initdb >/dev/null 2>&1 || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 ||
    need_packages="$need_packages postgresql"
command -v git >/dev/null 2>&1 || need_packages="$need_packages git"
# The tests read GitHub's own API description and webhook examples out of npm packages.
command -v npm >/dev/null 2>&1 || need_packages="$need_packages npm"
"$python" -c 'import ensurepip' >/dev/null 2>&1 ||
    need_packages="$need_packages $("$python" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')"

if [ -n "$need_packages" ]; then
    if [ "$(id -u)" = 0 ]; then
        as_root=""
    elif command -v sudo >/dev/null 2>&1 && { sudo -n true 2>/dev/null || { [ -t 0 ] && sudo -v; }; }; then
        as_root="sudo"
    else
        echo "missing Debian packages; as root run: apt-get install$need_packages" >&2
        exit 1
    fi
    echo "installing Debian packages:$need_packages"
    # A list that is a little old serves as well, so only the second step must succeed.
    $as_root apt-get update -qq >/dev/null || echo "apt-get update failed; trying with the lists that are here" >&2
    # shellcheck disable=SC2086  # a list of words on purpose
    $as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y -qq --no-install-recommends $need_packages >/dev/null || {
        echo "these Debian packages could not be installed:$need_packages" >&2
        exit 1
    }
fi

# With an NVIDIA driver the full TensorFlow, else the smaller build without CUDA.
if command -v nvidia-smi >/dev/null 2>&1 && nvidia-smi >/dev/null 2>&1; then extra=tensorflow; else extra=cpu; fi

# An interrupted first run can leave an environment without pip; that one is made anew.
if ! .venv/bin/python -m pip --version >/dev/null 2>&1; then "$python" -m venv --clear .venv; fi

# Twice quiet: errors alone, and they are pip's own words.
pip() {
    .venv/bin/python -m pip --disable-pip-version-check -qq "$@" || {
        echo "the installation stopped at: pip $*" >&2
        exit 1
    }
}
echo "installing Python packages into .venv (a few minutes the first time)"
pip install --constraint constraints.txt torch
pip install --constraint constraints.txt --editable ".[$extra,otel,dev]"
pip install --constraint constraints.txt --no-deps tf-keras
.venv/bin/python -c 'import torch, libcst, celery, githubkit, uvicorn' || {
    echo "the installation is not complete: see the messages above" >&2
    exit 1
}
touch .venv/.complete
