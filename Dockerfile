# keshi on Debian 12. The default is the release profile; docker-compose.yml takes the development profile, which builds in a third of the time.
#   docker build -t keshi .        docker build --build-arg PROFILE=dev -t keshi .
FROM rust:1.95-bookworm AS build
WORKDIR /src
# The list of packages is in one place, for containers as for machines.
COPY scripts/need.sh scripts/need.sh
RUN scripts/need.sh build && rm -rf /var/lib/apt/lists/*
COPY . .
ARG PROFILE=release
RUN --mount=type=cache,target=/usr/local/cargo/registry --mount=type=cache,id=keshi-target-${PROFILE},target=/target \
    CARGO_TARGET_DIR=/target CARGO_INCREMENTAL=0 cargo build --workspace --locked --profile "$PROFILE" \
    && install -D "/target/$([ "$PROFILE" = dev ] && echo debug || echo "$PROFILE")/keshi" /out/keshi

FROM debian:bookworm-slim
# ffmpeg brings the libraries that the server is linked with, fonts-noto-cjk the letters of written decisions, tesseract-ocr what reads text on screens;
# curl asks the health check's question.
RUN apt-get update -qq \
    && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends ca-certificates curl ffmpeg fonts-noto-cjk tesseract-ocr tesseract-ocr-chi-sim \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --create-home --home-dir /var/lib/keshi keshi \
    && install -d -o keshi -g keshi -m 0700 /var/lib/keshi/data /var/lib/keshi/keys
COPY --from=build /out/keshi /usr/local/bin/keshi
USER keshi
WORKDIR /var/lib/keshi
ENV KESHI__SERVER__LISTEN=0.0.0.0:8080 KESHI__DATA__FOLDER=/var/lib/keshi/data KESHI__DATA__KEYS=/var/lib/keshi/keys
EXPOSE 8080
VOLUME ["/var/lib/keshi/data", "/var/lib/keshi/keys"]
ENTRYPOINT ["keshi"]
CMD ["serve"]
