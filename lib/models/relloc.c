#include "models/relloc.h"

int rl_relloc_cell(int label)
{
	return label < RL_CENTRE ? label : label + 1;
}

struct rl_relloc_net rl_relloc(struct rl_net *n, const struct rl_relloc *c, int64_t images)
{
	int64_t pairs = images * RL_NEIGHBOURS, centres = c->literal ? pairs : images;
	struct rl_resnet neighbour_net = c->backbone, centre_net = c->backbone;
	rl_val feature[RL_NFEATURES], neighbour, centre, x;
	struct rl_relloc_net m;

	neighbour_net.running = centre_net.running = c->running;
	neighbour_net.copies = 1;
	centre_net.copies = c->literal ? 1 : RL_NEIGHBOURS;

	m.neighbours = rl_feed(n, 4, (int64_t[]){pairs, 3, c->patch, c->patch});
	m.centres = rl_feed(n, 4, (int64_t[]){centres, 3, c->patch, c->patch});
	rl_resnet(n, &neighbour_net, "backbone.", m.neighbours, feature);
	neighbour = rl_global_avgpool(n, feature[RL_STAGE4]);
	rl_resnet(n, &centre_net, "backbone.", m.centres, feature);
	centre = rl_global_avgpool(n, feature[RL_STAGE4]);

	x = rl_linear_pairs(n, neighbour, centre, "neck.fc", c->hidden, c->neck_std);
	x = rl_bnorm(n, x, "neck.bn",
		     (struct rl_bnorm){.momentum = c->neck_norm_momentum,
				       .eps = 1e-5,
				       .running = c->running,
				       .relu = true,
				       .copies = 1});
	x = rl_dropout(n, x, RL_NEIGHBOURS, c->dropout);
	m.logits = rl_linear(n, x, "head.fc_cls", RL_NEIGHBOURS, c->head_std);
	m.loss = rl_softmax_ce(n, m.logits);
	return m;
}

void rl_relloc_feed(struct rl_net *n, const struct rl_relloc_net *m, const struct rl_relloc *c,
		    int64_t images, const uint8_t *patches, int64_t *index)
{
	int64_t k = 0;

	for (int64_t i = 0; i < images; i++)
		for (int label = 0; label < RL_NEIGHBOURS; label++)
			index[k++] = i * RL_PATCHES + rl_relloc_cell(label);
	rl_net_feed_images(n, m->neighbours, patches, NULL, index);

	for (int64_t i = 0, repeat = c->literal ? RL_NEIGHBOURS : 1; i < images * repeat; i++)
		index[i] = i / repeat * RL_PATCHES + RL_CENTRE;
	rl_net_feed_images(n, m->centres, patches, NULL, index);
}

void rl_relloc_labels(int64_t images, int32_t *labels)
{
	for (int64_t i = 0; i < images * RL_NEIGHBOURS; i++)
		labels[i] = (int32_t)(i % RL_NEIGHBOURS);
}
