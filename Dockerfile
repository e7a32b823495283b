# The image of the action: one static binary and nothing else.
#
# The base is named by its tag, so that a branch gets Debian's security fixes. A release looks up the tag's digest, builds
# with that and records it.
ARG RUST_IMAGE=rust:1.95-slim-bookworm
FROM ${RUST_IMAGE} AS build

# Two builds of one commit give the same binary, wherever they happen: the rehearsal of a release tries another folder.
ARG FOLDER=/build
WORKDIR ${FOLDER}
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
    cargo=${CARGO_HOME:-$HOME/.cargo}; \
    export CFLAGS="-ffile-prefix-map=$PWD=/build -ffile-prefix-map=$cargo=/cargo"; \
    export RUSTFLAGS="-C target-feature=+crt-static -C link-arg=-Wl,-z,pack-relative-relocs --remap-path-prefix=$PWD=/build --remap-path-prefix=$cargo=/cargo"; \
    cargo build --release --locked --bin codesphere-release --target "$target"; \
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
