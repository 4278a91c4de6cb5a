/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * vnetsim explore: where a scenario comes from.
 */
#include <dlfcn.h>
#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli.h"
#include "explore.h"
#include "scenarios/scenarios.h"

void
explore_scenarios_list(void)
{
	const struct builtin_scenario *b;

	for (b = builtin_scenarios; b->scenario != NULL; b++) {
		printf("%-20s %s\n", b->scenario->name, b->text);
		if (b->bug != NULL)
			printf("%-20s shows %s\n", "", b->bug);
	}
}

static int
find_builtin(const char *command, const char *name, struct vs_scenario *s)
{
	const struct builtin_scenario *b;

	for (b = builtin_scenarios; b->scenario != NULL; b++)
		if (strcmp(b->scenario->name, name) == 0) {
			*s = *b->scenario;
			return (-1);
		}
	return (cli_usage_error(command, "no scenario \"%s\"; "
	    "\"vnetsim explore --list\" shows all", name));
}

/* Kernel code waits with the kernel's means; others would stop everybody. */
static const char *const blocking[] = {
	"sleep", "usleep", "nanosleep", "clock_nanosleep", "poll", "select",
	"epoll_wait", "pthread_create", "pthread_join", "pthread_mutex_lock",
	"pthread_cond_wait", "pthread_rwlock_rdlock", "pthread_rwlock_wrlock",
	"sem_wait", "wait", "waitpid", "pause", "sigwait", "accept",
};

static int
check_entry(const char *command, const char *module, const char *entry,
    const struct vs_scenario *s)
{
	Dl_info info;

	if (s->name == NULL || s->threads[0].fn == NULL)
		return (cli_usage_error(command, "%s of %s has no name or no "
		    "threads: it must be a const struct vs_scenario", entry,
		    module));
	for (unsigned i = 0; i < VS_SCENARIO_THREADS &&
	    s->threads[i].fn != NULL; i++)
		if (s->threads[i].name == NULL || dladdr((const void *)
		    (uintptr_t)s->threads[i].fn, &info) == 0)
			return (cli_usage_error(command, "thread %u of %s in "
			    "%s is no function, or has no name: is it a const "
			    "struct vs_scenario?", i + 1, entry, module));
	return (-1);
}

static const char *
find_blocking(const char *name)
{
	for (size_t i = 0; i < sizeof(blocking) / sizeof(blocking[0]); i++)
		if (strcmp(blocking[i], name) == 0)
			return (blocking[i]);
	return (NULL);
}

static bool
inside(const ElfW(Shdr) *section, size_t size)
{
	return (section->sh_offset <= size &&
	    section->sh_size <= size - section->sh_offset);
}

/* A shared object as a file, mapped. */
struct object {
	const char	*file;
	size_t		size;
	const ElfW(Shdr) *sections;
	unsigned	nsections;
};

static bool
object_map(const char *path, struct object *o)
{
	const ElfW(Ehdr) *header;
	struct stat st;
	void *file = MAP_FAILED;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd >= 0 && fstat(fd, &st) == 0 &&
	    st.st_size > (off_t)sizeof(*header))
		file = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE,
		    fd, 0);
	if (fd >= 0)
		close(fd);
	if (file == MAP_FAILED)
		return (false);
	header = file;
	o->file = file;
	o->size = (size_t)st.st_size;
	o->sections = NULL;
	o->nsections = 0;
	if (memcmp(file, ELFMAG, SELFMAG) == 0 && header->e_shoff < o->size &&
	    header->e_shnum <= (o->size - header->e_shoff) /
	    sizeof(*o->sections)) {
		o->sections = (const void *)(o->file + header->e_shoff);
		o->nsections = header->e_shnum;
	}
	return (true);
}

static void
object_unmap(struct object *o)
{
	munmap((void *)(uintptr_t)o->file, o->size);
}

/*
 * The first section of a type, with its table of strings, or NULL.
 */
static const ElfW(Shdr) *
object_section(const struct object *o, unsigned type,
    const ElfW(Shdr) **strings)
{
	const ElfW(Shdr) *s;

	for (unsigned i = 0; i < o->nsections; i++) {
		s = &o->sections[i];
		if (s->sh_type != type || s->sh_link >= o->nsections)
			continue;
		*strings = &o->sections[s->sh_link];
		if (inside(s, o->size) && inside(*strings, o->size))
			return (s);
	}
	return (NULL);
}

/* The first blocking function that the object wants from others, or NULL. */
static const char *
wanted(const struct object *o)
{
	const ElfW(Shdr) *strings, *s = object_section(o, SHT_DYNSYM,
	    &strings);
	const ElfW(Sym) *symbol;
	const char *name = NULL;

	if (s == NULL)
		return (NULL);
	symbol = (const void *)(o->file + s->sh_offset);
	for (size_t n = s->sh_size / sizeof(*symbol); n > 0 && name == NULL;
	    n--, symbol++)
		if (symbol->st_shndx == SHN_UNDEF &&
		    symbol->st_name < strings->sh_size)
			name = find_blocking(o->file + strings->sh_offset +
			    symbol->st_name);
	return (name);
}

static const char *
kernel_of_library(const char *name)
{
	static const char *const kernels[][2] = {
		{ "libvnetsim.so", "plain" },
		{ "libvnetsim-debug.so", "debug" },
		{ "libvnetsim-instrumented.so", "instrumented" },
	};

	for (size_t i = 0; i < sizeof(kernels) / sizeof(kernels[0]); i++)
		if (strcmp(name, kernels[i][0]) == 0)
			return (kernels[i][1]);
	return (NULL);
}

