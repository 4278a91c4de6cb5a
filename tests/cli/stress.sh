#!/bin/sh
# The stress command as a user meets it.  Arguments: the debug and the plain
# executable.
set -u
debug=$1
plain=$2
# shellcheck source=tests/cli/lib.sh
. "${0%/*}/lib.sh"

check "no command" 2 "$debug"
says "usage: vnetsim"
check "help" 0 "$debug" --help
says "stress"
check "unknown command" 2 "$debug" nonsense
says "unknown command"
check "unknown kernel" 2 "$debug" --kernel fast stress
says "unknown kernel"
check "stress help" 0 "$debug" stress --help
says "--mix"
check "bad option" 2 "$debug" stress --nonsense
check "bad number" 2 "$debug" stress --threads 0
says "--threads"
check "not a number" 2 "$debug" stress --seconds soon
says "--seconds"
check "unknown driver" 2 "$debug" stress --drivers epair,em
says "unknown driver \"em\""
check "unknown kind" 2 "$debug" stress --mix create=1,sleep=1
says "unknown kind \"sleep\""
check "weight missing" 2 "$debug" stress --mix create
check "nothing to do" 2 "$debug" stress --mix create=0
says "nothing to do"
check "unknown profile" 2 "$debug" stress --profile P9
says "P9"
check "unknown switch" 2 "$debug" stress --profile fixed,+nonsense
check "stray argument" 2 "$debug" stress now

check "unknown witness" 2 "$debug" stress --witness maybe
says "fatal, on or off"
check "bugs" 0 "$debug" bugs
says "vmove-destroy-stale-vnet"
check "bugs help" 0 "$debug" bugs --help
check "bugs, stray argument" 2 "$debug" bugs all

check "a second, debug" 0 "$debug" stress --seconds 1 --threads 4 --seed 7
says "clean: nothing wrong, nothing left"
says "calls by 4 threads"
check "a second, plain" 0 "$debug" --kernel plain stress --seconds 1
says "clean"
check "the plain executable" 0 "$plain" stress --seconds 1 --threads 2
says "clean"
check "JSON" 0 "$debug" stress --seconds 1 --json
says '"outcome": "clean"'
says '"leaks": 0'
says '"panics": 0'
says '"ops_per_second"'
check "drivers and mix" 0 "$debug" stress --seconds 1 --drivers disc \
    --mix create=1,destroy=1 --json
says '"create"'
silent '"jail"'

# Ctrl-C ends it with the table.  The signal is sent when the first second's
# calls have been made: there is nothing to wait for but the clock.
"$debug" stress --seconds 600 >"stress.$$" 2>&1 &
pid=$!
sleep 1
kill -INT $pid
wait $pid
status=$?
if [ $status -ne 0 ] || ! grep -q 'clean' "stress.$$"; then
	bad "interrupted: exit $status"
	cat "stress.$$"
else
	echo "ok: interrupted"
fi
rm -f "stress.$$"

exit $failed
