# Hub and agent as images, built from a checkout:
#   docker build --target hub --tag pulsewire-hub .
#   docker build --target agent --tag pulsewire-agent .
# compose.yaml runs both beside a PostgreSQL; docs/install.md says how.

ARG NODE_IMAGE=node:22-bookworm-slim

FROM ${NODE_IMAGE} AS build
# better-sqlite3 comes with a binary for common machines, and is compiled elsewhere.
RUN apt-get update \
 && apt-get install --yes --no-install-recommends g++ make python3 \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /build
COPY . .
# "npm ci" builds dist/ as well. What builds and tests goes again, and so does the PostgreSQL for a hub without one beside it.
RUN npm ci --no-audit --no-fund \
 && npm prune --omit=dev --omit=optional --ignore-scripts --no-audit --no-fund

FROM ${NODE_IMAGE} AS hub
ENV NODE_ENV=production
WORKDIR /opt/pulsewire
COPY --from=build /build/package.json /build/LICENSE ./
COPY --from=build /build/sql ./sql
COPY --from=build /build/install ./install
COPY --from=build /build/dist ./dist
COPY --from=build /build/node_modules ./node_modules
COPY config/container/health.mjs /opt/pulsewire/health.mjs
COPY config/container/hub.json /etc/pulsewire/hub.json
# Keys that the hub makes for itself; everything else is in the database. The program itself belongs to root.
RUN install --directory --mode=0700 --owner=node --group=node /var/lib/pulsewire
USER node
VOLUME /var/lib/pulsewire
EXPOSE 8888
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s --retries=3 CMD ["node", "/opt/pulsewire/health.mjs", "hub"]
ENTRYPOINT ["node", "/opt/pulsewire/dist/pulsewire.js"]
CMD ["hub", "--config", "/etc/pulsewire/hub.json"]

FROM ${NODE_IMAGE} AS agent
ENV NODE_ENV=production
WORKDIR /opt/pulsewire-agent
COPY --from=build /build/package.json /build/LICENSE ./
COPY --from=build /build/dist/*.cjs ./
COPY --from=build /build/node_modules/better-sqlite3 ./node_modules/better-sqlite3
COPY --from=build /build/node_modules/bindings ./node_modules/bindings
COPY --from=build /build/node_modules/file-uri-to-path ./node_modules/file-uri-to-path
COPY config/container/health.mjs /opt/pulsewire-agent/health.mjs
COPY config/container/agent.json /etc/pulsewire/agent.json
RUN install --directory --mode=0700 --owner=node --group=node /var/lib/pulsewire-agent \
 && install --directory --mode=0755 /etc/pulsewire/metrics
USER node
VOLUME /var/lib/pulsewire-agent
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s --retries=3 CMD ["node", "/opt/pulsewire-agent/health.mjs", "agent"]
# The agent starts custom metrics: run it with an init ("docker run --init", "init: true") that collects what they leave behind.
ENTRYPOINT ["node", "/opt/pulsewire-agent/agent.cjs"]
CMD ["--config", "/etc/pulsewire/agent.json"]
