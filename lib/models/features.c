#include "models/features.h"

#include "base/err.h"

const char *const rl_layer_names[RL_NLAYERS + 1] = {"feat1", "feat2",   "feat3", "feat4",
						    "feat5", "avgpool", NULL};

/* The reference's "specified" pooling at 224 pixels: 12, 6, 4, 3 and 2 cells a side. */
static const struct rl_pool pools[RL_NFEATURES] = {
	{10, 10, 4}, {16, 8, 0}, {13, 5, 0}, {8, 3, 0}, {6, 1, 0}};

/* Each map is half as wide as the one before, rounded up.  The last has the largest wish. */
static void need_room(int64_t height, int64_t width, const bool want[RL_NLAYERS], const char *where)
{
	for (int i = RL_NFEATURES - 1; i >= 0; i--) {
		int cells = pools[i].kernel - 2 * pools[i].pad,
		    least = ((cells - 1) << (i + 1)) + 1;

		if (want[i] && (height < least || width < least))
			rl_die("%s: images of %lldx%lld: too small for %s, which takes %d pixels a "
			       "side",
			       where, (long long)width, (long long)height, rl_layer_names[i],
			       least);
	}
}

rl_val rl_features(struct rl_net *n, const struct rl_resnet *backbone, int64_t images,
		   int64_t height, int64_t width, const bool want[RL_NLAYERS],
		   rl_val out[RL_NLAYERS], const char *where)
{
	need_room(height, width, want, where);
	rl_val x = rl_feed(n, 4, (int64_t[]){images, 3, height, width}), feature[RL_NFEATURES];

	rl_resnet(n, backbone, "", x, feature);
	for (int i = 0; i < RL_NLAYERS; i++) {
		out[i] = -1;
		if (!want[i])
			continue;
		out[i] = i == RL_AVGPOOL ? rl_global_avgpool(n, feature[RL_STAGE4])
					 : rl_avgpool(n, feature[i], pools[i]);
		rl_net_keep(n, out[i]);
	}
	return x;
}
