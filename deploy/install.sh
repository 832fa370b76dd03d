#!/bin/sh
# The Python part of the image, in two steps; also what the clean-root check runs.
#
#   install.sh frameworks|faultline cpu|cuda
#
# TORCH_INDEX: where the CPU build of PyTorch comes from; empty where the configured registry has it.
set -eu
step="$1" variant="$2"
pip="${FAULTLINE_ENV:-/opt/faultline}/bin/pip"
case "$variant" in
    cpu) extra=cpu index="${TORCH_INDEX-https://download.pytorch.org/whl/cpu}" ;;
    cuda) extra=tensorflow index="" ;;
    *) echo "install.sh: expected cpu or cuda, got $variant" >&2; exit 2 ;;
esac
case "$step" in
    frameworks)
        # The local version 2.13.0+cpu satisfies the constraint and goes before PyPI's with CUDA.
        "$pip" install --constraint constraints.txt ${index:+--extra-index-url "$index"} torch
        ;;
    faultline)
        "$pip" install --constraint constraints.txt ".[$extra,otel]"
        "$pip" install --constraint constraints.txt --no-deps tf-keras
        ;;
    *) echo "install.sh: expected frameworks or faultline, got $step" >&2; exit 2 ;;
esac
