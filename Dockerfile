# docs/docker.md says how to use it. CI has no Docker engine: tests/test_docker.py runs what is said here.

# The Python and the Debian that the tests run on.
FROM python:3.11-slim-bookworm AS build
WORKDIR /towpath
COPY pyproject.toml README.md LICENSE ./
COPY docker docker
COPY src src
# The cache outlives the build: an update fetches what changed, and the CLI alone is some 100 MB.
RUN --mount=type=cache,target=/root/.cache UV_LINK_MODE=copy docker/build /opt/towpath

FROM python:3.11-slim-bookworm
# Whose files a mounted workspace holds: the first user of most machines has this number.
ARG UID=1000
RUN useradd --no-log-init --uid "$UID" --create-home towpath && chmod 700 /home/towpath
COPY --from=build /opt/towpath /opt/towpath
# HOME is the volume: the CLI keeps its state there, the login for one, and Towpath its own.
# The CLI stays the one that the SDK was released with. All addresses, because the container has its own.
ENV PATH=/opt/towpath/bin:$PATH \
    HOME=/home/towpath \
    DISABLE_AUTOUPDATER=1 \
    CLAUDE_PROXY_HOST=0.0.0.0 \
    CLAUDE_PROXY_PORT=3456
# Where it starts is the workspace of internal mode: never the home, which holds the login.
WORKDIR /workspace
USER $UID
EXPOSE 3456
HEALTHCHECK --interval=30s --timeout=10s --start-period=60s CMD ["health"]
ENTRYPOINT ["towpath"]
CMD ["serve"]
