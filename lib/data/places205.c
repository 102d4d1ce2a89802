#include "data/places205.h"

#include "base/err.h"
#include "data/imagelist.h"

#include <stdlib.h>
#include <unistd.h>

/* Images: Zhou et al., "Learning deep features for scene recognition using Places database", 2014.
 */
enum { TRAIN_IMAGES = 2448873, VAL_IMAGES = 20500 };

/* The first of two places that is there. */
static char *either(const char *dir, const char *one, const char *two, const char *name)
{
	char *first = rl_asprintf("%s/%s%s", dir, one, name);
	char *second = rl_asprintf("%s/%s%s", dir, two, name);
	bool here = !access(first, F_OK);

	if (!here && access(second, F_OK))
		rl_die("%s: neither %s%s nor %s%s in it", dir, one, name, two, name);
	free(here ? second : first);
	return here ? first : second;
}

static void read_list(struct rl_imageset *s, const char *dir, const char *set, size_t nclass)
{
	char *name = rl_asprintf("%s_places205.csv", set);
	char *list = either(dir, "trainvalsplit_places205/", "", name);
	char *images = either(dir, "data/vision/torralba/deeplearning/", "", "images256");

	rl_imagelist_read(s, list, images, "", nclass);
	free(images);
	free(list);
	free(name);
}

void rl_places205_read(struct rl_imageset *s, const char *dir, bool val, size_t nclass)
{
	struct rl_imageset train;

	read_list(s, dir, val ? "val" : "train", nclass);
	rl_imageset_need_files(s);
	if (nclass == RL_PLACES205_CLASSES)
		rl_imageset_note_size(s, val ? VAL_IMAGES : TRAIN_IMAGES);
	if (!val)
		return;
	read_list(&train, dir, "train", nclass);
	if (s->classes && train.classes)
		rl_imageset_same_classes(s, &train);
	rl_imageset_disjoint(s, &train, RL_BY_PATH);
	rl_imageset_free(&train);
}
