# The image of the action: one static binary and nothing else.
#
# The base is named by its tag, so that rebuilds get Debian's security fixes. What a release consists of is held by the
# digest of the built image. To hold the base too, append `@sha256:…`, the index digest that
# `docker buildx imagetools inspect rust:1.95-slim-bookworm` prints.
FROM rust:1.95-slim-bookworm AS build

WORKDIR /build
COPY Cargo.toml Cargo.lock ./
COPY src src
# Never compiled here: the manifest names the files below `tests`, and `--locked` wants the whole workspace.
COPY tests tests

# BuildKit says which architecture is asked for and runs this stage on it, natively or emulated. The classic builder
# leaves the argument blank and builds for the machine it runs on. A target must be named in both cases: without one
# the flags below would reach procedural macros too, and those cannot be static.
ARG TARGETARCH
RUN set -eu; \
    case "${TARGETARCH:-}" in \
      amd64) target=x86_64-unknown-linux-gnu ;; \
      arm64) target=aarch64-unknown-linux-gnu ;; \
      '') target=$(rustc --print host-tuple) ;; \
      *) echo "no image for the architecture ${TARGETARCH}: only amd64 and arm64" >&2; exit 1 ;; \
    esac; \
    RUSTFLAGS='-C target-feature=+crt-static -C link-arg=-Wl,-z,pack-relative-relocs' cargo build --release --locked --bin codesphere-release --target "$target"; \
    mkdir /out; \
    cp "target/$target/release/codesphere-release" /out/codesphere-release; \
    ln -s codesphere-release /out/codesphere-release-post

# No shell, no libc, no CA bundle: the binary carries what it needs. The runner starts it as root and its file commands
# belong to root, so there is no USER.
FROM scratch
LABEL org.opencontainers.image.title="Codesphere Release" \
      org.opencontainers.image.description="Releases to Codesphere from GitHub Actions" \
      org.opencontainers.image.licenses="MIT OR Apache-2.0"
# One COPY of the folder: it keeps the symbolic link, where two COPYs would hold the binary twice.
COPY --from=build /out/ /
ENTRYPOINT ["/codesphere-release"]
