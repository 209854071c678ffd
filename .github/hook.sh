#!/usr/bin/env bash
# What the hooks of pre-commit run: the program of this very checkout, built when it is asked for the first time. PORTCULLIS
# names one that is built already.
set -euo pipefail
portcullis="${PORTCULLIS:-}"
if [ -z "$portcullis" ]; then
  here="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
  command -v cargo >/dev/null || { echo 'cargo is missing: install Rust from https://rustup.rs' >&2; exit 2; }
  # From its own folder, because what the repository that is checked tells cargo and rustup is not meant for this build.
  (cd "$here" && cargo build --quiet --release --locked --package portcullis-cli --target-dir "$here/target")
  portcullis="$here/target/release/portcullis"
fi
exec "$portcullis" "$@"
