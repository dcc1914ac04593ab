# docker build --tag mlflow2aim .
FROM node:22-bookworm-slim AS build
WORKDIR /build
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts
COPY . .
RUN npm run build && node scripts/program-directory.mjs /opt/mlflow2aim

FROM node:22-bookworm-slim
COPY --from=build /opt/mlflow2aim /opt/mlflow2aim
RUN ln -s /opt/mlflow2aim/dist/bundle/cli.js /usr/local/bin/mlflow2aim
# A number, so that Kubernetes can see that it is not root. The repository must be writable for it.
USER 1000:1000
WORKDIR /data
# Of sync; commands that do not watch have no use for it.
ENV MLFLOW2AIM_LISTEN=0.0.0.0:9464
EXPOSE 9464
HEALTHCHECK --interval=30s --start-period=60s CMD ["node", "--eval", "fetch('http://127.0.0.1:9464/healthz').then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["mlflow2aim"]
