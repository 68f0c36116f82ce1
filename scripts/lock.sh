#!/bin/sh
# Write requirements.lock and requirements-test.lock from pyproject.toml (needs uv on PATH; UPGRADE=1 for newer versions).
# The hashes must be those of the public files, so settings for local folders of packages are left out.
set -eu
cd "$(dirname "$0")/.."
if ! command -v uv >/dev/null 2>&1; then
    echo "请先安装 uv / please install uv first: it writes locks for all platforms." >&2
    exit 1
fi
unset UV_FIND_LINKS UV_EXTRA_INDEX_URL UV_INDEX PIP_FIND_LINKS PIP_EXTRA_INDEX_URL || true
write() {
    output=$1
    shift
    uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --no-header \
        --no-emit-index-url --no-emit-find-links ${UPGRADE:+--upgrade} --output-file "$output" "$@" pyproject.toml >/dev/null
    echo "· $output: $(grep -c '==' "$output")"
}
write requirements.lock --group setup
write requirements-test.lock --group setup --group test --constraints requirements.lock
