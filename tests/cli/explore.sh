#!/bin/sh
# vnetsim explore, replay and merge, as a user meets them.  Arguments: the
# executable, and the directory of the modules made of modules/race.c.
set -u
vnetsim=$1
modules=$2
module=$2/race-debug.so
# shellcheck source=tests/cli/lib.sh
. "${0%/*}/lib.sh"
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
cd "$dir" || exit 1

# key FILE KEY: the value of a key on a line of its own.
key() {
	sed -n "s/^  \"$2\": \(.*[^,]\),*\$/\1/p" "$1"
}

# --- every bad input, each with a message that helps --------------------------
expect 2 'no scenario "nothing"' "$vnetsim" explore nothing
expect 2 'the name of a scenario' "$vnetsim" explore
expect 2 'the name of a scenario' "$vnetsim" explore --module x.so
expect 2 'what is "two"' "$vnetsim" explore philosophers two
expect 2 'bad option' "$vnetsim" explore philosophers --nonsense
expect 2 'bad option' "$vnetsim" explore philosophers --seed
expect 2 'unknown "guess"' "$vnetsim" explore philosophers --strategy guess
for number in 0 -1 x 1x ''; do
	expect 2 'is not a number' \
	    "$vnetsim" explore philosophers --schedules "$number"
	expect 2 'is not a number' "$vnetsim" explore philosophers --jobs "$number"
done
for shard in 0/2 3/2 2 /2 2/ a/b 1/0; do
	expect 2 '--shard' "$vnetsim" explore philosophers --shard "$shard"
done
expect 2 'neither' env -u SLURM_ARRAY_TASK_ID -u JOB_COMPLETION_INDEX \
    "$vnetsim" explore philosophers --shard auto
expect 2 'without gaps' env SLURM_ARRAY_TASK_ID=7 SLURM_ARRAY_TASK_COUNT=3 \
    "$vnetsim" explore philosophers --shard auto
expect 2 'is not divided' \
    "$vnetsim" explore philosophers --strategy ipb --jobs 2
expect 2 'is not ID=on' "$vnetsim" explore philosophers --bug vmove-destroy-race
expect 2 'there is no "x"' "$vnetsim" explore philosophers --bug x=on
expect 2 '"P9" is unknown' "$vnetsim" explore philosophers --profile P9
expect 2 'is not on or off' "$vnetsim" explore philosophers --accesses maybe
expect 2 'cannot write into' \
    "$vnetsim" explore philosophers --out "$dir/none/file"
expect 2 'cannot load the module' \
    "$vnetsim" explore --module none.so --entry race
echo text > text.so
expect 2 'cannot load the module' \
    "$vnetsim" explore --module text.so --entry race
expect 2 'has no "other"' "$vnetsim" explore --module "$module" --entry other
expect 2 'no name or no threads' \
    "$vnetsim" explore --module "$module" --entry empty
expect 2 'give one file' "$vnetsim" replay
expect 2 'cannot read' "$vnetsim" replay none
expect 2 'no replay file' "$vnetsim" replay text.so
expect 2 'give the results' "$vnetsim" merge
expect 2 'is no result' "$vnetsim" merge text.so
expect 0 'usage: vnetsim explore' "$vnetsim" explore --help
expect 0 'usage: vnetsim replay' "$vnetsim" replay --help
expect 0 'usage: vnetsim merge' "$vnetsim" merge --help
expect 0 'philosophers' "$vnetsim" explore --list

# --- found, and not found -------------------------------------------------------
expect 0 'clean' "$vnetsim" explore epair-destroy-vmove --schedules 200
expect 1 'found in schedule' "$vnetsim" explore epair-destroy-vmove \
    --bug vmove-destroy-race=on --out pair.replay
expect 1 'leak' "$vnetsim" explore tun-jail --bug tun-cdev-extra-ref=on
expect 1 '1 preemption; no schedule with fewer' \
    "$vnetsim" explore philosophers --out table.replay
