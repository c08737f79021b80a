# One image for every part: `golden-press gateway`, `golden-press worker`, `golden-press migrate`, and all other commands.
# docker-compose.yml runs it; docs/containers.md explains.

# Any image with Node 24, npm and a shell.
ARG NODE_IMAGE=node:24-bookworm-slim

FROM ${NODE_IMAGE} AS all-packages
WORKDIR /app
COPY package.json package-lock.json ./
COPY verifier/package.json verifier/
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund

# The dashboard is made here, by esbuild, whose program is an optional package: where the gateway runs, nothing can be made or written.
FROM all-packages AS dashboard
COPY . .
RUN node gateway/dashboard/bundle.ts

FROM all-packages AS packages
# Optional packages are Node and PostgreSQL for machines without them: this image has the one and needs not the other.
# GraphiQL is served ready-made from the package ruru, and so is the dashboard; most of what they were made of goes, and so do source maps.
RUN npm prune --omit=dev --omit=optional --ignore-scripts --no-audit --no-fund && \
    cd node_modules && \
    rm -rf graphiql @graphiql monaco-editor monaco-graphql react-aria react-dom react-stately framer-motion motion-dom prettier && \
    find . -name '*.map' -exec rm {} +

FROM ${NODE_IMAGE}
LABEL org.opencontainers.image.title="Golden Press" \
      org.opencontainers.image.description="Issues things that must never be over-issued." \
      org.opencontainers.image.licenses="MIT"
WORKDIR /app
COPY --from=packages /app/node_modules node_modules
COPY . .
COPY --from=dashboard /app/gateway/dashboard/dist gateway/dashboard/dist
RUN chmod 755 press.ts && ln -s /app/press.ts /usr/local/bin/golden-press && \
    mkdir /var/lib/golden-press && chown 1000:1000 /var/lib/golden-press
# A number, so that whoever runs the image can tell that it is not root.
USER 1000:1000
# Inside a container the loopback address is nobody else's; which addresses the port is published at is decided outside.
ENV HOST=0.0.0.0
EXPOSE 5678
ENTRYPOINT ["golden-press"]
CMD ["--help"]
