# The service in one image: `faultline serve` by default, `faultline worker` for a worker.
#
#   docker build -t faultline .
#
# TensorFlow and torch are the builds without CUDA. How to run it, and what the sandbox needs of the
# container, stands in docs/app.md.

FROM python:3.11-slim-bookworm AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv /opt/faultline
WORKDIR /src
COPY constraints.txt ./
# The large and slow part first, so that a change of our code does not repeat it. The local version
# 2.13.0+cpu satisfies the constraint and goes before PyPI's build with CUDA.
RUN /opt/faultline/bin/pip install --constraint constraints.txt \
        --extra-index-url https://download.pytorch.org/whl/cpu torch
COPY pyproject.toml README.md LICENSE ./
COPY app app
COPY worker worker
COPY analyzer analyzer
RUN /opt/faultline/bin/pip install --constraint constraints.txt ".[cpu]" \
    && /opt/faultline/bin/pip install --constraint constraints.txt --no-deps tf-keras

FROM python:3.11-slim-bookworm
RUN apt-get update \
    && apt-get install -y --no-install-recommends bubblewrap git \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --home-dir /var/lib/faultline --create-home faultline
COPY --from=build /opt/faultline /opt/faultline
ENV PATH=/opt/faultline/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    FAULTLINE_HOME=/var/lib/faultline \
    FAULTLINE_HOST=0.0.0.0 \
    FAULTLINE_LOG_FORMAT=json
USER faultline
WORKDIR /var/lib/faultline
VOLUME /var/lib/faultline
EXPOSE 8000
# A worker serves no pages: start it with --no-healthcheck.
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
ENTRYPOINT ["faultline"]
CMD ["serve"]
