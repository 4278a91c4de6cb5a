#!/bin/sh
# Every older profile is caught by the stress command within a minute, and so
# is each of the named changes when it alone is taken back (the first has no
# effect while a later one covers it).  Argument: the executable.  The last
# seed that is tried gets the whole minute.
set -u
vnetsim=$1
failed=0

caught() {
	for try in "1 10" "2 10" "3 60"; do
		# shellcheck disable=SC2086 # two words
		set -- "$1" "$2" $try
		out=$("$vnetsim" stress --threads 8 --seed "$3" --seconds "$4" \
		    --profile "$1" --mix "$2" 2>&1)
		status=$?
		if [ $status -eq 1 ]; then
			echo "ok: $1: $(echo "$out" | sed -n 's/^outcome: //p')"
			return
		fi
		[ $status -eq 0 ] || break
	done
	echo "not ok: $1: exit $status"
	echo "$out" | tail -n 5
	failed=1
}

# Unloading has defects of its own in all of them, which would come first.
for profile in P0 P1 P2 P3 P4 S15 \
    fixed,+epair-vnet-return-uaf,+sysuninit-vs-detach \
    fixed,+sysuninit-vs-detach \
    fixed,+vmove-destroy-race \
    fixed,+reclaim-twice \
    fixed,+loan-loses-to-destroy; do
	caught "$profile" create=30,destroy=25,vmove=25,jail=10,enter=8,config=4
done
# The callers that never locked before e9fc0c538264 are those that unload.
for profile in P3 fixed,+vmove-destroy-stale-vnet; do
	caught "$profile" create=30,destroy=20,vmove=30,unload=5
done
exit $failed
