# docker build -t sluice .
# docker run -p 5514:5514 -p 5514:5514/udp -p 8514:8514 -v sluice:/opt/sluice/data sluice

FROM node:22.20.0-bookworm-slim AS build
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY . .
RUN npm run build && npm prune --omit=dev

FROM node:22.20.0-bookworm-slim
ENV NODE_ENV=production
WORKDIR /opt/sluice
COPY --from=build /build/package.json /build/LICENSE ./
COPY --from=build /build/node_modules ./node_modules
COPY --from=build /build/dist ./dist
COPY config ./config
COPY samples ./samples
# What the default configuration writes lies under data/, what it reads in samples/; both are relative.
RUN mkdir data && chown node:node data
# node; by number, so that a host can check that it is not root
USER 1000:1000
VOLUME ["/opt/sluice/data"]
EXPOSE 5514/tcp 5514/udp 8514/tcp 9514/tcp
# The admin port listens on loopback, which the check shares with the daemon.
HEALTHCHECK --interval=15s --timeout=5s --start-period=20s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:9514/health', { signal: AbortSignal.timeout(4000) }).then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
# As process 1 node gets SIGTERM only because sluice handles it; it starts no children to reap.
# Run by its first line, which has the options for V8.
ENTRYPOINT ["/opt/sluice/dist/main.js"]
CMD ["run", "/opt/sluice/config/default.yaml"]
