#!/bin/sh
#
# SPDX-License-Identifier: BSD-2-Clause
#
# exports.sh CC library ... -- object ...
#
# No library may export a name that libc, libm, libbsd or libck has: it would
# take its place in the whole program.  No driver object may refer to one of
# the host's functions whose name the kernel shares: it would link without
# complaint and do something else.

set -eu

cc=$1
shift

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

exported()
{
	nm -D --defined-only "$1" | awk '{ sub(/@.*/, "", $NF); print $NF }'
}

for lib in libc.so.6 libm.so.6 libbsd.so libck.so; do
	path=$($cc -print-file-name=$lib)
	[ -e "$path" ] || { echo "$lib not found"; exit 1; }
	# libbsd.so may be a linker script that names the real one.
	if head -c 4 "$path" | grep -q ELF; then
		exported "$path"
	else
		grep -o '/[^ ]*\.so[.0-9]*' "$path" | while read -r real; do
			exported "$real"
		done
	fi
done | sort -u >"$tmp/host"
[ "$(wc -l <"$tmp/host")" -gt 2000 ] || { echo "too few names"; exit 1; }

bad=0
while [ $# -gt 0 ] && [ "$1" != -- ]; do
	exported "$1" | sort -u >"$tmp/ours"
	[ -s "$tmp/ours" ] || { echo "$1 exports nothing"; bad=1; }
	if comm -12 "$tmp/host" "$tmp/ours" | grep .; then
		echo "exported by $1 and by the host"
		bad=1
	fi
	shift
done
[ $# -gt 0 ] && shift

for name in malloc free realloc reallocf strdup strndup asprintf vasprintf \
    printf vprintf puts putchar log pause random arc4random \
    arc4random_uniform arc4random_buf mtx_init mtx_lock mtx_trylock \
    mtx_unlock mtx_destroy setjmp longjmp; do
	echo "$name"
done | sort >"$tmp/shared"
for object; do
	nm -u "$object" | awk '{ sub(/@.*/, "", $NF); print $NF }' |
	    sort -u >"$tmp/used"
	if comm -12 "$tmp/shared" "$tmp/used" | grep .; then
		echo "the host's, used by $object"
		bad=1
	fi
done
exit $bad