expect 1 "references of the object" \
    "$vnetsim" explore ifnet-3 --out ifnet.replay --jobs 2
# Hooks of a module, and of the command beside them, in a replay too.
printf '%s\n' 'setup' 'call tst-arrival-register' 'call tst-arrival-end' \
    'call tst-arrival-deregister' 'thread a' 'call refuse -> ok' >hooks.scn
expect 2 'there is no hook "refuse"' "$vnetsim" explore hooks.scn
expect 1 'EBUSY, not ok' "$vnetsim" explore hooks.scn --module "$module" \
    --out hooks.replay
expect 1 'EBUSY, not ok' "$vnetsim" replay hooks.replay
expect 1 'panic: mine' "$vnetsim" explore --module "$module" --entry race \
    --out race.replay
expect 2 'calls usleep() of the host' \
    "$vnetsim" explore --module "$modules/race_sleepy-debug.so" --entry sleepy

# --- exactly the same again, in a hundred processes --------------------------------
for file in pair table race; do
	"$vnetsim" replay $file.replay > first.txt 2>&1
	[ $? -eq 1 ] || bad "$file.replay does not fail: $(cat first.txt)"
	# Code is elsewhere in each process.
	sed 's/0x7[0-9a-f]*/CODE/g; s/0x5[0-9a-f]*/CODE/g' first.txt > first
	i=0
	while [ $i -lt 33 ]; do
		"$vnetsim" replay $file.replay 2>&1 |
		    sed 's/0x7[0-9a-f]*/CODE/g; s/0x5[0-9a-f]*/CODE/g' > again
		cmp -s first again || bad "$file.replay: run $i differs"
		i=$((i + 1))
	done
	awk 'length > 80 { exit 1 }' first.txt || bad "$file: lines too long"
done

# --- files that do not fit ------------------------------------------------------------
head -c 300 table.replay > cut.replay
expect 2 'cut short or changed' "$vnetsim" replay cut.replay
sed 's/^schedule /schedule x/' table.replay > changed.replay
expect 2 'cut short or changed' "$vnetsim" replay changed.replay
sed 's/^vnetsim-replay 1/vnetsim-replay 9/' table.replay > new.replay
expect 2 'format 9' "$vnetsim" replay new.replay
# The same scenario with other code: a module that was changed and rebuilt.
expect 2 'does not belong to this code' \
    "$vnetsim" replay race.replay --module "$modules/race_changed-debug.so"

# --- parts of one exploration -----------------------------------------------------------
set -- --schedules 999 --seed 7 --strategy random --json
expect 0 '' "$vnetsim" explore epair-destroy-vmove "$@" --out whole.json
for i in 1 2 3; do
	expect 0 '' "$vnetsim" explore epair-destroy-vmove "$@" \
	    --shard $i/3 --out part$i.json
done
expect 0 '' "$vnetsim" merge --json --out sum.json part1.json part2.json \
    part3.json
[ "$(key sum.json schedules)" = "$(key whole.json schedules)" ] ||
    bad "parts have $(key sum.json schedules) schedules in all"
expect 0 'only 2 of 3 parts' "$vnetsim" merge part1.json part3.json
expect 2 'is there twice' "$vnetsim" merge part1.json part1.json
expect 0 '' "$vnetsim" explore philosophers --schedules 1 --json --out other.json
expect 2 'another exploration' "$vnetsim" merge part1.json other.json
head -c 100 part2.json > cut.json
expect 2 'is no result' "$vnetsim" merge part1.json cut.json

# The first failure is the one that one process finds.
set -- --seed 3 --strategy random --json
expect 1 '' "$vnetsim" explore philosophers "$@" --out whole.json
for i in 1 2; do
	"$vnetsim" explore philosophers "$@" --shard $i/2 --out part$i.json
