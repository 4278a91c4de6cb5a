#!/bin/sh
# The commands, as a user types them.  Argument: the executable.
set -u
vnetsim=$1
# shellcheck source=tests/cli/lib.sh
. "${0%/*}/lib.sh"

# typed NAME STATUS INPUT [OPTION...]
typed() {
	name=$1
	expected=$2
	input=$3
	shift 3
	printf '%s\n' "$input" >"$script"
	check "$name" "$expected" "$vnetsim" sh "$@" <"$script"
}

script=$(mktemp) || exit 1
trap 'rm -f "$script"' EXIT

typed "nothing" 0 ""
typed "comment" 0 "  # jls"
silent JID
typed "help" 0 "" --help
says "ifconfig"
typed "bad option" 2 "" --nonsense
typed "stray argument" 2 "" now
says "what is \"now\"?"
typed "unknown profile" 2 "" --profile P9
typed "unknown command" 2 "reboot"
says "line 1, column 1: there is no command \"reboot\""
typed "bad usage" 2 "jls
jls -x"
says "line 2, column 5: \"-x\" cannot stand here; give -d|-v|-dv|-vd"
says "line 2"
typed "open quote" 2 "jls
jls 'a b"
says "line 2, column 5: a quote does not end"
typed "too many words" 2 "ls $(seq -s ' ' 1 70)"
says "column 184: too many words"
typed "bad input ends it" 2 "nonsense
ifconfig disc create"
silent disc0
typed "a failure does not" 1 "ifconfig nosuch destroy
ifconfig disc create"
says "ifconfig: nosuch: "
says "disc0"
typed "-c" 0 "" -c "ifconfig disc create" -c "ifconfig -l"
says "lo0 disc0"
typed "quotes" 0 "ifconfig 'di's\"c\" cre\\ate"
says "disc0"

typed "netlink" 1 "netlink newlink disc0
netlink getlink 2
netlink newlink disc1 mtu 2000000000
netlink dellink 2
netlink getlink disc0
ifconfig -l"
says "newlink: disc1: Invalid argument"
says "getlink: disc0: "
says "lo0"
typed "description" 0 "ifconfig disc0 create
ifconfig disc0 description 'of my own'
ifconfig disc0
ifconfig disc0 -description
ifconfig -g disc"
says "disc0: flags=8048 index 2"
says "disc0: flags"
typed "fork" 0 "fork sleep 0.1
jls"

typed "jail" 0 'jail -c name=j vnet persist
jls
ifconfig epair create
ifconfig epair0b vnet j
jexec j ifconfig -l
ifconfig epair0b -vnet j
ifconfig -l
jail -m name=j nopersist'
says "lo0 epair0b"
says "epair0a"
typed "no such jail" 1 "jail -r nosuch
jexec nosuch ls /dev
ifconfig lo0 vnet nosuch"
says "jail: nosuch: "
says "jexec: nosuch: "
typed "bad parameter" 1 "jail -c name=j nonsense=1 persist"
says "jail: "
typed "empty command" 2 "jail -c name=j command="
typed "refs" 0 "ifconfig disc create
refs ifnet disc0"
says "ifnet disc0: "
typed "refs, none" 1 "refs ifnet disc0"
says "refs: disc0: "

# FreeBSD's 3b263fa76c08, after and before.
story='jail -c name=test vnet command=ls /dev/tun
ls /dev
jls -vd'
typed "dying jail" 0 "$story"
silent DYING
typed "dying jail, before" 1 "$story" \
    --profile fixed,+tun-cdev-extra-ref,+tun-node-pins-jail
says "test                          DYING"
says "outcome: leak"

exit $failed
