# What `run` and `test` share: a Python, a virtual environment, locked packages. Sourced, not started.

environment=.venv
python=$environment/bin/python
compiled="deploy/compile.py server/ascona/media/native/*.[ch]" # compiled while Ascona is installed

# Never waits for an answer.
export PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1 PIP_PREFER_BINARY=1 PIP_ROOT_USER_ACTION=ignore
export npm_config_yes=true npm_config_fund=false npm_config_audit=false npm_config_update_notifier=false
export DEBIAN_FRONTEND=noninteractive

say() { printf '%s\n' "$*" >&2; }

give_up() {
    say "$@"
    exit 1
}

# Prints a Python >= 3.11 that can make virtual environments. The machine's own comes first: it brings its parts.
find_python() {
    local candidate too_bare=
    for candidate in ${ASCONA_PYTHON:-python3 python3.13 python3.12 python3.11 python3.14}; do
        "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || continue
        if "$candidate" -c 'import ensurepip, venv' 2>/dev/null; then
            command -v "$candidate"
            return
        fi
        too_bare=$candidate
    done
    if [ -n "$too_bare" ]; then
        give_up "$too_bare cannot make virtual environments. On Debian or Ubuntu, as root: apt-get install python3-venv"
    fi
    give_up "Ascona needs Python 3.11 or newer. On Debian or Ubuntu, as root: apt-get install python3 python3-venv" \
        "(another Python: ASCONA_PYTHON=/path/to/python $0)"
}

make_environment() {
    if "$python" -c 'import pip' 2>/dev/null; then return; fi
    local found
    found=$(find_python) || exit 1
    say "Making a virtual environment in $environment with $found"
    "$found" -m venv --clear "$environment" || give_up "Could not make $environment."
}

# Only what the lock names, build tools included, each file with the hash that stands there; then Ascona itself.
install_ascona() {
    "$python" -m pip install --quiet --quiet --require-hashes --requirement "$lock" </dev/null &&
        "$python" -m pip install --quiet --quiet --no-deps --no-build-isolation --editable . </dev/null
}

# fingerprint FILE...: of what the files say and which Python reads them.
fingerprint() {
    "$python" -c 'import hashlib, pathlib, sys
print(hashlib.sha256(b"".join([sys.version.encode(), *(pathlib.Path(file).read_bytes() for file in sys.argv[1:])])).hexdigest())' "$@"
}

# once NAME COMMAND FILE...: runs the command unless it was done for these very files, in this environment.
once() {
    local name=$1 command=$2 stamp=$environment/done-$1 now
    shift 2
    now=$(fingerprint "$@")
    if [ "$(cat "$stamp" 2>/dev/null)" = "$now" ]; then return; fi
    say "Installing $name"
    rm -f "$stamp"
    "$command" || give_up "Could not install $name; what is above says why."
    printf '%s\n' "$now" >"$stamp"
}
