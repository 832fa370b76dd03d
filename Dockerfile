# The service in one image: `faultline serve` by default, `faultline worker` for a worker.
#
#   docker build -t faultline .
#   docker build -t faultline:cuda --build-arg VARIANT=cuda .
#
# What the sandbox needs of the container stands in docs/operate.md.

ARG VARIANT=cpu

FROM python:3.11-slim-bookworm AS build
ARG VARIANT
# Of the CPU variant; another one behind a mirror.
ARG TORCH_INDEX=https://download.pytorch.org/whl/cpu
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv /opt/faultline
WORKDIR /src
COPY constraints.txt deploy/install.sh ./
# The large and slow part first, so that a change of our code does not repeat it.
RUN TORCH_INDEX="$TORCH_INDEX" sh install.sh frameworks "$VARIANT"
COPY pyproject.toml README.md LICENSE ./
COPY app app
COPY worker worker
COPY analyzer analyzer
RUN sh install.sh faultline "$VARIANT"

FROM python:3.11-slim-bookworm
# bubblewrap is Debian's, as it is patched there; a pinned version would soon be gone.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends bubblewrap git tini \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --home-dir /var/lib/faultline --create-home faultline
COPY --from=build /opt/faultline /opt/faultline
ENV PATH=/opt/faultline/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    FAULTLINE_HOME=/var/lib/faultline \
    FAULTLINE_HOST=0.0.0.0 \
    FAULTLINE_LOG_FORMAT=json \
    NVIDIA_VISIBLE_DEVICES=all \
    NVIDIA_DRIVER_CAPABILITIES=compute,utility
# by number, so that Kubernetes can see that it is not root
USER 10001
WORKDIR /var/lib/faultline
VOLUME /var/lib/faultline
EXPOSE 8000
# A worker serves no pages: start it with --no-healthcheck.
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
# tini hands SIGTERM to the main process alone, which lets its pool finish.
ENTRYPOINT ["tini", "--", "faultline"]
CMD ["serve"]
