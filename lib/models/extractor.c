#include "models/extractor.h"

#include "base/err.h"

void rl_extractor_plan(struct rl_extractor *e, int64_t images)
{
	if (e->net && e->images == images)
		return;
	if (e->net)
		rl_net_free(e->net);
	e->images = images;
	e->net = rl_net_new(e->params, &(struct rl_net_config){.seed = e->seed, .bf16 = e->bf16});
	e->x = rl_features(e->net, &e->backbone, images, e->height, e->width, e->want, e->out,
			   "stdin");
	rl_net_plan(e->net);
}

int64_t rl_extractor_dimension(const struct rl_extractor *e, int layer)
{
	int64_t dim[4], d = 1;
	int ndim = rl_net_shape(e->net, e->out[layer], dim);

	for (int i = 1; i < ndim; i++)
		d *= dim[i];
	return d;
}

void rl_extractor_run(struct rl_extractor *e, const uint8_t *pixels, const float (*lighting)[3],
		      int64_t n, float *const row[RL_NLAYERS])
{
	rl_extractor_plan(e, n);
	if (n > e->indices)
		e->index = rl_realloc(e->index, (size_t)n, sizeof(*e->index));
	for (; e->indices < n; e->indices++)
		e->index[e->indices] = e->indices;
	rl_net_feed_images(e->net, e->x, pixels, lighting, e->index);
	rl_net_forward(e->net);
	for (int layer = 0; layer < RL_NLAYERS; layer++)
		if (e->want[layer])
			rl_net_read(e->net, e->out[layer], row[layer]);
}
