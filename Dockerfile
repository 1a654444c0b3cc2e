# The production image: one for the web processes, the worker and beat; compose.yaml shows them together.
FROM python:3.11-slim-bookworm AS pins
WORKDIR /build
COPY requirements.txt requirements-dev.txt pyproject.toml README.md ./
# What an installation wants beside, at the versions that were tested: --build-arg EXTRAS=".[anymail,push]"
ARG EXTRAS=
RUN python -m venv /venv \
    && /venv/bin/pip install --no-cache-dir --disable-pip-version-check -r requirements.txt \
    && if [ -n "$EXTRAS" ]; then \
        /venv/bin/pip install --no-cache-dir --disable-pip-version-check -c requirements-dev.txt "$EXTRAS"; fi

FROM python:3.11-slim-bookworm
# pg_dump and pg_restore for `manage.py backup`; their version must not be older than the server's.
RUN apt-get update \
    && apt-get install -y --no-install-recommends postgresql-client \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --uid 10001 --create-home --home-dir /srv/clinicflow clinicflow \
    && install -d -o clinicflow -g clinicflow -m 700 /data
COPY --from=pins /venv /venv
WORKDIR /srv/clinicflow/app
COPY manage.py ./
COPY clinic clinic
COPY queues queues
COPY er_flow er_flow
COPY billing billing
COPY templates templates
COPY static static
COPY locale locale
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 DATA_DIR=/data STATIC_DIR=/srv/clinicflow/static \
    HOST=0.0.0.0 PORT=8000
# Hashed and compressed files are part of the image. The keys of this step are thrown away with it.
RUN DATA_DIR=/tmp/build CLINIC_ENV=embedded python manage.py collectstatic --noinput --verbosity 0 \
    && python -m whitenoise.compress --quiet /srv/clinicflow/static \
    && rm -rf /tmp/build
USER clinicflow
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=5s --start-period=20s CMD ["python", "-c", \
    "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/health', timeout=4)"]
CMD ["python", "manage.py", "serve", "--web-only"]
