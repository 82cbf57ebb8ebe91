# One image for `run`, `web` and `worker`. Not tried in this version: the page docs/guia/servicio.md says so.
FROM python:3.13-slim AS build
WORKDIR /build
COPY requirements.lock requirements-build.lock ./
RUN python -m venv /app && /app/bin/pip install --no-cache-dir --no-deps --require-hashes -r requirements.lock
RUN /app/bin/pip install --no-cache-dir --no-deps --require-hashes -r requirements-build.lock
COPY pyproject.toml hatch_build.py package.json package-lock.json README.md LICENSE ./
COPY src src
RUN /app/bin/pip install --no-cache-dir --no-deps --no-build-isolation . \
    && /app/bin/python -m compileall -q /app/lib

FROM python:3.13-slim
RUN useradd --system --home-dir /data siigo-escala && install -d -o siigo-escala -m 0700 /data
COPY --from=build /app /app
ENV PATH=/app/bin:$PATH SIIGO_ESCALA_HOME=/data SIIGO_ESCALA_BIND=0.0.0.0:8000
USER siigo-escala
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s CMD ["python", "-c", \
    "from urllib.request import ProxyHandler, build_opener; \
    build_opener(ProxyHandler({})).open('http://127.0.0.1:8000/healthz', timeout=4)"]
STOPSIGNAL SIGTERM
CMD ["siigo-escala", "run"]
