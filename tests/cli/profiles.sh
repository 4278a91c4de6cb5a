#!/bin/sh
# Every older profile is caught by the stress command within a minute, and so
# is each of the named changes when it alone is taken back (the first has no
# effect while a later one covers it).  Argument: the executable.  The last
# seed that is tried gets the whole minute.
set -u
vnetsim=$1
failed=0

# caught PROFILE MIX [OPTION...]
caught() {
	profile=$1
	mix=$2
	shift 2
	for try in "1 --seconds 10" "2 --seconds 10" "3 --seconds 60"; do
		# shellcheck disable=SC2086 # words
		out=$("$vnetsim" stress --threads 8 --seed $try \
		    --profile "$profile" --mix "$mix" "$@" 2>&1)
		status=$?
		if [ $status -eq 1 ]; then
			echo "ok: $profile:" \
			    "$(echo "$out" | sed -n 's/^outcome: //p')"
			return
		fi
		[ $status -eq 0 ] || break
	done
	echo "not ok: $profile: exit $status"
	echo "$out" | tail -n 5
	failed=1
}

# Unloading has defects of its own in all of them, which would come first.
for profile in P0 P1 P2 P3 P4 S15 \
    fixed,+epair-vnet-return-uaf,+sysuninit-vs-detach \
    fixed,+sysuninit-vs-detach \
    fixed,+vmove-destroy-race \
    fixed,+reclaim-twice; do
	caught "$profile" create=30,destroy=25,vmove=25,jail=10,enter=8,config=4
done
# The callers that never locked before e9fc0c538264 are those that unload.
for profile in P3 fixed,+vmove-destroy-stale-vnet; do
	caught "$profile" create=30,destroy=20,vmove=30,unload=5
done
# A loan alone works on an interface that is gone for a few instructions only:
# hardly anything else is done, to few interfaces.
caught fixed,+loan-loses-to-destroy create=30,destroy=30,vmove=40,jail=1 \
    --drivers disc --units 2
# What tunnels leave behind is found when the kernel ends.
for profile in fixed,+tun-cdev-extra-ref \
    fixed,+tun-create-fail-live-locks; do
	caught "$profile" \
	    create=25,destroy=25,rename=15,device=20,jail=8,enter=8 \
	    --drivers tun,tap
done
exit $failed
