#!/bin/sh
#
# SPDX-License-Identifier: BSD-2-Clause
#
# The manual against what it describes: headers, options, the commands of
# scenarios, and what is installed.
#
# usage: manual.sh vnetsim build-directory cc
set -u
vnetsim=${1:?usage: manual.sh vnetsim build-directory cc}
build=${2:?usage: manual.sh vnetsim build-directory cc}
cc=${3:?usage: manual.sh vnetsim build-directory cc}
cd "$(dirname "$0")/../.." || exit 1
man=docs/man
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
failed=0

bad() {
	echo "not ok: $*"
	failed=1
}

# same WHAT: the lines of $dir/page are those of $dir/real.
same() {
	LC_ALL=C sort -u "$dir/page" >"$dir/page.sorted"
	LC_ALL=C sort -u "$dir/real" >"$dir/real.sorted"
	diff "$dir/page.sorted" "$dir/real.sorted" >"$dir/diff" && return
	bad "$1"
	cat "$dir/diff"
}

# Section 3: each header has a page, which has each of its functions, with
# the type that it has.  The compiler compares those.
prototypes() {
	awk '
	function item(s) { gsub(/"/, "", s); return (s) }
	/^\.Ft / { type = item(substr($0, 5)) }
	/^\.Fo / { call = type " " $2 "("; sep = ""; inside = 1 }
	/^\.Fa / && inside { call = call sep item(substr($0, 5)); sep = ", " }
	/^\.Fc/ { print call ");"; inside = 0; type = "" }
	/^\.Fn / && type != "" {
		n = split(substr($0, 5), part, /"/)
		call = part[1]
		sub(/ *$/, "", call)
		k = split(call, word, / /)
		call = word[1] "("
		sep = ""
		for (i = 2; i <= k; i++) {
			call = call sep word[i]
			sep = ", "
		}
		for (i = 2; i <= n; i++)
			if (part[i] !~ /^ *$/) {
				call = call sep part[i]
				sep = ", "
			}
		print type " " call ");"
		type = ""
	}
	/^\.Sh DESCRIPTION/ { exit }
	' "$1"
}

# compiles PAGE FLAGS...: $dir/page.c is as the headers have it.
compiles() {
	page=$1
	shift
	"$cc" -std=gnu17 -D_GNU_SOURCE -Iinclude -fsyntax-only -Wall -Werror \
	    "$@" "$dir/page.c" || bad "$page: not as in its headers"
}

headers() {
	for header in include/vnetsim/*.h; do
		name=vnetsim/$(basename "$header")
		page=$(grep -lxF ".In $name" "$man"/vnetsim_*.3)
		if [ ! -f "$page" ]; then
			bad "$name has no page of its own, or two: $page"
			continue
		fi
		{
			echo "#include <$name>"
			prototypes "$page"
		} >"$dir/page.c"
		compiles "$page"
		prototypes "$page" | grep -v typedef |
		    sed 's/(.*//; s/.*[ *]//' >"$dir/page"
		"$cc" -D_GNU_SOURCE -Iinclude -E "$header" |
		    awk '/^# / { ours = index($3, "include/vnetsim/'"$(
			basename "$header")"'") } ours' | tr '\n' ' ' |
		    sed 's/{[^{}]*}//g; s/{[^{}]*}//g; s/{[^{}]*}//g' |
		    tr ';' '\n' | grep -v typedef |
		    grep -o '\<vs_[a-z_]*(' | tr -d '(' >"$dir/real"
		same "$page: functions missing (>), or too many (<)"
	done
}

# Section 9: what has a type has that type.
kernel() {
	flags=$(pkg-config --cflags libbsd-overlay ck) || return
	{
		echo '#include <sys/param.h>'
		echo '#include <sys/systm.h>'
		for page in "$man"/*.9; do
			echo "#line 1 \"$page\""
			sed -n 's/^\.In \([^ ]*\)$/#include <\1>/p' "$page"
			# Inline functions are static, others are macros.
			prototypes "$page" |
			    sed 's/^\([^(]*[ *]\)\([A-Za-z_0-9]*\)(.*/#ifndef \2\
extern &\
#endif/'
		done
	} >"$dir/page.c"
	# shellcheck disable=SC2086 # words
	compiles "$man/*.9" -Iinclude/kpi $flags -D_KERNEL -DVIMAGE -DSMP \
	    -DINET -DINET6 -DINVARIANTS -DINVARIANT_SUPPORT -DWITNESS
}

