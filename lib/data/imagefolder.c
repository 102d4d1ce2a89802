#include "data/imagefolder.h"

#include "base/err.h"
#include "base/file.h"

#include <errno.h>
#include <fts.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

static bool is_image(const char *name)
{
	const char *dot = strrchr(name, '.');

	return dot &&
	       (!strcasecmp(dot, ".jpg") || !strcasecmp(dot, ".jpeg") || !strcasecmp(dot, ".png"));
}

char *rl_imagefolder_base(const char *root)
{
	char *real = realpath(root, NULL);

	if (!real)
		rl_die("%s: open:", root);
	char *name = rl_strdup(strrchr(real, '/') + 1);
	free(real);
	return name;
}

static int by_name(const FTSENT **a, const FTSENT **b)
{
	return strcmp((*a)->fts_name, (*b)->fts_name);
}

/* fts visits in the order of names, so the last class added is the one we are inside. */
static void scan(struct rl_imageset *s, FTS *fts, const char *base, bool classes_alone)
{
	size_t skip = strlen(s->root) + (strcmp(s->root, "/") != 0);
	size_t before = 0; /* files found when the present class began */

	for (FTSENT *e; errno = 0, (e = fts_read(fts));) {
		if (e->fts_level > 0 && e->fts_name[0] == '.') {
			fts_set(fts, e, FTS_SKIP);
			continue;
		}
		switch (e->fts_info) {
		case FTS_D:
			if (e->fts_level == 1) {
				rl_imageset_add_class(s, e->fts_name);
				before = s->nfile;
			}
			if (e->fts_level == 1 && classes_alone)
				fts_set(fts, e, FTS_SKIP);
			break;
		case FTS_DP:
			if (e->fts_level == 1 && s->nfile == before && !classes_alone)
				rl_die("%s: no image in this class folder", e->fts_path);
			break;
		case FTS_F:
			if (e->fts_level == 0)
				rl_die("%s: not a directory", e->fts_path);
			if (!is_image(e->fts_name) || classes_alone)
				break;
			if (e->fts_level == 1)
				rl_die("%s: an image outside the class folders", e->fts_path);
			if (!e->fts_statp->st_size)
				rl_die("%s: an empty file", e->fts_path);
			rl_imageset_add(s, base, e->fts_path + skip, s->nclass - 1);
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
		rl_die("%s: read:", s->root);
}

static void read_tree(struct rl_imageset *s, const char *root, bool classes_alone)
{
	char *base = rl_imagefolder_base(root);

	*s = (struct rl_imageset){.root = rl_asprintf("%.*s", rl_dir_length(root), root)};

	char *const roots[] = {s->root, NULL};
	FTS *fts = fts_open(roots, FTS_LOGICAL | FTS_NOCHDIR, by_name);
	if (!fts)
		rl_die("%s: open:", root);
	scan(s, fts, base, classes_alone);
	fts_close(fts);
	free(base);
	if (!s->nclass)
		rl_die("%s: no class folder in it", root);
}

void rl_imagefolder_read(struct rl_imageset *s, const char *root)
{
	read_tree(s, root, false);
	rl_imageset_sort(s);
}

void rl_imagefolder_read_classes(struct rl_imageset *s, const char *root)
{
	read_tree(s, root, true);
}
