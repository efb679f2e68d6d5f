#!/bin/sh
# Makes .venv with the locked packages and installs missing Debian packages (root or sudo; else prints the line to type).
# usage: bootstrap.sh demo|test
set -eu
cd "$(dirname "$0")/../.."
UV_VERSION=0.13.9
goal=$1
missing=""

need() { # need PACKAGE COMMAND...: the package is missing when the command fails
    package=$1; shift
    "$@" >/dev/null 2>&1 || missing="$missing $package"
}
library() { /sbin/ldconfig -p | grep -q "$1"; }
postgresql_server() { ls /usr/lib/postgresql/*/bin/initdb; }

python=$(command -v python3.11 || command -v python3 || true)
[ -n "$python" ] || { echo "Python 3.11 est nécessaire : apt-get install python3" >&2; exit 1; }
"$python" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' || {
    echo "Python 3.11 est nécessaire, trouvé : $("$python" --version)" >&2; exit 1; }

[ -x .venv/bin/python ] || need python3-venv "$python" -c "import ensurepip"
need libpango-1.0-0 library libpango-1.0.so.0
need libpangoft2-1.0-0 library libpangoft2-1.0.so.0
need libharfbuzz-subset0 library libharfbuzz-subset.so.0
if [ "$goal" = test ]; then
    need chromium command -v chromium
    need firefox-esr command -v firefox-esr
    need postgresql postgresql_server
    need nodejs command -v node
    need poppler-utils command -v pdftotext
    need iproute2 test -x /usr/sbin/tc
    need iptables test -x /usr/sbin/iptables
    need coturn command -v turnserver
    need libreoffice-calc-nogui command -v soffice
fi

if [ -n "$missing" ]; then
    install="apt-get install -y --no-install-recommends$missing"
    if ! command -v apt-get >/dev/null; then
        echo "Il manque des paquets (noms Debian) :$missing" >&2; exit 1
    elif [ "$(id -u)" = 0 ]; then
        sudo=""
    elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
        sudo="sudo"
    else
        echo "Il manque des paquets. Tapez : sudo apt-get update && sudo $install" >&2; exit 1
    fi
    echo "Installation des paquets :$missing"
    # PostgreSQL's own cluster isn't wanted: the tests start a private one.
    $sudo env DEBIAN_FRONTEND=noninteractive sh -c "apt-get update -qq && $install -qq" >/dev/null
    # Debian starts coturn at once, on every interface: the tests start a private one.
    case "$missing" in *" coturn"*) $sudo systemctl disable --now coturn >/dev/null 2>&1 || true ;; esac
fi

[ -x .venv/bin/python ] || "$python" -m venv .venv
.venv/bin/uv --version 2>/dev/null | grep -qF "$UV_VERSION" || .venv/bin/pip install -q "uv==$UV_VERSION"
# --inexact: uv itself lives in this environment.
if [ "$goal" = test ]; then
    .venv/bin/uv sync -q --locked --inexact
else
    .venv/bin/uv sync -q --locked --inexact --no-dev
fi
