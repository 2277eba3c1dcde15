#!/bin/sh
# Brings one environment to its lock: `sh requirements/install.sh run`, `dev`, `calendar-programs`, `calendar-scripts` or `bench`.
# It is silent and quick when there is nothing to do. A stamp in the environment is a copy of what was installed there.
set -eu
cd "$(dirname "$0")/.."

# Libraries of JavaScript, with which the tests read feeds. Whoever has no Node.js goes without; on a build server those
# tests then fail.
install_scripts() {
    cd requirements/calendar-scripts
    command -v npm >/dev/null || { echo "No npm: calendars are not read with JavaScript."; return; }
    cmp -s package-lock.json node_modules/installed-package-lock.json && return
    echo "fetching the packages of requirements/calendar-scripts"
    npm ci --no-audit --no-fund --ignore-scripts --loglevel=error >/dev/null
    cp package-lock.json node_modules/installed-package-lock.json
}

case "${1:-}" in
    calendar-scripts) install_scripts; exit ;;
    run | dev) name=$1 venv=.venv steps=3 ;;
    calendar-programs | bench) name=$1 venv=.venv-$1 steps=2 ;;
    *) echo "usage: sh requirements/install.sh run|dev|calendar-programs|calendar-scripts|bench" >&2; exit 2 ;;
esac
lock=requirements/$name.txt
stamp=$venv/installed-$name.txt
suitable='import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 14))'

stop() {
    echo >&2
    printf '%s\n' "$@" >&2
    exit 1
}

find_python() {
    if [ -n "${PYTHON:-}" ]; then
        "$PYTHON" -c "$suitable" || stop "PYTHON=$PYTHON is no Python 3.11, 3.12, 3.13 or 3.14."
        set -- "$PYTHON"
    else
        set -- python3.14 python3.13 python3.12 python3.11 python3
    fi
    found=
    for candidate in "$@"; do
        "$candidate" -c "$suitable" 2>/dev/null || continue
        found=$candidate
        if "$candidate" -c 'import ensurepip, venv' 2>/dev/null; then
            python=$candidate
            return
        fi
    done
    if [ -n "$found" ]; then
        stop "$found cannot make environments: its venv module is missing." \
            "On Debian and Ubuntu: sudo apt-get install python3-venv"
    fi
    stop "Duecourse needs Python 3.11, 3.12, 3.13 or 3.14, and none was found." \
        "On Debian and Ubuntu: sudo apt-get install python3 python3-venv. On macOS: brew install python@3.13" \
        "If it has another name or place: make run PYTHON=/path/to/python3"
}

# The programs of an environment name its folder, so one that was moved or copied is made anew.
venv_is_usable() {
    "$venv/bin/python" -c "$suitable" 2>/dev/null || return 1
    [ ! -e "$venv/made-in" ] || [ "$(cat "$venv/made-in")" = "$PWD" ]
}

make_venv() {
    find_python
    echo "1/$steps making $venv with $("$python" --version)"
    "$python" -m venv --clear "$venv" || stop "$venv could not be made."
    echo "$PWD" >"$venv/made-in"
}

# Turns pip's many lines into one that counts, written over on a terminal; whatever is no routine line is shown whole.
show_progress() {
    total=$(grep -c '^[A-Za-z0-9].*==' "$lock")
    count=0
    while IFS= read -r line; do
        case "$line" in
            Collecting\ * | Processing\ * | Requirement\ already\ * | Ignoring\ *)
                count=$((count + 1))
                package=${line#* }
                package=${package%% *}
                package=${package##*/}
                package=${package%%-[0-9]*}
                if [ -t 1 ]; then
                    printf '\r    %s of %s: %s\033[K' "$count" "$total" "${package%%[=:]*}"
                elif [ $((count % 25)) -eq 0 ]; then
                    echo "    $count of $total"
                fi
                ;;
            Installing\ collected*)
                if [ -t 1 ]; then printf '\r\033[K'; fi
                echo "    all $count are here, unpacking them"
                ;;
            Looking\ * | \ *Downloading\ * | \ *Using\ cached* | *ttempting\ uninstall* | *Found\ existing* | *ninstall* | Success*) ;;
            WARNING:\ Location*is\ ignored*) ;;
            *) printf '%s\n' "$line" >&2 ;;
        esac
    done
}

install_packages() {
    echo "2/$steps fetching the packages of $lock"
    "$venv/bin/python" -m pip --version >/dev/null 2>&1 || "$venv/bin/python" -m ensurepip >/dev/null
    # An installation that breaks off halfway matches no lock.
    rm -f "$venv"/installed-*
    # Wheels only: what would be built here would be built with tools that no lock names.
    {
        PYTHONUNBUFFERED=1 "$venv/bin/python" -m pip install --disable-pip-version-check --no-input --progress-bar off \
            --require-hashes --no-deps --only-binary :all: -r "$lock" 2>&1 && cp "$lock" "$stamp"
    } | show_progress
    cmp -s "$lock" "$stamp" || stop "The packages could not be installed: pip's reason is above." \
        "After a broken connection the same command goes on where it stopped."
    # The development lock holds every line of the run lock.
    if [ "$name" = dev ]; then cp requirements/run.txt "$venv/installed-run.txt"; fi
}

install_duecourse() {
    echo "3/$steps installing Duecourse itself"
    "$venv/bin/python" -m pip install --disable-pip-version-check --quiet --no-deps --no-build-isolation -e . ||
        stop "Duecourse itself could not be installed: pip's reason is above."
    cp pyproject.toml "$venv/installed-pyproject.toml"
}

venv_is_usable || make_venv
cmp -s "$lock" "$stamp" || install_packages
if [ "$venv" = .venv ]; then
    cmp -s pyproject.toml "$venv/installed-pyproject.toml" || install_duecourse
fi
