#!/bin/sh
#
# SPDX-License-Identifier: BSD-2-Clause
#
# gdb.sh VNETSIM: a replay in a debugger.  77 if there is none that may be used.
# shellcheck source=tests/cli/lib.sh
. "$(dirname "$0")/lib.sh"
vnetsim=$1

if ! gdb -q -batch -ex run --args true 2>&1 | grep -q "exited normally"; then
	echo "skipped: gdb(1) is not there, or may not trace processes"
	exit 77
fi

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir" || exit 1

# debug COMMAND...: what one types at the debugger's prompt.
# shellcheck disable=SC2317 # check calls it
debug() {
	printf '%s\n' "$@" | "$vnetsim" replay table.replay --gdb
}

check "explore philosophers" 1 "$vnetsim" explore philosophers --seed 1 \
    --out table.replay
check "replay --gdb" 0 debug bt continue
says "This thread ends the run"
says "in dine "
says "_philosopher "
says "_mtx_lock_flags"
says "deadlock: thread "
check "replay --gdb, again" 0 debug "tbreak dine" run bt
says "Temporary breakpoint"
says "user_main"
exit $failed
