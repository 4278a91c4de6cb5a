/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Commands that show one run: trace, lockgraph, refs.
 *
 *	trace.c			trace, and how it draws
 *	trace_story.c		the run that is shown: its options
 *	trace_events.c		for Perfetto: Chrome's trace events
 *	trace_slices.c		of them, what threads hold and wait for
 *	trace_page.c		for a browser: one page
 *	trace_lockgraph.c	lockgraph
 *	trace_refs.c		refs
 *
 * All draw from the same story, see <vnetsim/story.h>.
 */
#ifndef _CLI_TRACE_H_
#define _CLI_TRACE_H_

#include <jansson.h>

#include <vnetsim/story.h>

#include "explore.h"

/* --- trace_story.c ------------------------------------------------------- */

/* A command's options, those of all three among them. */
struct shown {
	struct switches	switches;
	const char	*module, *entry;
	unsigned long	schedules;
	unsigned long	seed;
	bool		locks_only;
	bool		given;		/* one that a replay does not take */
	char		profile[EXPLORE_PROFILE_MAX];
	const char	*title;		/* of the scenario's file, or "" */
};
#define	SHOWN_OPTIONS							\
	{ "bug", required_argument, NULL, 'b' },			\
	{ "profile", required_argument, NULL, 'p' },			\
	{ "module", required_argument, NULL, 'm' },			\
	{ "entry", required_argument, NULL, 'e' },			\
	{ "schedules", required_argument, NULL, 'n' },			\
	{ "seed", required_argument, NULL, 'x' },			\
	{ "accesses", required_argument, NULL, 'a' },			\
	{ "help", no_argument, NULL, 'h' },				\
	{ NULL, 0, NULL, 0 }
#define	SHOWN_USAGE							\
"FILE.scn is explored, and the first failure shown, with a schedule as short\n"\
"as it gets; if there is none, a run that does not fail.  REPLAY is a file\n"\
"that \"vnetsim explore\" has written.  Of a scenario:\n"		\
"  --bug ID=on|off  a switch, see \"vnetsim bugs\"; any number of them\n"\
"  --bug on         all switches that the scenario file names\n"	\
"  --profile P      fixed (default), S15, P4 ... P0\n"		\
"  --schedules N    to look for a failure in (default 1000)\n"	\
"  --seed X         start of every random choice (default 0)\n"	\
"  --accesses A     on or off: memory accesses are steps, where the kernel is\n"\
"                   instrumented (default on)\n"			\
"  --module M.so --entry F\n"					\
"                   a module of yours, and the vs_scenario in it\n"

/* One of SHOWN_OPTIONS; -1, or the exit status. */
int	shown_option(struct shown *s, const char *command, int c);
/*
 * The story of what `name` says; `arguments` is the command's argv as it was
 * given, with room before it.  NULL, and *status, after a message.
 */
const struct vs_story	*shown_story(struct shown *s, const char *name,
			    char **arguments, int *status);

/* --- JSON ---------------------------------------------------------------- */

/* A string, whatever bytes it has; NULL is null. */
json_t	*trace_string(const char *text);
/* For all of these, the text is to be freed. */
char	*trace_events(const struct vs_story *story);
char	*trace_page(const struct vs_story *story, const char *title);

/* --- trace_slices.c ------------------------------------------------------ */

/* An event: phase, name, category, a thread's track, time. */
json_t	*trace_event(const char *phase, const char *name,
	    const char *category, uint32_t thread, uint32_t time);
/* What a thread's track has, in the order in which it has to be. */
void	trace_slices(json_t *events, const struct vs_story *story,
	    uint32_t thread);

#endif /* !_CLI_TRACE_H_ */
