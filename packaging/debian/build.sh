#!/bin/bash
# Builds the Debian package out of programs that `make deb` has built: build.sh PROGRAMS OUTPUT, two folders. Needs no
# network and no root. SLUICE_DEB_DEPENDS names the dependencies where dpkg-shlibdeps cannot find them out, as for
# programs that are linked with a Swift runtime outside any package.
set -euo pipefail
programs=$(realpath "$1")
mkdir -p "$2"
output=$(realpath "$2")
here=$(realpath "$(dirname "$0")")
cd "$here/../.."

version=$(sed -n 's/.*text = "\([^"]*\)".*/\1/p' Sources/SluiceModel/Version.swift)
architecture=$(dpkg --print-architecture)
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || date +%s)}
export SOURCE_DATE_EPOCH
umask 022
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
root=$work/sluice
mkdir -p "$root/DEBIAN"

make --no-print-directory install-files PROGRAMS="$programs" DESTDIR="$root" PREFIX=/usr
strip --strip-unneeded --remove-section=.comment --remove-section=.note "$root"/usr/bin/*
find "$root/usr/share/man" -type f -exec gzip -9n {} +

documents=$root/usr/share/doc/sluice
mkdir -p "$documents"
cp docs/protocol.md docs/operations.md "$documents"
gzip -9n < CHANGELOG.md > "$documents/NEWS.md.gz"
gzip -9n > "$documents/changelog.gz" <<EOF
sluice ($version) unstable; urgency=medium

  * What users notice is in NEWS.md.gz.

 -- The Sluice authors <sluice@localhost>  $(LC_ALL=C date --utc --rfc-email --date="@$SOURCE_DATE_EPOCH")
EOF
{
    echo "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/"
    echo "Upstream-Name: Sluice"
    echo
    echo "Files: *"
    echo "Copyright: 2026 The Sluice authors"
    echo "License: GPL-3"
    echo " On Debian systems the full text is in /usr/share/common-licenses/GPL-3."
} > "$documents/copyright"
install -d "$root/etc/logrotate.d"
install -m 644 "$here/logrotate" "$root/etc/logrotate.d/sluice"

if [ -z "${SLUICE_DEB_DEPENDS:-}" ]; then
    mkdir "$work/debian"
    printf 'Source: sluice\n\nPackage: sluice\nArchitecture: any\n' > "$work/debian/control"
    SLUICE_DEB_DEPENDS=$(cd "$work" && dpkg-shlibdeps -O "$root/usr/bin/sluice" "$root/usr/bin/sluiced" \
        | sed 's/^shlibs:Depends=//')
fi
cat > "$root/DEBIAN/control" <<EOF
Package: sluice
Version: $version
Architecture: $architecture
Maintainer: The Sluice authors <sluice@localhost>
Installed-Size: $(du -sk --exclude=DEBIAN "$root" | cut -f1)
Depends: adduser, $SLUICE_DEB_DEPENDS
Recommends: systemd
Suggests: logrotate
Section: net
Priority: optional
Description: flow admission controller for software-defined networks
 Sluice decides which flows a network carries and on which paths. Clients
 submit flows over a local socket; each is admitted, admitted in the place of
 less important ones, or rejected with a reason. Admitted flows become rules
 for switches.
 .
 The package has the daemon sluiced, its systemd units, and the command sluice.
EOF
(cd "$root" && find etc -type f -printf '/%p\n' | sort) > "$root/DEBIAN/conffiles"
for script in postinst prerm postrm; do install -m 755 "$here/$script" "$root/DEBIAN/$script"; done
(cd "$root" && find usr -type f -print0 | sort -z | xargs -0 md5sum) > "$root/DEBIAN/md5sums"
chmod 644 "$root/DEBIAN/control" "$root/DEBIAN/conffiles" "$root/DEBIAN/md5sums"

dpkg-deb --root-owner-group -Zxz --build "$root" "$output/sluice_${version}_$architecture.deb"
