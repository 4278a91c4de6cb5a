# shellcheck shell=sh disable=SC2034 # failed is the exit status of who reads it
#
# SPDX-License-Identifier: BSD-2-Clause
#
# What the tests of the command have in common: to be read with ".".
failed=0

# bad TEXT...: the test has failed, and goes on.
bad() {
	echo "not ok: $*"
	failed=1
}

# check NAME STATUS COMMAND...: its status; what it prints is left in $out.
check() {
	name=$1
	expected=$2
	shift 2
	out=$("$@" 2>&1)
	got=$?
	if [ $got -ne "$expected" ]; then
		bad "$name: exit $got, expected $expected"
		echo "$out"
	else
		echo "ok: $name"
	fi
}

# says TEXT, silent TEXT: the last output has it, has it not.
says() {
	case $out in
	*"$1"*) ;;
	*) bad "$name: \"$1\" is not in: $out" ;;
	esac
}

silent() {
	case $out in
	*"$1"*) bad "$name: \"$1\" is in: $out" ;;
	esac
}

# expect STATUS TEXT COMMAND...: both in one.
expect() {
	expected=$1
	text=$2
	shift 2
	check "$*" "$expected" "$@"
	says "$text"
}
