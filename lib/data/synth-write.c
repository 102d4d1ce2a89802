#include "data/synth-write.h"

#include "base/err.h"
#include "base/file.h"
#include "base/progress.h"
#include "image/jpeg.h"
#include "image/lens.h"

#include <stdarg.h>
#include <stdlib.h>

static char *path_in(const struct rl_synth_set *set, const char *fmt, va_list ap)
{
	char *rest, *path;

	if (vasprintf(&rest, fmt, ap) < 0)
		rl_die("out of memory");
	path = rl_asprintf("%s/%s", set->dir, rest);
	free(rest);
	return path;
}

FILE *rl_synth_open(const struct rl_synth_set *set, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	char *path = path_in(set, fmt, ap);
	va_end(ap);
	FILE *f = fopen(path, "w");
	if (!f)
		rl_die("%s: create:", path);
	free(path);
	return f;
}

void rl_synth_close(const struct rl_synth_set *set, FILE *f)
{
	bool bad = ferror(f);

	if (fclose(f) || bad)
		rl_die("%s: write:", set->dir);
}

void rl_synth_mkdir(const struct rl_synth_set *set, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	char *path = path_in(set, fmt, ap);
	va_end(ap);
	rl_mkdirs(path);
	free(path);
}

void rl_synth_jpeg(const struct rl_synth_set *set, const struct rl_synth_scene *scene, FILE *f)
{
	rl_jpeg_write(f, &scene->image, scene->quality, RL_420);
	rl_synth_close(set, f);
}

/* A picture whose label is that of its one object must show it: draw others until one does. */
static void draw(const struct rl_synth_set *set, int64_t number, bool labelled,
		 struct rl_synth_scene *scene)
{
	int category = labelled ? (int)(number % set->cast.count) : RL_SYNTH_ANY;

	rl_synth_draw(scene, set->seed, number, set->width, set->height, &set->cast, category);
	for (int64_t other = 1; labelled && (!scene->nobject || scene->objects[0].difficult);
	     other++) {
		rl_synth_free(scene);
		rl_synth_draw(scene, set->seed, number + (other << 40), set->width, set->height,
			      &set->cast, category);
	}
}

void rl_synth_each(const struct rl_synth_set *set, bool labelled,
		   void (*save)(const struct rl_synth_set *, int64_t, const struct rl_synth_scene *,
				void *),
		   void *user)
{
	int64_t n = set->train + set->val, done = 0;
	struct rl_progress progress = rl_progress_start("images", n, set->quiet);

#pragma omp parallel for schedule(dynamic)
	for (int64_t i = 0; i < n; i++) {
		struct rl_synth_scene scene;

		draw(set, i, labelled, &scene);
		if (set->green_shift != 0)
			rl_lens_magnify_green(&scene.image, set->green_shift);
		save(set, i, &scene, user);
		rl_synth_free(&scene);
#pragma omp critical
		rl_progress_show(&progress, ++done);
	}
	rl_progress_end(&progress, done);
}
