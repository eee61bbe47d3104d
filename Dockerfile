# One image for every role: `docker run IMAGE serve content --role web`, `... serve gateway`, `... migrate`.
# It runs with a read-only root file system. Written to are only /tmp, for metrics' web role the spool
# (FORTALER_SPOOL_DIR), and for content the folder of pictures where there is no S3 (FORTALER_MEDIA_URL):
# both want a volume that outlives the container.

ARG PYTHON=3.11.15-slim-trixie

FROM python:${PYTHON} AS build

ENV PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_NO_CACHE_DIR=1

RUN python -m venv /opt/fortaler
COPY requirements.runtime.lock /tmp/
# Wheels only: nothing is built here, so nothing of a compiler can be left behind or be needed.
RUN /opt/fortaler/bin/pip install --require-hashes --only-binary :all: \
      -r /tmp/requirements.runtime.lock \
 && /opt/fortaler/bin/pip uninstall --yes pip setuptools

COPY contracts /opt/fortaler/app/contracts
COPY chassis /opt/fortaler/app/chassis
COPY services /opt/fortaler/app/services
COPY gateway /opt/fortaler/app/gateway
COPY fortaler /opt/fortaler/app/fortaler
# Compiled here, since at run time nothing can be written; unchecked, since nothing can change.
# Readable by all, whatever the umask was under which the sources were checked out.
RUN /opt/fortaler/bin/python -m compileall -q --invalidation-mode unchecked-hash /opt/fortaler \
 && chmod -R a+rX /opt/fortaler


FROM python:${PYTHON}

ARG VERSION=dev
ARG REVISION=unknown

LABEL org.opencontainers.image.title="Fortaler" \
      org.opencontainers.image.description="The backend of an employee advocacy program." \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"

ENV PATH=/opt/fortaler/bin:$PATH \
    PYTHONPATH=/opt/fortaler/app \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    FORTALER_DATA_DIR=/var/lib/fortaler/local \
    FORTALER_SPOOL_DIR=/var/lib/fortaler/spool

# A new named volume takes over this directory's owner. What our processes keep lies in folders
# that they make below it: the spool refuses a folder that belongs to somebody else.
RUN install -d -o 10001 -g 10001 -m 0750 /var/lib/fortaler

COPY --from=build /opt/fortaler /opt/fortaler

# A number, so that an orchestrator can see that it is not root.
USER 10001:10001
WORKDIR /opt/fortaler
STOPSIGNAL SIGTERM
EXPOSE 8000
# Orchestrators probe /live and /ready themselves, and jobs have neither.
HEALTHCHECK NONE
ENTRYPOINT ["python", "-m", "fortaler"]
CMD ["--help"]
