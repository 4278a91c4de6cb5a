/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * All words.  The forms are what is checked, what is asked for when a line
 * does not fit, and what "vnetsim sh --help" lists.
 */
#include "words.h"

const struct word word_forms[] = {
	{ "ifconfig -l", word_if_list },
	{ "ifconfig -g GROUP", word_if_members },
	{ "ifconfig IFNAME", word_if_show },
	{ "ifconfig IFNAME create", word_if_create },
	{ "ifconfig IFNAME destroy", word_if_destroy },
	{ "ifconfig IFNAME up", word_if_up },
	{ "ifconfig IFNAME down", word_if_down },
	{ "ifconfig IFNAME vnet JAIL", word_if_vnet },
	{ "ifconfig IFNAME -vnet JAIL", word_if_reclaim },
	{ "ifconfig IFNAME name IFNAME", word_if_name },
	{ "ifconfig IFNAME group GROUP", word_if_group },
	{ "ifconfig IFNAME -group GROUP", word_if_ungroup },
	{ "ifconfig IFNAME description TEXT", word_if_describe },
	{ "ifconfig IFNAME -description", word_if_describe },
	{ "ifconfig IFNAME inet|inet6 ADDRESS", word_if_addr },
	{ "ifconfig IFNAME inet|inet6 ADDRESS alias", word_if_addr },
	{ "ifconfig IFNAME inet|inet6 ADDRESS -alias", word_if_unaddr },
	{ "send IFNAME", word_if_send },
	{ "netlink getlink LINK", word_link_get },
	{ "netlink dellink LINK", word_link_delete },
	{ "netlink newlink IFNAME", word_link_create },
	{ "netlink newlink IFNAME mtu VALUE", word_link_create },
	{ "jail -c PARAMETERS", word_jail_create },
	{ "jail -m PARAMETER...", word_jail_modify },
	{ "jail -r JAIL", word_jail_remove },
	{ "jexec JAIL COMMAND", word_jexec },
	{ "jls [-d|-v|-dv|-vd]", word_jls },
	{ "jaildesc HANDLE JAIL plain|own [PARAMETER]", word_jaildesc },
	{ "jattach HANDLE", word_jattach },
	{ "jremove HANDLE", word_jremove },
	{ "kldload MODULE", word_kldload },
	{ "kldunload MODULE", word_kldunload },
	{ "kldunload -f MODULE", word_kldunload },
	{ "kldstat", word_kldstat },
	{ "sysctl VARIABLE...", word_sysctl },
	{ "ls DEVICE...", word_ls },
	{ "stat DEVICE...", word_stat },
	{ "mount -t devfs devfs PATH", word_mount },
	{ "umount PATH", word_umount },
	{ "open HANDLE DEVICE [r|w|rw|rn|wn|rwn]", word_open },
	{ "close HANDLE", word_close },
	{ "read HANDLE [BYTES]", word_read },
	{ "write HANDLE [BYTES]", word_write },
	{ "poll HANDLE r|w|rw [SECONDS]", word_poll },
	{ "ioctl HANDLE REQUEST [VALUE]", word_ioctl },
	{ "revoke DEVICE", word_revoke },
	{ "sleep SECONDS", word_sleep },
	{ "fork COMMAND", word_fork },
	{ "await PROCESS", word_await },
	{ "kill PROCESS", word_kill },
	{ "kill SIGNAL PROCESS", word_kill },
	{ "refs [KIND] [NAME]", word_refs },
	{ "check", word_check },
	{ 0 }
};
