#!/bin/sh
# Find a Python >= 3.11 and run scripts/bootstrap.py with it: setup.sh PYTHON [arguments of bootstrap.py]
set -eu
wanted=$1
shift
tried=
for candidate in "$wanted" python3 python3.14 python3.13 python3.12 python3.11; do
    found=$(command -v "$candidate" 2>/dev/null) || continue
    if "$found" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then
        exec "$found" "$(dirname "$0")/bootstrap.py" "$@"
    fi
    tried="$tried $candidate"
done
echo "未找到 Python 3.11 或更高版本（试过：${tried:-  无}）：请安装后重试，或用 PYTHON=/路径/python3 指明。" >&2
echo "No Python 3.11 or later found: install one and try again, or name it by PYTHON=/path/to/python3." >&2
exit 1
