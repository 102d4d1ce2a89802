#include "eval/mapfiles.h"

#include "base/dict.h"
#include "base/err.h"
#include "base/file.h"
#include "image/labelmap.h"
#include "image/load.h"
#include "image/png.h"
#include "stream/tensor.h"

#include <errno.h>
#include <fts.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct rl_mapfile {
	struct rl_loader *loader;
	uint16_t *values;
	uint8_t *classes;
	size_t n;   /* files so far */
	FILE *sums; /* sha256sum's lines of them, in text */
	char *text;
	size_t size;
};

struct rl_mapfile *rl_mapfile_new(void)
{
	struct rl_mapfile *f = rl_calloc(1, sizeof(*f));

	f->loader = rl_loader_new(&(struct rl_load_wish){.max_pixels = RL_MAX_PIXELS});
	if (!(f->sums = open_memstream(&f->text, &f->size)))
		rl_die("out of memory");
	return f;
}

void rl_mapfile_free(struct rl_mapfile *f)
{
	rl_loader_free(f->loader);
	fclose(f->sums);
	free(f->text);
	free(f->values);
	free(f->classes);
	free(f);
}

struct rl_map rl_mapfile_load(struct rl_mapfile *f, const char *path,
			      const struct rl_segmentation *said, const struct rl_map *like)
{
	int height = like ? (int)like->height : 0, width = like ? (int)like->width : 0;
	char why[RL_WHY], sha256[65];
	size_t size;
	const uint8_t *bytes = rl_loader_bytes(f->loader, path, &size, why);

	if (bytes && !like && !rl_is_png(bytes, size))
		rl_die("%s: not a PNG file", path);
	if (!bytes || (rl_is_png(bytes, size) && !rl_png_size(bytes, size, &height, &width, why)))
		rl_die("%s: %s", path, why);
	rl_sha256(bytes, size, sha256);
	fprintf(f->sums, "%s  %s\n", sha256, rl_last_component(path));
	f->n++;
	f->values = rl_realloc(f->values, (size_t)height * (size_t)width, sizeof(*f->values));
	f->classes = rl_realloc(f->classes, (size_t)height * (size_t)width, 1);
	if (!rl_labelmap_values(bytes, size, height, width, f->values, why))
		rl_die("%s: %s", path, why);
	size_t n = (size_t)height * (size_t)width, w = (size_t)width;
	size_t at = rl_segmentation_classes(said, f->values, n, f->classes);
	if (at < n)
		rl_die("%s: the pixel at %zu, %zu has the value %d, which is no class%s", path,
		       at % w, at / w, f->values[at],
		       said->relabel ? "" : " (--relabel reads labels as the truth's)");
	return (struct rl_map){height, width, f->classes};
}

json_t *rl_mapfile_provenance(struct rl_mapfile *f)
{
	char sha256[65];

	if (fflush(f->sums))
		rl_die("out of memory");
	rl_sha256(f->text, f->size, sha256);
	return json_pack("{s:I, s:s}", "files", (json_int_t)f->n, "sha256", sha256);
}

/* ---- a folder ---------------------------------------------------------------------------------
 */

struct rl_mapfolder {
	struct file {
		char *path, *name;
		bool taken;
	} * files;
	size_t n;
	struct rl_dict at;
};

static void add(struct rl_mapfolder *f, const char *path)
{
	char *key = rl_key_from_path(path);
	struct file one = {.path = rl_strdup(path), .name = rl_strdup(rl_last_component(key))};
	size_t before = rl_dict_add(&f->at, one.name, strlen(one.name), f->n);

	if (before != RL_DICT_NONE)
		rl_die("%s: %s is of an image of the same name", path, f->files[before].path);
	f->files = rl_grown(f->files, f->n, sizeof(one));
	f->files[f->n++] = one;
	free(key);
}

static int by_name(const FTSENT **a, const FTSENT **b)
{
	return strcmp((*a)->fts_name, (*b)->fts_name);
}

struct rl_mapfolder *rl_mapfolder_open(const char *path)
{
	struct rl_mapfolder *f = rl_calloc(1, sizeof(*f));
	char *const roots[] = {(char *)path, NULL};
	FTS *fts = fts_open(roots, FTS_LOGICAL | FTS_NOCHDIR, by_name);
	FTSENT *e;

	if (!fts)
		rl_die("%s: open:", path);
	while ((e = fts_read(fts))) {
		size_t n = strlen(e->fts_name);

		errno = e->fts_errno;
		if (e->fts_info == FTS_DNR || e->fts_info == FTS_ERR || e->fts_info == FTS_NS)
			rl_die("%s: read:", e->fts_path);
		if (e->fts_info == FTS_F && n > 4 && !strcmp(e->fts_name + n - 4, ".png"))
			add(f, e->fts_path);
	}
	fts_close(fts);
	if (!f->n)
		rl_die("%s: no PNG file in it", path);
	return f;
}

void rl_mapfolder_free(struct rl_mapfolder *f)
{
	for (size_t i = 0; i < f->n; i++) {
		free(f->files[i].path);
		free(f->files[i].name);
	}
	free(f->files);
	rl_dict_free(&f->at);
	free(f);
}

/* A file is called as the image's file, whose name the key escapes, or as the key itself, which to
 * the folder looks like a name with per cent signs of its own. */
static size_t find(const struct rl_mapfolder *f, const char *name)
{
	size_t at = rl_dict_find(&f->at, name, strlen(name));

	if (at == RL_DICT_NONE) {
		char *file = rl_asprintf("%s.png", name), *again = rl_key_from_path(file);

		at = rl_dict_find(&f->at, again, strlen(again));
		free(again);
		free(file);
	}
	return at;
}

const char *rl_mapfolder_take(struct rl_mapfolder *f, const char *key)
{
	const char *name = rl_last_component(key);
	size_t at = find(f, name);

	if (at == RL_DICT_NONE)
		return NULL;
	if (f->files[at].taken)
		rl_die("%s: the truth has two images called %s", f->files[at].path, name);
	f->files[at].taken = true;
	return f->files[at].path;
}

const char *rl_mapfolder_left(const struct rl_mapfolder *f)
{
	for (size_t i = 0; i < f->n; i++)
		if (!f->files[i].taken)
			return f->files[i].path;
	return NULL;
}
