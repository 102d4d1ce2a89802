#include "data/imagefolder.h"

#include "base/err.h"
#include "stream/tensor.h"

#include <errno.h>
#include <fts.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static bool is_image(const char *name)
{
	const char *dot = strrchr(name, '.');

	return dot &&
	       (!strcasecmp(dot, ".jpg") || !strcasecmp(dot, ".jpeg") || !strcasecmp(dot, ".png"));
}

/* The root's own name, however it was spelled: "train" for "data/train/", "." and "../train". */
static char *root_name(const char *root)
{
	char *real = realpath(root, NULL);

	if (!real)
		rl_die("%s: open:", root);
	char *name = rl_strdup(strrchr(real, '/') + 1);
	free(real);
	return name;
}

/* Room for one more, doubling. */
static void *grown(void *array, size_t n, size_t size)
{
	if (n & (n - 1))
		return array;
	return rl_realloc(array, n ? 2 * n : 1, size);
}

static void add_class(struct rl_imagefolder *d, const char *name)
{
	d->classes = grown(d->classes, d->nclass, sizeof(*d->classes));
	d->classes[d->nclass++] = rl_strdup(name);
}

static void add_file(struct rl_imagefolder *d, const char *path, const char *inside,
		     const char *base)
{
	char *under_base = *base ? rl_asprintf("%s/%s", base, inside) : rl_strdup(inside);

	d->files = grown(d->files, d->nfile, sizeof(*d->files));
	d->files[d->nfile++] =
		(struct rl_imagefile){.path = rl_strdup(path), .key = rl_key_from_path(under_base)};
	free(under_base);
}

static int by_name(const FTSENT **a, const FTSENT **b)
{
	return strcmp((*a)->fts_name, (*b)->fts_name);
}

static int by_key(const void *a, const void *b)
{
	return strcmp(((const struct rl_imagefile *)a)->key, ((const struct rl_imagefile *)b)->key);
}

/* fts visits in the order of names, so the last class added is the one we are inside. */
static void scan(struct rl_imagefolder *d, FTS *fts, const char *base, size_t skip)
{
	size_t before = 0; /* files found when the present class began */

	for (FTSENT *e; errno = 0, (e = fts_read(fts));) {
		if (e->fts_level > 0 && e->fts_name[0] == '.') {
			fts_set(fts, e, FTS_SKIP);
			continue;
		}
		switch (e->fts_info) {
		case FTS_D:
			if (e->fts_level == 1) {
				add_class(d, e->fts_name);
				before = d->nfile;
			}
			break;
		case FTS_DP:
			if (e->fts_level == 1 && d->nfile == before)
				rl_die("%s: no image in this class folder", e->fts_path);
			break;
		case FTS_F:
			if (e->fts_level == 0)
				rl_die("%s: not a directory", e->fts_path);
			if (!is_image(e->fts_name))
				break;
			if (e->fts_level == 1)
				rl_die("%s: an image outside the class folders", e->fts_path);
			add_file(d, e->fts_path, e->fts_path + skip, base);
			d->files[d->nfile - 1].label = d->nclass - 1;
			break;
		case FTS_DC: rl_die("%s: a loop of symbolic links", e->fts_path);
		case FTS_SLNONE: rl_die("%s: a symbolic link to nothing", e->fts_path);
		case FTS_DNR:
		case FTS_ERR:
		case FTS_NS: errno = e->fts_errno; rl_die("%s: read:", e->fts_path);
		default: break; /* sockets, devices */
		}
	}
	if (errno)
		rl_die("%s: read:", d->root);
}

void rl_imagefolder_read(struct rl_imagefolder *d, const char *root)
{
	char *base = root_name(root);

	*d = (struct rl_imagefolder){.root = rl_strdup(root)};
	for (size_t n = strlen(d->root); n > 1 && d->root[n - 1] == '/'; n--)
		d->root[n - 1] = '\0';

	char *const roots[] = {d->root, NULL};
	FTS *fts = fts_open(roots, FTS_LOGICAL | FTS_NOCHDIR, by_name);
	if (!fts)
		rl_die("%s: open:", root);
	scan(d, fts, base, strlen(d->root) + (strcmp(d->root, "/") != 0));
	fts_close(fts);
	free(base);

	if (!d->nclass)
		rl_die("%s: no class folder in it", root);
	qsort(d->files, d->nfile, sizeof(*d->files), by_key);
	for (size_t i = 1; i < d->nfile; i++)
		if (!strcmp(d->files[i - 1].key, d->files[i].key))
			rl_die("%s: same key as %s", d->files[i].path, d->files[i - 1].path);
}

void rl_imagefolder_free(struct rl_imagefolder *d)
{
	for (size_t i = 0; i < d->nclass; i++)
		free(d->classes[i]);
	for (size_t i = 0; i < d->nfile; i++) {
		free(d->files[i].path);
		free(d->files[i].key);
	}
	free(d->classes);
	free(d->files);
	free(d->root);
	*d = (struct rl_imagefolder){0};
}

void rl_imagefolder_same_classes(const struct rl_imagefolder *d, const struct rl_imagefolder *other)
{
	for (size_t i = 0; i < d->nclass || i < other->nclass; i++) {
		int order = i == d->nclass       ? 1
			    : i == other->nclass ? -1
						 : strcmp(d->classes[i], other->classes[i]);

		if (order < 0)
			rl_die("%s: class %s is not in %s", d->root, d->classes[i], other->root);
		if (order > 0)
			rl_die("%s: class %s is not in %s", other->root, other->classes[i],
			       d->root);
	}
}

json_t *rl_imagefolder_record(const struct rl_imagefolder *d, size_t i)
{
	const struct rl_imagefile *f = &d->files[i];
	json_t *o = json_pack("{ss ss sI ss}", "key", f->key, "path", f->path, "label",
			      (json_int_t)f->label, "class", d->classes[f->label]);

	if (!o)
		rl_die("%s: the name is not UTF-8", f->path);
	return o;
}
