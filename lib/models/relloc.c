#include "models/relloc.h"

int rl_relloc_cell(int label)
{
	return label < RL_CENTRE ? label : label + 1;
}

/* Neck and head, on pairs of features. */
static rl_val logits_of(struct rl_net *n, const struct rl_relloc *c, rl_val first, rl_val second,
			int rows, rl_val *neck)
{
	rl_val x = rl_linear_pairs(n, first, second, "neck.fc", c->hidden, c->neck_std);

	x = rl_bnorm(n, x, "neck.bn",
		     (struct rl_bnorm){.momentum = c->neck_norm_momentum,
				       .eps = 1e-5,
				       .running = c->running,
				       .relu = true,
				       .copies = 1});
	*neck = x;
	x = rl_dropout(n, x, rows, c->dropout);
	return rl_linear(n, x, "head.fc_cls", RL_NEIGHBOURS, c->head_std);
}

struct rl_pairs_net rl_relloc_pairs(struct rl_net *n, const struct rl_relloc *c, int64_t patches,
				    int64_t pairs)
{
	struct rl_resnet trunk = c->backbone;
	rl_val feature[RL_NFEATURES];
	struct rl_pairs_net m;

	trunk.running = c->running;
	trunk.copies = 1;
	m.patches = rl_feed(n, 4, (int64_t[]){patches, 3, c->patch, c->patch});
	rl_resnet(n, &trunk, "backbone.", m.patches, feature);
	m.pooled = rl_global_avgpool(n, feature[RL_STAGE4]);
	m.first = rl_select(n, m.pooled, pairs);
	m.second = rl_select(n, m.pooled, pairs);
	m.logits = logits_of(n, c, m.first, m.second, 1, &m.neck);
	m.loss = rl_softmax_ce(n, m.logits);
	return m;
}

struct rl_relloc_net rl_relloc(struct rl_net *n, const struct rl_relloc *c, int64_t images)
{
	int64_t pairs = images * RL_NEIGHBOURS, centres = c->literal ? pairs : images;
	struct rl_resnet neighbour_net = c->backbone, centre_net = c->backbone;
	rl_val feature[RL_NFEATURES], centre;
	struct rl_relloc_net m;

	neighbour_net.running = centre_net.running = c->running;
	neighbour_net.copies = 1;
	centre_net.copies = c->literal ? 1 : RL_NEIGHBOURS;

	m.neighbours = rl_feed(n, 4, (int64_t[]){pairs, 3, c->patch, c->patch});
	m.centres = rl_feed(n, 4, (int64_t[]){centres, 3, c->patch, c->patch});
	rl_resnet(n, &neighbour_net, "backbone.", m.neighbours, feature);
	m.pooled = rl_global_avgpool(n, feature[RL_STAGE4]);
	rl_resnet(n, &centre_net, "backbone.", m.centres, feature);
	centre = rl_global_avgpool(n, feature[RL_STAGE4]);

	m.logits = logits_of(n, c, m.pooled, centre, RL_NEIGHBOURS, &m.neck);
	m.loss = rl_softmax_ce(n, m.logits);
	return m;
}

static void feed(struct rl_net *n, rl_val v, struct rl_patch_pixels patches, const int64_t *index)
{
	if (patches.levels)
		rl_net_feed_images(n, v, patches.levels, NULL, index);
	else
		rl_net_feed_normalised(n, v, patches.normalised, index);
}

void rl_relloc_feed(struct rl_net *n, const struct rl_relloc_net *m, const struct rl_relloc *c,
		    int64_t images, struct rl_patch_pixels patches, int64_t *index)
{
	int64_t k = 0;

	for (int64_t i = 0; i < images; i++)
		for (int label = 0; label < RL_NEIGHBOURS; label++)
			index[k++] = i * RL_PATCHES + rl_relloc_cell(label);
	feed(n, m->neighbours, patches, index);

	for (int64_t i = 0, repeat = c->literal ? RL_NEIGHBOURS : 1; i < images * repeat; i++)
		index[i] = i / repeat * RL_PATCHES + RL_CENTRE;
	feed(n, m->centres, patches, index);
}

void rl_relloc_feed_pairs(struct rl_net *n, const struct rl_pairs_net *m,
			  struct rl_patch_pixels patches, const int32_t *first,
			  const int32_t *second, int64_t *index)
{
	int64_t dim[4];

	rl_net_shape(n, m->patches, dim);
	for (int64_t i = 0; i < dim[0]; i++)
		index[i] = i;
	feed(n, m->patches, patches, index);
	rl_select_rows(n, m->first, first);
	rl_select_rows(n, m->second, second);
}

void rl_relloc_labels(int64_t images, int32_t *labels)
{
	for (int64_t i = 0; i < images * RL_NEIGHBOURS; i++)
		labels[i] = (int32_t)(i % RL_NEIGHBOURS);
}
