#!/bin/sh
# The commands, as a user types them.  Argument: the executable.
set -u
vnetsim=$1
failed=0

# check NAME EXPECTED-STATUS INPUT [OPTION...]: output is left in $out.
check() {
	name=$1
	expected=$2
	input=$3
	shift 3
	out=$(printf '%s\n' "$input" | "$vnetsim" sh "$@" 2>&1)
	status=$?
	if [ $status -ne "$expected" ]; then
		echo "not ok: $name: exit $status, expected $expected"
		echo "$out"
		failed=1
	else
		echo "ok: $name"
	fi
}

# says PATTERN, silent PATTERN: the last output has it, has it not.
says() {
	case $out in
	*"$1"*) ;;
	*)
		echo "not ok: $name: \"$1\" is not in:"
		echo "$out"
		failed=1
		;;
	esac
}

silent() {
	case $out in
	*"$1"*)
		echo "not ok: $name: \"$1\" is in:"
		echo "$out"
		failed=1
		;;
	esac
}

check "nothing" 0 ""
check "comment" 0 "  # jls"
silent JID
check "help" 0 "" --help
says "ifconfig"
check "bad option" 2 "" --nonsense
check "stray argument" 2 "" now
says "what is \"now\"?"
check "unknown profile" 2 "" --profile P9
check "unknown command" 2 "reboot"
says "line 1, column 1: there is no command \"reboot\""
check "bad usage" 2 "jls
jls -x"
says "line 2, column 5: \"-x\" cannot stand here; give -d|-v|-dv|-vd"
says "line 2"
check "open quote" 2 "jls
jls 'a b"
says "line 2, column 5: a quote does not end"
check "too many words" 2 "ls $(seq -s ' ' 1 70)"
says "column 184: too many words"
check "bad input ends it" 2 "nonsense
ifconfig disc create"
silent disc0
check "a failure does not" 1 "ifconfig nosuch destroy
ifconfig disc create"
says "ifconfig: nosuch: "
says "disc0"
check "-c" 0 "" -c "ifconfig disc create" -c "ifconfig -l"
says "lo0 disc0"
check "quotes" 0 "ifconfig 'di's\"c\" cre\\ate"
says "disc0"

check "jail" 0 'jail -c name=j vnet persist
jls
ifconfig epair create
ifconfig epair0b vnet j
jexec j ifconfig -l
ifconfig epair0b -vnet j
ifconfig -l
jail -m name=j nopersist'
says "lo0 epair0b"
says "epair0a"
check "no such jail" 1 "jail -r nosuch
jexec nosuch ls /dev
ifconfig lo0 vnet nosuch"
says "jail: nosuch: "
says "jexec: nosuch: "
check "bad parameter" 1 "jail -c name=j nonsense=1 persist"
says "jail: "
check "empty command" 2 "jail -c name=j command="
check "refs" 0 "ifconfig disc create
refs ifnet disc0"
says "ifnet disc0: "
check "refs, none" 1 "refs ifnet disc0"
says "refs: disc0: "

# FreeBSD's 3b263fa76c08, after and before.
story='jail -c name=test vnet command=ls /dev/tun
ls /dev
jls -vd'
check "dying jail" 0 "$story"
silent DYING
check "dying jail, before" 1 "$story" \
    --profile fixed,+tun-cdev-extra-ref,+tun-node-pins-jail
says "test                          DYING"
says "outcome: leak"

exit $failed
