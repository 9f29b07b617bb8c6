"""Fails unless every rules.py and operations.py of a feature is covered, each branch of it."""

import json
import sys
from pathlib import Path

report = json.loads(Path(sys.argv[1]).read_text())["files"]
rooms = ("rules.py", "operations.py")
wanted = sorted(str(path) for room in rooms for path in Path("pointsbank").glob(f"*/{room}"))
gaps = {
    name: (report[name]["missing_lines"], report[name].get("missing_branches", []))
    for name in wanted
    if report[name]["missing_lines"] or report[name].get("missing_branches")
}
for name, (lines, branches) in sorted(gaps.items()):
    print(f"{name}: lines {lines}, branches {branches}")
print(f"{len(wanted)} files of rules and operations, {len(gaps)} with gaps")
sys.exit(1 if gaps or not wanted else 0)
