# One image for all four services: docker build -t tessera .
# What it does is said by its arguments: python -m services.<name> api | worker | migrate | check | ...
ARG BASE=python:3.11-slim

FROM ${BASE} AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /build
RUN python -m venv --without-pip /opt/tessera
COPY requirements.lock ./
RUN python -m pip --python /opt/tessera/bin/python install \
        --no-deps --require-hashes --only-binary :all: --requirement requirements.lock
# Parquet is all that is used of pyarrow: neither its server nor its object store, headers and tests, which are 70 MB.
RUN cd /opt/tessera/lib/python3*/site-packages/pyarrow \
    && rm -r include src tests _flight.* _s3fs.* libarrow_flight.* libarrow_python_flight.* libarrow_s3.* \
        libarrow_python.so libarrow_python.so.*.*.* \
    && /opt/tessera/bin/python -I -c "import pyarrow as a, pyarrow.parquet as p; p.write_table(a.table({'a': [1]}), '/tmp/a', compression='zstd')"

# What the base brings for building: a running service neither installs nor compiles.
FROM ${BASE} AS base
RUN python -c "import importlib.util as u, os, shutil; [shutil.rmtree(os.path.dirname(s.origin)) for n in ('ensurepip', 'pip', 'setuptools', 'wheel') if (s := u.find_spec(n))]"
ENV PATH=/opt/tessera/bin:$PATH \
    PYTHONPATH=/srv/tessera \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    TESSERA_HOST=0.0.0.0 \
    TESSERA_PORT=8100 \
    TESSERA_ADMIN_PORT=9100
WORKDIR /srv/tessera

# For demonstrations alone: secrets made on the spot, a mailbox, doubles of Stripe and PayPal.
FROM build AS build-doubles
COPY requirements-doubles.lock ./
RUN python -m pip --python /opt/tessera/bin/python install \
        --no-deps --require-hashes --requirement requirements-doubles.lock

FROM base AS doubles
COPY --from=build-doubles /opt/tessera /opt/tessera
COPY deploy deploy
RUN python -m compileall -q deploy \
    && for name in all postgres collector stripe paypal membership billing events analytics; do \
           install -d -o 10001 -g 10001 -m 0755 "/keys/$name"; \
       done
USER 10001:10001
LABEL org.opencontainers.image.title="tessera-doubles" \
      org.opencontainers.image.description="What stands in for the vendors of Tessera in a demonstration"

FROM base AS tessera
COPY --from=build /opt/tessera /opt/tessera
COPY shared shared
COPY services services
RUN python -m compileall -q shared services \
    && install -d -o 10001 -g 10001 -m 0755 /run/secrets /var/lib/tessera/files
USER 10001:10001
EXPOSE 8100 9100
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="tessera" \
      org.opencontainers.image.description="The backend that lets a community earn its living" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
CMD ["python", "-m", "services.membership", "--help"]
