#!/bin/bash
# Checks a Debian package as `make deb` has built it: check.sh PACKAGE, as root. It goes into a root of its own, its
# programs run from there without any Swift runtime, and nothing is left of it when it is purged.
set -euo pipefail
package=$(realpath "$1")
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
mkdir -p "$root/var/lib/dpkg/info" "$root/var/lib/dpkg/updates" "$root/etc"
touch "$root/var/lib/dpkg/status"
dpkg_here() { dpkg --root="$root" --force-script-chrootless --force-depends --force-not-root "$@" > /dev/null 2>&1; }
fail() { echo "check.sh: $*" >&2; exit 1; }

for needed in libglpk40 libpcap0.8 libsqlite3-0; do
    dpkg-deb --field "$package" Depends | grep -q "$needed" || fail "does not depend on $needed"
done
dpkg_here --install "$package" < /dev/null || fail "does not install"
for program in sluice sluiced; do
    if ldd "$root/usr/bin/$program" | grep -iE 'swift|foundation|not found'; then fail "$program needs more than it may"; fi
    env -i "$root/usr/bin/$program" --version > /dev/null || fail "$program does not run"
done
env -i "$root/usr/bin/sluiced" --topology "$root/etc/sluice/topology.json" --policy "$root/etc/sluice/policy.yaml" \
    --check || fail "the installed configuration has faults"
dpkg_here --remove sluice || fail "cannot be removed"
test -e "$root/etc/sluice/policy.yaml" || fail "removal takes the configuration along"
dpkg_here --purge sluice || fail "cannot be purged"
left=$(find "$root" -path "$root/var/lib/dpkg" -prune -o -name '*luice*' -print)
test -z "$left" || fail "leaves $left"
if command -v lintian > /dev/null; then
    # The programs hold what Debian has as libraries (libyaml), so that nothing else need be installed.
    lintian --fail-on error --suppress-tags embedded-library,bogus-mail-host,bogus-mail-host-in-debian-changelog \
        --allow-root "$package" \
        || fail "lintian finds errors"
fi
echo "$(basename "$package"): $(stat -c %s "$package") bytes, installs, runs, and leaves nothing behind"
