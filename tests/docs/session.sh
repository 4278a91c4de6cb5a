#!/bin/sh
#
# SPDX-License-Identifier: BSD-2-Clause
#
# Runs the sessions that a page shows, ```console blocks of Markdown or literal
# displays of mdoc(7) that begin with "$ ", in one shell:
#
#	$ command, which goes on after a backslash
#	> or behind this
#	all that it prints
#
# What is shown must be what is printed, line for line; "..." stands for any
# text in a line, and alone for any lines.
#
# The shell starts in a directory of its own that looks like the tree, with docs,
# scenarios and build, and finds the vnetsim that is given.
#
# usage: session.sh page vnetsim
set -u
page=${1:?usage: session.sh page vnetsim}
vnetsim=${2:?usage: session.sh page vnetsim}
root=$(cd "$(dirname "$0")/../.." && pwd) || exit 1
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
mkdir "$dir/tree" || exit 1
ln -s "$root/docs" "$root/scenarios" "$dir/tree" || exit 1
ln -s "$(dirname "$(dirname "$vnetsim")")" "$dir/tree/build" || exit 1

# command.1, shown.1, command.2, ...
awk -v dir="$dir" '
BEGIN { mdoc = ARGV[1] !~ /\.md$/ }
/^\.Bd -literal/ || $0 == "```console" { inside = 1; first = n + 1; next }
/^\.Ed/ || /^```/ { inside = 0 }
!inside { next }
/^\$ / {
	n++
	command = dir "/command." n
	shown = dir "/shown." n
	printf "" >shown
	asked = 1
	on = 1
	$0 = substr($0, 3)
}
n < first { next }			# a display of something else
!on && !/^> / { asked = 0 }
asked {
	sub(/^> /, "")
	if (mdoc)
		gsub(/\\e/, "\\")
	print >command
	on = /\\$/
	next
}
{
	if (mdoc) {
		sub(/^\\&/, "")
		gsub(/\\e/, "\\")
	}
	print >shown
}
' "$page" || exit 1
if [ ! -f "$dir/command.1" ]; then
	echo "not ok: no sessions in $page"
	exit 1
fi

# One shell for all; what each command prints goes into a file.
n=1
{
	echo 'status=0'
	while [ -f "$dir/command.$n" ]; do
		echo "{ (exit \$status)"
		cat "$dir/command.$n"
		echo "} >$dir/printed.$n 2>&1; status=\$?"
		n=$((n + 1))
	done
} >"$dir/session"
(
	PATH=$(dirname "$vnetsim"):$PATH
	cd "$dir/tree" && exec sh "$dir/session"
)

# Both begin to be compared at a line; what "..." skips is as little as will do.
compare() {
	awk '
	function pattern(line,    out, c, i)
	{
		out = ""
		for (i = 1; i <= length(line); i++) {
			c = substr(line, i, 1)
			if (substr(line, i, 3) == "...") {
				out = out ".*"
				i += 2
			} else if (index("\\^$.[]|()*+?{}", c))
				out = out "\\" c
			else
				out = out c
		}
		return ("^" out "$")
	}
	# From where on the lines a to b of what is shown are printed; 0: not.
	function find(a, b, from, fixed,    i)
	{
		for (; from + b - a <= np; from++) {
			for (i = a; i <= b; i++)
				if (printed[from + i - a] !~ pat[i])
					break
			if (i > b)
				return (from)
			if (i - a > far) {
				far = i - a
				missing = shown[i]
			}
			if (fixed)
				break
		}
		return (0)
	}
	{ sub(/[ \t]+$/, "") }
	FILENAME == ARGV[1] { shown[++ns] = $0; pat[ns] = pattern($0); next }
	{ printed[++np] = $0 }
	END {
		at = 1
		fixed = 1
		shown[ns + 1] = "..."
		for (a = 1; a <= ns; a = b + 2) {
			if (shown[a] == "...") {
				fixed = 0
				b = a - 1
				continue
			}
			for (b = a; shown[b + 1] != "..."; b++)
				continue
			last = b == ns
			far = -1
			missing = shown[a]
			# The end of what is printed, if nothing may follow.
			if (last && !fixed && np - (b - a) >= at)
				at = np - (b - a)
			at = find(a, b, at, fixed || last)
			if (at == 0) {
				print "not printed: " missing
				exit 1
			}
			at += b - a + 1
			fixed = 0
			if (last && at <= np) {
				print "not shown: " printed[at]
				exit 1
			}
		}
		if (ns == 0 && np > 0) {
			print "not shown: " printed[1]
			exit 1
		}
	}' "$1" "$2"
}

failed=0
i=1
while [ "$i" -lt "$n" ]; do
	touch "$dir/printed.$i"
	if ! compare "$dir/shown.$i" "$dir/printed.$i" >"$dir/why"; then
		echo "not ok: $page: $(cat "$dir/command.$i")"
		cat "$dir/why"
		head -n 60 "$dir/printed.$i" | sed 's/^/	/'
		failed=1
	fi
	i=$((i + 1))
done
exit $failed
