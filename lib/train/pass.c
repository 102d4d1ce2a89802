#include "train/pass.h"

bool rl_sized_net_renew(struct rl_sized_net *s, int64_t images, struct rl_params *params,
			const struct rl_net_config *config)
{
	if (s->net && s->images == images)
		return false;
	if (s->net)
		rl_net_free(s->net);
	s->images = images;
	s->net = rl_net_new(params, config);
	return true;
}

int64_t rl_pass_images(const struct rl_batch *b, const struct rl_net_config *config)
{
	return b->samples ? b->samples : config->sync_bn;
}

void rl_pass_begin(struct rl_net *n, const struct rl_batch *b, const struct rl_micro *m)
{
	rl_net_set_draw(n, m->draw);
	rl_net_track_statistics(n, m->leading);
	rl_net_set_weight(n, b->weight);
	rl_net_watch(n, m->final, m->final_ctx);
}
