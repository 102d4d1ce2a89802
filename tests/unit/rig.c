#include "rig.h"

#include "dot.h"
#include "fill.h"
#include "shadow.h"

#include "base/err.h"

#include <stdio.h>
#include <stdlib.h>

/* A tile of one byte is one image, where the weights let it be. */
const struct rig_variant rig_variants[RIG_VARIANTS] = {
	{"whole batches", SIZE_MAX, false, 1e-5, 2e-5},
	{"tiles", 1, false, 1e-5, 2e-5},
	{"bfloat16", 1, true, 1e-2, 2e-2},
};

void rig_open(struct rig *r, const struct rig_variant *v, bool feed_gradients)
{
	struct rl_net_config config = {.train = true,
				       .feed_gradients = feed_gradients,
				       .seed = 5,
				       .cache = v->cache,
				       .bf16 = v->bf16};

	*r = (struct rig){.variant = v, .params = rl_params_new()};
	r->net = rl_net_new(r->params, &config);
}

rl_val rig_map(struct rig *r, int64_t n, int64_t c, int64_t h, int64_t w)
{
	return r->feed[r->nfeed++] = rl_feed(r->net, 4, (int64_t[]){n, c, h, w});
}

rl_val rig_rows(struct rig *r, int64_t n, int64_t c)
{
	return r->feed[r->nfeed++] = rl_feed(r->net, 2, (int64_t[]){n, c});
}

/* v receives a gradient of random numbers. */
void rig_end(struct rig *r, rl_val v)
{
	int64_t dim[4];
	int ndim = rl_net_shape(r->net, v, dim);
	rl_val gradient = rl_feed(r->net, ndim, dim);

	dot_loss(r->net, v, r->feed[r->nfeed++] = gradient);
}

void rig_feed(struct rig *r)
{
	char name[32];

	for (int i = 0; i < r->nfeed; i++) {
		int64_t dim[4], count = 1;

		for (int k = rl_net_shape(r->net, r->feed[i], dim); k > 0; k--)
			count *= dim[k - 1];
		float *x = rl_malloc((size_t)count * sizeof(*x));
		snprintf(name, sizeof(name), "feed %d", i);
		fill(x, (size_t)count, name, -1, 1);
		rl_net_feed(r->net, r->feed[i], x);
		free(x);
	}
}

void rig_close(struct rig *r)
{
	rl_net_free(r->net);
	rl_params_free(r->params);
}

/* Plan, fill, run both ways, compare, free. */
void rig_check(struct rig *r, const char *what)
{
	shadow_keep(r->net);
	rl_net_plan(r->net);
	fill_params(r->params, "", 3, true);
	rig_feed(r);
	struct shadow *s = shadow_new(r->net);
	rl_net_forward(r->net);
	rl_net_backward(r->net);
	shadow_run(s, true);
	shadow_agrees(s, r->variant->forward, r->variant->backward, "%s: %s", r->variant->name,
		      what);
	shadow_free(s);
	rig_close(r);
}
