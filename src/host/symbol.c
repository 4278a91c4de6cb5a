/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Names of functions, static ones included.
 *
 * The loader knows exported names only, so the symbol table is read from the
 * file, which is mapped once and stays.  Nothing here allocates: a thread
 * that was stopped inside malloc() can still tell where it stands.
 */
#include <sys/mman.h>
#include <sys/stat.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <inttypes.h>
#include <link.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "impl.h"

#define	NFILES	64

/* (f) files_lock, constant once the entry is in use */
struct file {
	uintptr_t	base;		/* (f) where the object is loaded */
	char		name[128];	/* (f) */
	const char	*map;		/* (f) NULL: it has no symbols */
	size_t		size;		/* (f) of the mapping */
	const ElfW(Sym)	*symbols;	/* (f) */
	size_t		nsymbols;	/* (f) */
	const char	*strings;	/* (f) */
	size_t		nstrings;	/* (f) */
};

static struct host_lock files_lock;
static struct file files[NFILES];	/* files_lock */
static int nfiles;			/* files_lock */

static const char *
map_file(const char *name, size_t *size)
{
	struct stat st;
	void *map = MAP_FAILED;
	int fd;

	fd = open(name, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return (NULL);
	if (fstat(fd, &st) == 0 && st.st_size > (off_t)sizeof(ElfW(Ehdr))) {
		*size = (size_t)st.st_size;
		map = mmap(NULL, *size, PROT_READ, MAP_PRIVATE, fd, 0);
	}
	close(fd);
	return (map == MAP_FAILED ? NULL : map);
}

static bool
in_file(const struct file *f, const ElfW(Shdr) *section)
{
	return (section->sh_offset <= f->size &&
	    section->sh_size <= f->size - section->sh_offset);
}

static void
find_symbols(struct file *f)
{
	const ElfW(Ehdr) *header = (const void *)f->map;
	const ElfW(Shdr) *sections;

	if (memcmp(header->e_ident, ELFMAG, SELFMAG) != 0 ||
	    header->e_shoff > f->size ||
	    header->e_shnum > (f->size - header->e_shoff) / sizeof(*sections))
		return;
	sections = (const void *)(f->map + header->e_shoff);
	for (int i = 0; i < header->e_shnum; i++) {
		const ElfW(Shdr) *s = &sections[i], *strings;

		if (s->sh_type != SHT_SYMTAB || s->sh_link >= header->e_shnum)
			continue;
		strings = &sections[s->sh_link];
		if (!in_file(f, s) || !in_file(f, strings))
			continue;
		f->symbols = (const void *)(f->map + s->sh_offset);
		f->nsymbols = s->sh_size / sizeof(*f->symbols);
		f->strings = f->map + strings->sh_offset;
		f->nstrings = strings->sh_size;
	}
}

/* The file behind a loaded object, read at the first question. */
static const struct file *
file_of(const Dl_info *info)
{
	uintptr_t base = (uintptr_t)info->dli_fbase;
	struct file *f;

	for (f = files; f < files + nfiles; f++)
		if (f->base == base && strncmp(f->name, info->dli_fname,
		    sizeof(f->name) - 1) == 0)
			return (f);
	if (nfiles == NFILES)
		return (NULL);
	nfiles++;
	f->base = base;
	snprintf(f->name, sizeof(f->name), "%s", info->dli_fname);
	f->map = map_file(info->dli_fname, &f->size);
	/* The program's own name may be relative to where it was started. */
	if (f->map == NULL && strchr(f->name, '/') == NULL)
		f->map = map_file("/proc/self/exe", &f->size);
	if (f->map != NULL)
		find_symbols(f);
	return (f);
}

static const char *
find_symbol(const struct file *f, int type, uintptr_t address,
    uintptr_t *start)
{
	for (size_t i = 0; i < f->nsymbols; i++) {
		const ElfW(Sym) *s = &f->symbols[i];

		if (ELF64_ST_TYPE(s->st_info) != type ||
		    s->st_shndx == SHN_UNDEF || s->st_name >= f->nstrings ||
		    address - s->st_value >= s->st_size)
			continue;
		*start = s->st_value;
		return (f->strings + s->st_name);
	}
	return (NULL);
}

/* Is the object linked to run where it is loaded?  Then values are absolute. */
static bool
is_fixed(const struct file *f)
{
	return (f->map != NULL &&
	    ((const ElfW(Ehdr) *)(const void *)f->map)->e_type == ET_EXEC);
}

static const char *
lookup(const Dl_info *info, int type, uintptr_t address, uintptr_t *start)
{
	const struct file *f;
	const char *name = NULL;
	uintptr_t base;

	host_lock_enter(&files_lock);
	f = file_of(info);
	if (f != NULL && f->symbols != NULL) {
		base = is_fixed(f) ? 0 : f->base;
		name = find_symbol(f, type, address - base, start);
		*start += base;
	}
	host_lock_leave(&files_lock);
	if (name == NULL && type == STT_FUNC && info->dli_sname != NULL) {
		name = info->dli_sname;
		*start = (uintptr_t)info->dli_saddr;
	}
	return (name);
}

size_t
host_symbol(const void *address, char *buf, size_t size)
{
	uintptr_t at = (uintptr_t)address, start = 0;
	const char *name;
	Dl_info info;
	int len;

	/*
	 * A return address may lie behind the end of its function, if the
	 * call was the last thing in it.
	 */
	if (dladdr((const char *)address - 1, &info) == 0)
		len = snprintf(buf, size, "%p", address);
	else if ((name = lookup(&info, STT_FUNC, at - 1, &start)) != NULL)
		len = snprintf(buf, size, "%s+%#" PRIxPTR, name, at - start);
	else {
		name = strrchr(info.dli_fname, '/');
		len = snprintf(buf, size, "%s+%#" PRIxPTR,
		    name != NULL ? name + 1 : info.dli_fname,
		    at - (uintptr_t)info.dli_fbase);
	}
	return (len < 0 ? 0 : (size_t)len);
}

bool
host_symbol_known(const void *address)
{
	uintptr_t start;
	Dl_info info;

	return (dladdr(address, &info) != 0 &&
	    lookup(&info, STT_FUNC, (uintptr_t)address, &start) != NULL);
}

size_t
host_symbol_data(const void *address, char *buf, size_t size)
{
	uintptr_t at = (uintptr_t)address, start = 0;
	const char *name;
	Dl_info info;
	int len;

	if (dladdr(address, &info) == 0)
		return (0);
	if ((name = lookup(&info, STT_OBJECT, at, &start)) == NULL) {
		start = (uintptr_t)info.dli_fbase;
		name = strrchr(info.dli_fname, '/');
		name = name != NULL ? name + 1 : info.dli_fname;
	}
	len = snprintf(buf, size, "%s", name);
	if (at != start && len >= 0 && (size_t)len < size)
		len += snprintf(buf + len, size - (size_t)len, "+%#" PRIxPTR,
		    at - start);
	return (len < 0 ? 0 : (size_t)len);
}
