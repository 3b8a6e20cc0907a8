# syntax=docker/dockerfile:1
FROM swift:6.3-bookworm AS build
RUN apt-get update && apt-get install -y --no-install-recommends \
      libopenblas-dev libmicrohttpd-dev libgnutls28-dev libjpeg62-turbo-dev libspng-dev libwebp-dev libxxhash-dev zlib1g-dev pkg-config \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY Package.swift ./
COPY Sources Sources
COPY Tests Tests
COPY Benchmarks Benchmarks
RUN swift build -c release --product softmoe --static-swift-stdlib \
    && install -D --strip .build/release/softmoe /out/softmoe

FROM debian:bookworm-slim
RUN apt-get update && apt-get install -y --no-install-recommends \
      libopenblas0-pthread libmicrohttpd12 libgnutls30 libjpeg62-turbo libspng0 libwebp7 libxxhash0 zlib1g \
    && rm -rf /var/lib/apt/lists/*
COPY --from=build /out/softmoe /usr/local/bin/softmoe
COPY models /models
ENV SOFTMOE_MODEL=/models/cifar10-softmoe.smoe SOFTMOE_HOST=0.0.0.0 SOFTMOE_PORT=8080
USER 65532:65532
EXPOSE 8080 8081
HEALTHCHECK --interval=10s --timeout=4s --start-period=5s CMD ["softmoe", "healthcheck"]
ENTRYPOINT ["softmoe"]
CMD ["serve"]