const char *
explore_module_kernel(const char *module)
{
	const ElfW(Shdr) *strings, *s;
	const ElfW(Dyn) *d;
	const char *kernel = NULL;
	struct object o;

	if (!object_map(module, &o))
		return (NULL);
	if ((s = object_section(&o, SHT_DYNAMIC, &strings)) != NULL) {
		d = (const void *)(o.file + s->sh_offset);
		for (size_t n = s->sh_size / sizeof(*d); n > 0 &&
		    kernel == NULL; n--, d++)
			if (d->d_tag == DT_NEEDED &&
			    d->d_un.d_val < strings->sh_size)
				kernel = kernel_of_library(o.file +
				    strings->sh_offset + d->d_un.d_val);
	}
	object_unmap(&o);
	return (kernel);
}

static int
check_module(const char *command, const char *module)
{
	const char *kernel = explore_module_kernel(module), *name = NULL;
	struct object o;

	if (kernel != NULL && strcmp(kernel, cli_kernel) != 0)
		return (cli_usage_error(command, "%s is linked with the "
		    "kernel \"%s\", and this one is \"%s\": give the module "
		    "built for it", module, kernel, cli_kernel));
	if (object_map(module, &o)) {
		name = wanted(&o);
		object_unmap(&o);
	}
	if (name == NULL)
		return (-1);
	return (cli_usage_error(command, "%s calls %s() of the host, which "
	    "stops all kernel threads: use the kernel's means (pause(9), "
	    "mutex(9), condvar(9))", module, name));
}

static int
find_entry(const char *command, const char *module, const char *entry,
    struct vs_scenario *s)
{
	const struct vs_scenario *found;
	char path[4096];
	void *handle;
	int status;

	/* Without a slash the loader would look elsewhere. */
	snprintf(path, sizeof(path), "%s%s", strchr(module, '/') == NULL ?
	    "./" : "", module);
	if ((status = check_module(command, path)) >= 0)
		return (status);
	if ((handle = dlopen(path, RTLD_NOW)) == NULL)
		return (cli_usage_error(command, "cannot load the module: %s; "
		    "build it with vnetsim_add_module() for this kernel",
		    dlerror()));
	if ((found = dlsym(handle, entry)) == NULL)
		return (cli_usage_error(command, "%s has no \"%s\": define "
		    "\"const struct vs_scenario %s\" in it, not static",
		    module, entry, entry));
	if ((status = check_entry(command, module, entry, found)) >= 0)
		return (status);
	*s = *found;
	return (-1);
}

#define	HOOKS_MAX	64

static void
add_hooks(struct vs_hook *all, size_t *n, const struct vs_hook *hooks)
{
	for (; hooks->name != NULL && *n < HOOKS_MAX; hooks++)
		all[(*n)++] = *hooks;
}

/* Those of a module, "vs_hooks", and then ours. */
static int
find_hooks(const char *command, const char *module,
    const struct vs_hook **hooks)
{
	static struct vs_hook all[HOOKS_MAX + 1];
	const struct vs_hook *found;
	char path[4096];
	size_t n = 0;
	void *handle;
	int status;

	snprintf(path, sizeof(path), "%s%s", strchr(module, '/') == NULL ?
	    "./" : "", module);
	if ((status = check_module(command, path)) >= 0)
		return (status);
	if ((handle = dlopen(path, RTLD_NOW)) == NULL)
		return (cli_usage_error(command, "cannot load the module: %s; "
		    "build it with vnetsim_add_module() for this kernel",
		    dlerror()));
	if ((found = dlsym(handle, "vs_hooks")) == NULL)
		return (cli_usage_error(command, "%s has no \"vs_hooks\": "
		    "define \"const struct vs_hook vs_hooks[]\" in it, not "
		    "static", module));
	add_hooks(all, &n, found);
	add_hooks(all, &n, builtin_hooks);
	*hooks = all;
	return (-1);
}

static int
find_script(const char *command, const char *path, const char *module,
    struct vs_scenario *s, struct vs_script **script)
{
	const struct vs_hook *hooks = NULL;
	int status;

	if (module != NULL &&
	    (status = find_hooks(command, module, &hooks)) >= 0)
		return (status);
	if ((*script = cli_script_load(command, path, hooks)) == NULL)
		return (EXIT_USAGE);
	*s = *vs_script_scenario(*script, NULL);
	return (-1);
}

/*
 * A replay names its file where it would name a module, and the module with
 * the file's hooks where it would name an entry.
 */
int
explore_scenario(const char *command, const char *name, const char *module,
    const char *entry, struct vs_scenario *s, struct vs_script **script)
{
	*script = NULL;
	if (name == NULL && cli_is_script(module))
		return (find_script(command, module, entry, s, script));
	if (cli_is_script(name) && entry == NULL)
		return (find_script(command, name, module, s, script));
	if (module != NULL && entry != NULL && name == NULL)
		return (find_entry(command, module, entry, s));
	if (module != NULL || entry != NULL || name == NULL)
		return (cli_usage_error(command, "give a scenario file, the "
		    "name of a scenario, or --module M.so and --entry F"));
	return (find_builtin(command, name, s));
}
