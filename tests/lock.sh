#!/bin/sh
# Pin the dependencies with hashes and without index addresses, for every platform from Python 3.11 on.
set -e
compile=".venv/bin/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header pyproject.toml"
$compile -o requirements.lock
$compile -c requirements.lock --group test -o requirements-test.lock
$compile -c requirements-test.lock --group bench -o requirements-bench.lock