# What a page names is there, as a function or as a macro.
kpi() {
	cat include/vnetsim/*.h >"$dir/names3"
	find include/kpi -name '*.h' -exec cat {} + >"$dir/names9"
	for page in "$man"/*.[39]; do
		grep -hoE '^\.(Fn|Fo|Ic) [A-Za-z_0-9]+' "$page" |
		    awk '{ print $2 }' | sort -u |
		while read -r name; do
			case $page in
			*.3)	where=$dir/names3 ;;
			*)	where=$dir/names9 ;;
			esac
			grep -qE "(\\<|_)$name *\\(|# *define[[:blank:]]+$name\\>" \
			    "$where" "$dir/names3" ||
			    echo "$page: there is no $name"
		done
		# And so are the headers.
		sed -n 's/^\.In \([^ ]*\).*/\1/p' "$page" | while read -r header; do
			[ -f "include/$header" ] ||
			    [ -f "include/kpi/$header" ] ||
			    echo "$page: there is no <$header>"
		done
	done >"$dir/missing"
	[ ! -s "$dir/missing" ] || bad "$(cat "$dir/missing")"
	# Each header is in a page; but internal ones, options, and the host's.
	find include/kpi -name '*.h' | sed 's|include/kpi/||' |
	    grep -vE '^(sys/_|opt_|asm/|linux/|spawn\.h)' |
	while read -r header; do
		grep -qxF ".In $header" "$man"/*.9 || echo "$header"
	done >"$dir/missing"
	[ ! -s "$dir/missing" ] ||
	    bad "headers without a page: $(cat "$dir/missing")"
	for page in "$man"/vnetsim_*.9; do
		grep -qx '\.Sh DIFFERENCES FROM FREEBSD' "$page" ||
		    bad "$page does not say how it differs from FreeBSD"
	done
}

# Commands, and the options of each, against what the command says itself.
options() {
	"$vnetsim" --help | sed -n 's/^  \([a-z]*\) .*/\1/p' >"$dir/real"
	sed -n '/^The commands are/,/^\.El/s/^\.It Cm //p' "$man/vnetsim.1" \
	    >"$dir/page"
	same "vnetsim.1: commands"
	cp "$dir/page" "$dir/commands"
	while read -r command; do
		"$vnetsim" "$command" --help |
		    grep -oE '(^|[[ ])--?[a-z]+[a-z-]*' | grep -oE '[-a-z]+' |
		    grep -E '^(--[a-z]|-[a-z]$)' >"$dir/said"
		# What others' options are mentioned for, or commands have.
		case $command in
		sh)	printf '%s\n' -c --profile >"$dir/real" ;;
		bugs)	: >"$dir/real" ;;
		merge)	printf '%s\n' --json --out >"$dir/real" ;;
		replay)	printf '%s\n' --module --gdb >"$dir/real" ;;
		*)	cp "$dir/said" "$dir/real" ;;
		esac
		awk -v ss=".Ss vnetsim $command" '
		/^\.S[sh] / { on = $0 == ss }
		on && /^\.It Fl / {
			for (i = 3; i <= NF; i++)
				if ($(i - 1) == "Fl")
					print "-" $i
		}' "$man/vnetsim.1" >"$dir/page"
		same "vnetsim.1: options of $command"
	done <"$dir/commands"
}

# Members of results.
json() {
	for run in "explore philosophers --accesses off --strategy ipb" \
	    "explore philosophers --accesses off --strategy optimal" \
	    "stress --seconds 1"; do
		# shellcheck disable=SC2086 # words
		"$vnetsim" $run --json | grep -oE '^  "[a-z_]+"' |
		    tr -d ' "' |
		while read -r key; do
			sed -n 's/^\.It Va //p' "$man/vnetsim.1" |
			    grep -qE "(^|[ ,])$key([ ,]|\$)" || echo "$key"
		done
	done >"$dir/missing"
	[ ! -s "$dir/missing" ] || bad "vnetsim.1: JSON: $(cat "$dir/missing")"
}

