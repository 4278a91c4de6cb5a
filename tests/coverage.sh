#!/bin/sh
#
# SPDX-License-Identifier: BSD-2-Clause
#
# Checks docs/coverage.md: every test that it names is run by its program,
# every row of the specification stands in it exactly once, and the tests of
# rows that have a letter say which rows they are.
#
# usage: coverage.sh root-of-the-sources

root=${1:?usage: coverage.sh root}
page=$root/docs/coverage.md
export LC_ALL=C
bad=$(mktemp) && named=$(mktemp) || exit 1
trap 'rm -f "$bad" "$named"' EXIT

complain()
{
	echo "coverage.md: $*" | tee -a "$bad"
}

# --- the tests: `PROGRAM:FUNCTION` ------------------------------------------

# What each program's main() speaks of, in the same form.
registered()
{
	awk '
	FNR == 1 {
		inside = 0
		program = FILENAME
		sub(/.*\/test_/, "", program)
		sub(/\.c$/, "", program)
	}
	/^main\(/ { inside = 1 }
	inside {
		n = split($0, words, /[^A-Za-z0-9_]+/)
		for (i = 1; i <= n; i++)
			if (words[i] != "")
				print program ":" words[i]
	}
	' "$root"/tests/*/test_*.c | sort -u
}

# shellcheck disable=SC2016 # the page quotes with backquotes
grep -o '`[a-z0-9_]*:[a-z0-9_]*`' "$page" | tr -d '`' | sort -u >"$named"
registered | comm -23 "$named" - | while read -r test; do
	complain "no program runs $test"
done

# --- the rows ---------------------------------------------------------------

# Prints "row<TAB>tests" for each row, and what is wrong with the numbers.
rows()
{
	awk '
	function number(id) {
		gsub(/[^0-9]/, "", id)
		return (id + 0)
	}
	function seen(id) {
		if (!(id in want))
			print "! " section ": unknown row " id
		else if (want[id]++)
			print "! " section ": row " id " twice"
		print id "\t" tests
	}
	function range(cell,	from, to, i, n, part, prefix) {
		n = split(cell, part, "-")
		if (n == 1)
			return (seen(cell))
		prefix = cell ~ /^[A-Z]/ ? substr(cell, 1, 1) "%02d" : "%d"
		for (i = number(part[1]); i <= number(part[2]); i++)
			seen(sprintf(prefix, i))
	}
	function finish(	id) {
		for (id in want)
			if (want[id] == 0)
				print "! " section ": row " id " missing"
		delete want
	}
	/^## / { finish(); section = substr($0, 4) }
	/^<!-- rows / {
		for (n = 3; n < NF; n++) {
			if (split($n, part, "-") == 1) {
				want[$n] = 0
				continue
			}
			prefix = $n ~ /^[A-Z]/ ? substr($n, 1, 1) "%02d" : "%d"
			for (i = number(part[1]); i <= number(part[2]); i++)
				want[sprintf(prefix, i)] = 0
		}
	}
	/^\| [MC]?[0-9]/ {
		split($0, cells, "|")
		tests = cells[4]
		gsub(/ /, "", cells[2])
		n = split(cells[2], list, ",")
		for (k = 1; k <= n; k++)
			range(list[k])
	}
	END { finish() }
	' "$page"
}

rows | while IFS='	' read -r row tests; do
	case $row in
	'!'*)
		complain "${row#! }"
		continue
		;;
	[MC]*)
		;;
	*)
		continue
		;;
	esac
	programs=$(echo "$tests" | grep -o '`[a-z0-9_]*:' | tr -d '`:')
	[ -n "$programs" ] || continue
	for program in $programs; do
		grep -qw "$row" "$root"/tests/*/test_"$program".c && continue 2
	done
	complain "no test named for $row says so"
done

# A page that lost its tables would pass everything above.
[ "$(grep -c '^<!-- rows ' "$page")" -eq 6 ] || complain "tables are missing"
[ ! -s "$bad" ]
