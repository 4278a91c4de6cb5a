#!/bin/sh
#
# SPDX-License-Identifier: BSD-2-Clause
#
# Runs what a page shows: each ```sh block, with build/bin/vnetsim being the
# executable given; the lines of the ``` blocks behind it must be in what it
# prints, "..." standing for anything.
#
# usage: page.sh page executable
set -u
page=${1:?usage: page.sh page executable}
vnetsim=${2:?usage: page.sh page executable}
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT

# command.1, expected.1, command.2, ...
awk -v dir="$dir" '
/^```sh$/ { n++; out = dir "/command." n; next }
/^```$/ { out = out == "" && n > 0 ? dir "/expected." n : ""; next }
out != "" { print >out }
' "$page"

failed=0
n=1
while [ -f "$dir/command.$n" ]; do
	sed "s|build/bin/vnetsim|$vnetsim|g" "$dir/command.$n" >"$dir/run"
	sh "$dir/run" >"$dir/output" 2>&1
	touch "$dir/expected.$n"
	while IFS= read -r line; do
		# A fixed text, but for the dots.
		printf '%s\n' "$line" |
		    sed 's/[][\*^$]/\\&/g; s/\.\.\./\n/g; s/\./\\./g' |
		    awk 'NR > 1 { printf ".*" } { printf "%s", $0 }' \
		    >"$dir/pattern"
		if ! grep -q -- "^$(cat "$dir/pattern")\$" "$dir/output"; then
			echo "not ok: command $n does not print: $line"
			failed=1
		fi
	done <"$dir/expected.$n"
	[ $failed -eq 0 ] || cat "$dir/output"
	n=$((n + 1))
done
if [ $n -eq 1 ]; then
	echo "not ok: no commands in $page"
	failed=1
fi
exit $failed
