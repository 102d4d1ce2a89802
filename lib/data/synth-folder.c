/* The synthetic world as class folders: train/CLASS/NUMBER.jpg and val/CLASS/NUMBER.jpg. */
#include "data/synth-write.h"

#include <inttypes.h>

static void save(const struct rl_synth_set *set, int64_t number, const struct rl_synth_scene *scene,
		 void *user)
{
	(void)user;
	rl_synth_jpeg(set, scene,
		      rl_synth_open(set, "%s/%s/%06" PRId64 ".jpg",
				    number < set->train ? "train" : "val",
				    rl_synth_category(&set->cast, scene->objects[0].category),
				    number + 1));
}

/* Of the n pictures from number `first` on: a class folder without a picture is none. */
static void folders(const struct rl_synth_set *set, const char *part, int64_t first, int64_t n)
{
	int categories = set->cast.count;

	for (int64_t i = first; i < first + n && i < first + categories; i++)
		rl_synth_mkdir(set, "%s/%s", part,
			       rl_synth_category(&set->cast, (int)(i % categories)));
}

void rl_synth_write_imagefolder(const struct rl_synth_set *set)
{
	folders(set, "train", 0, set->train);
	folders(set, "val", set->train, set->val);
	rl_synth_each(set, true, save, NULL);
}
