#!/bin/sh
# Make a virtual environment: make_venv.sh PYTHON FOLDER. Debian's python3 comes without venv; say or do what is missing.
set -eu
python=$1 folder=$2
command -v "$python" > /dev/null || { echo "error: $python was not found; install Python 3.11 or newer" >&2; exit 1; }
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
    echo "error: $("$python" --version) is too old; reportgen needs Python 3.11 or newer (make PYTHON=python3.12 ...)" >&2
    exit 1
}
[ -x "$folder/bin/python" ] && exit 0
if ! "$python" -c 'import ensurepip, venv' 2> /dev/null; then
    if [ "$(id -u)" = 0 ] && command -v apt-get > /dev/null; then
        apt-get update -qq && apt-get install -y -qq python3-venv
    else
        echo "error: this Python has no venv; run: sudo apt-get install python3-venv" >&2
        exit 1
    fi
fi
"$python" -m venv "$folder"
