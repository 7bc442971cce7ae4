#!/usr/bin/env bash
# Lines that the tests have run, by module, from the report that `swift test --enable-code-coverage` has written.
set -euo pipefail
report=$(find "$1" -path '*codecov*' -name '*.json' | head -1)
[ -n "$report" ] || { echo "coverage.sh: no report in $1" >&2; exit 1; }
python3 - "$report" <<'PYTHON'
import collections, json, sys

modules = collections.defaultdict(lambda: [0, 0])
for file in json.load(open(sys.argv[1]))["data"][0]["files"]:
    parts = file["filename"].split("/")
    if "Sources" not in parts or ".build" in file["filename"].split("/Sources/")[0].split("/")[-1]:
        continue
    if "checkouts" in parts:
        continue
    lines = file["summary"]["lines"]
    module = modules[parts[parts.index("Sources") + 1]]
    module[0] += lines["covered"]
    module[1] += lines["count"]
print(f"{'MODULE':20} {'LINES':>7} {'RUN':>7} {'SHARE':>7}")
for name in sorted(modules):
    run, count = modules[name]
    print(f"{name:20} {count:7} {run:7} {100 * run / max(1, count):6.1f} %")
run, count = (sum(values[place] for values in modules.values()) for place in (0, 1))
print(f"{'all':20} {count:7} {run:7} {100 * run / max(1, count):6.1f} %")
PYTHON
