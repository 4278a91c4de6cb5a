#!/bin/sh
#
# SPDX-License-Identifier: BSD-2-Clause
#
# symbols.sh HOST OBJECT ...
#
# What the compiler's thread-sanitizer instrumentation calls in the objects is
# in the library HOST, and libtsan is not needed by any of them.

set -eu

host=$1
shift
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

nm -D --defined-only "$host" | awk '{ print $NF }' | sort >"$tmp/ours"
bad=0
for object in "$host" "$@"; do
	if readelf -d "$object" | grep NEEDED | grep -q tsan; then
		echo "$object needs libtsan"
		bad=1
	fi
	nm -D --undefined-only "$object" | awk '{ print $NF }' |
	    grep -E '^__(tsan|wrap)_' | sort >"$tmp/used" || :
	if comm -23 "$tmp/used" "$tmp/ours" | grep .; then
		echo "$object uses the above, which nobody has"
		bad=1
	fi
	[ "$object" = "$host" ] || [ -s "$tmp/used" ] || {
		echo "$object is not instrumented"
		bad=1
	}
done
exit $bad
