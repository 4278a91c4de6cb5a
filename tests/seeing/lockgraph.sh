#!/bin/sh
#
# SPDX-License-Identifier: BSD-2-Clause
#
# vnetsim lockgraph.  Arguments: the executable, the directory of the
# scenarios, and dot(1), if there is one.
set -u
vnetsim=$1
scenarios=$2
dot=${3:-}
failed=0
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT

bad() {
	echo "not ok: $*"
	failed=1
}

# draw NAME ARGUMENT...: the graph, in a file of that name.
draw() {
	name=$1
	shift
	"$vnetsim" lockgraph "$@" -o "$dir/$name" || bad "$name: exit $?"
	grep -q '^digraph locks {$' "$dir/$name" || bad "$name: no graph"
	[ -z "$dot" ] || "$dot" -Tsvg "$dir/$name" >"$dir/$name.svg" ||
	    bad "$name: dot does not take it"
}

# --- a run without reversals --------------------------------------------------
draw clean "$scenarios/reclaim-twice.scn"
grep -q '"ifnet_detach_sx" -> "ifnet_sx" \[label="src/net/[a-z_]*\.c:[0-9]*"' \
    "$dir/clean" || bad "the order of two locks is not there"
! grep -q red "$dir/clean" || bad "a reversal in a clean run"
! grep -q dotted "$dir/clean" || bad "an order of the boot without --all"
"$vnetsim" lockgraph "$scenarios/reclaim-twice.scn" >"$dir/out" ||
    bad "exit $?"
cmp "$dir/clean" "$dir/out" || bad "-o makes another graph"

# --- what is known at boot ----------------------------------------------------
draw all "$scenarios/reclaim-twice.scn" --all
grep -q dotted "$dir/all" || bad "no order of the boot with --all"

# --- a reversal, in red -------------------------------------------------------
draw reversal "$scenarios/detach-vs-sysinit-abba.scn" --bug on \
    --schedules 1 --seed 1
draw failure "$scenarios/detach-vs-sysinit-abba.scn" --bug on --accesses off
cat "$dir/reversal" "$dir/failure" | grep 'color=red' >"$dir/red" ||
    bad "no reversal in red"
grep -q 'vnet_sysinit_sxlock' "$dir/red" || bad "another reversal"

# --- of a replay, and of a kernel that knows no order -------------------------
"$vnetsim" explore "$scenarios/detach-vs-sysinit-abba.scn" --bug on \
    --accesses off --out "$dir/replay" >/dev/null
draw again "$dir/replay"
cmp "$dir/again" "$dir/failure" || bad "a replay has another graph"
out=$("$vnetsim" --kernel plain lockgraph philosophers 2>&1)
got=$?
case $got:$out in
2:*"has no WITNESS"*) ;;
*)	bad "the plain kernel: $got: $out" ;;
esac
exit $failed