words() {
	"$vnetsim" sh --help |
	    sed -n '/^commands:/,/^exit status/p' | sed '1d;$d' >"$dir/real"
	sed -n '/^ifconfig -l$/,/^\.Ed/p' "$man/scenario.5" |
	    sed '$d' >"$dir/page"
	same "scenario.5: forms of commands"
}

installed() {
	cmake --install "$build" --component manual --prefix "$dir/prefix" \
	    >/dev/null || bad "cmake --install fails"
	find "$dir/prefix" -path '*/man/*' -type f | sed 's|.*/||' >"$dir/real"
	ls "$man" >"$dir/page"
	same "installed pages"
	find "$dir/prefix" -path '*/man/*' -type f | while read -r file; do
		case $file in
		*/man"${file##*.}"/*) ;;
		*) echo "${file#"$dir/prefix/"}" ;;
		esac
	done >"$dir/wrong"
	[ ! -s "$dir/wrong" ] || bad "in the wrong place: $(cat "$dir/wrong")"
}

# Pages of ours that another one refers to, and switches.
references() {
	"$vnetsim" bugs | awk '{ print $1 }' >"$dir/switches"
	grep -hoE '^\.Ql [a-z0-9]+(-[a-z0-9]+)+' "$man"/*.9 |
	while read -r _ name; do
		grep -qxF "$name" "$dir/switches" || echo "$name"
	done >"$dir/dangling"
	[ ! -s "$dir/dangling" ] ||
	    bad "no such switches: $(cat "$dir/dangling")"
	grep -hoE '^\.Xr (vnetsim|scenario)[a-z_]* [0-9]' "$man"/* | sort -u |
	while read -r _ name section; do
		[ -f "$man/$name.$section" ] || echo "$name($section)"
	done >"$dir/dangling"
	[ ! -s "$dir/dangling" ] || bad "no such pages: $(cat "$dir/dangling")"
}

# Lessons lead to each other, and the index to all; every link leads somewhere.
links() {
	for lesson in docs/lessons/[0-9]*.md; do
		grep -qF "($(basename "$lesson"))" docs/lessons/README.md ||
		    bad "docs/lessons/README.md does not list $lesson"
	done
	for page in README.md docs/*.md docs/lessons/*.md; do
		grep -oE '\]\([^)#:]+' "$page" | sed 's/^](//' |
		while read -r target; do
			[ -e "$(dirname "$page")/$target" ] ||
			    echo "$page: $target"
		done
	done >"$dir/dangling"
	[ ! -s "$dir/dangling" ] || bad "links to nowhere: $(cat "$dir/dangling")"
}

# Code that lessons show is code that they run, and a program in a page compiles.
code() {
	cat docs/lessons/*.c | awk -v source=/dev/stdin '
	BEGIN { while ((getline line <source) > 0) code[++n] = line }
	/^```c$/ { inside = 1; m = 0; next }
	/^```/ && inside {
		inside = 0
		for (i = 1; i + m - 1 <= n; i++) {
			for (j = 1; j <= m && code[i + j - 1] == block[j]; j++)
				continue
			if (j > m)
				next
		}
		print FILENAME ": " block[1]
	}
	inside { block[++m] = $0 }
	' docs/lessons/*.md >"$dir/strange"
	[ ! -s "$dir/strange" ] || bad "not in lessons/*.c: $(cat "$dir/strange")"
	for page in "$man"/*.3; do
		sed -n '/^\.Bd -literal/,/^\.Ed/{/^\.[BE]d/!p;}' "$page" \
		    >"$dir/page.c"
		! grep -q '^main(' "$dir/page.c" || compiles "$page"
	done
}

lint() {
	command -v mandoc >/dev/null || return
	mandoc -Tlint -W warning "$man"/* || bad "mandoc complains"
}

headers
kernel
kpi
options
json
words
installed
references
links
code
lint
exit $failed
