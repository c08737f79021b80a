# One image for every part: `golden-press gateway`, `golden-press worker`, `golden-press migrate`, and all other commands.
# docker-compose.yml runs it; docs/containers.md explains.

# Any image with Node 24, npm and a shell.
ARG NODE_IMAGE=node:24-bookworm-slim

FROM ${NODE_IMAGE} AS packages
WORKDIR /app
COPY package.json package-lock.json ./
COPY verifier/package.json verifier/
# Optional packages are Node and PostgreSQL for machines without them: this image has the one and needs not the other.
# GraphiQL is served ready-made from the package ruru; most of what it was made of goes, and so do source maps.
RUN npm ci --omit=dev --omit=optional --ignore-scripts --no-audit --no-fund && \
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
RUN chmod 755 press.ts && ln -s /app/press.ts /usr/local/bin/golden-press && \
    mkdir /var/lib/golden-press && chown 1000:1000 /var/lib/golden-press
# A number, so that whoever runs the image can tell that it is not root.
USER 1000:1000
# Inside a container the loopback address is nobody else's; which addresses the port is published at is decided outside.
ENV HOST=0.0.0.0
EXPOSE 5678
ENTRYPOINT ["golden-press"]
CMD ["--help"]