done
expect 1 'found in schedule' "$vnetsim" merge part1.json part2.json
expect 1 '' "$vnetsim" merge --json --out sum.json part1.json part2.json
[ "$(key sum.json first_failure)" = "$(key whole.json first_failure)" ] ||
    bad "first failure $(key sum.json first_failure), not" \
	"$(key whole.json first_failure)"
expect 1 '' "$vnetsim" explore philosophers "$@" --jobs 2 --out jobs.json
[ "$(key jobs.json first_failure)" = "$(key whole.json first_failure)" ] ||
    bad "with two jobs: first failure $(key jobs.json first_failure)"
expect 1 'deadlock' "$vnetsim" replay sum.json
for name in outcome schedules schedules_per_second first_failure preemptions \
    replay; do
	[ -n "$(key sum.json $name)" ] || bad "no \"$name\" in the result"
done

expect 0 'only rounds with something new' "$vnetsim" explore \
    --module "$module" --entry loop --strategy optimal

# Parts of a tree: each class is in one of them.
for strategy in source optimal; do
	set -- --module "$module" --entry turns --strategy $strategy
	expect 0 'clean: all 90 classes explored' "$vnetsim" explore "$@"
	expect 0 'clean: all 90 classes explored' \
	    "$vnetsim" explore "$@" --jobs 3
	for n in 2 3 7; do
		i=1
		while [ $i -le $n ]; do
			expect 0 '' "$vnetsim" explore "$@" --shard $i/$n \
			    --json --out tree$i.json
			i=$((i + 1))
		done
		expect 0 'clean: all 90 classes explored' \
		    "$vnetsim" merge $(seq -f 'tree%.0f.json' $n)
	done
	expect 0 ' classes, all of 6 of 7 parts' \
	    "$vnetsim" merge $(seq -f 'tree%.0f.json' 6)
done

# --- arrays of jobs ------------------------------------------------------------------------
expect 0 '"5/8"' env SLURM_ARRAY_TASK_ID=14 SLURM_ARRAY_TASK_MIN=10 \
    SLURM_ARRAY_TASK_COUNT=8 "$vnetsim" explore epair-destroy-vmove \
    --schedules 80 --shard auto --json
expect 0 '"1/4"' env -u SLURM_ARRAY_TASK_ID JOB_COMPLETION_INDEX=0 \
    JOB_COMPLETIONS=4 "$vnetsim" explore epair-destroy-vmove \
    --schedules 80 --shard auto --json
if command -v parallel > /dev/null && parallel --version 2>&1 | grep -q GNU
then
	parallel -j 2 "$vnetsim" explore epair-destroy-vmove --schedules 100 \
	    --shard '{}/4' --json --out 'gnu{}.json' ::: 1 2 3 4
	expect 0 '100 schedules' "$vnetsim" merge gnu1.json gnu2.json \
	    gnu3.json gnu4.json
fi

# --- of a scenario file, what the failure does not need is left out -----------
cat > more.scn << 'END'
title	Two take the same interface back, among other things
bug	reclaim-twice
setup
	jail -c name=j persist vnet
	ifconfig disc0 create
	ifconfig disc1 create
	ifconfig disc0 vnet j
	ifconfig disc1 up
thread first
	ifconfig disc0 -vnet j
thread second
	ifconfig disc0 -vnet j
finally
	ifconfig disc0 destroy
	jail -r j
expect	bug: assertion
END
expect 1 'this is needed' "$vnetsim" explore more.scn --bug on --seed 1 \
    --out more.replay
says 'ifconfig disc0 vnet j'
silent 'disc1 up'
grep -q '^left-out' more.replay || bad "more.replay leaves nothing out"
expect 1 'assertion: ' "$vnetsim" replay more.replay
sed -i '/disc1/d' more.scn
expect 2 'more.replay' "$vnetsim" replay more.replay

# Nothing is left of what was not finished.
for file in *.[0-9]*; do
	[ ! -e "$file" ] || bad "left over: $file"
done
[ $failed -eq 0 ] && echo "ok: explore, replay and merge"
exit $failed
