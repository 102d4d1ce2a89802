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
				    rl_synth_category(scene->objects[0].category), number + 1));
}

void rl_synth_write_imagefolder(const struct rl_synth_set *set)
{
	for (int c = 0; c < rl_synth_categories(); c++) {
		rl_synth_mkdir(set, "train/%s", rl_synth_category(c));
		if (set->val)
			rl_synth_mkdir(set, "val/%s", rl_synth_category(c));
	}
	rl_synth_each(set, true, save, NULL);
}
