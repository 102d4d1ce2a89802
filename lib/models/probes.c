#include "models/probes.h"

#include <stdio.h>

static rl_val head(struct rl_net *n, const struct rl_probes *c, int i, rl_val x)
{
	const struct rl_bnorm norm = {
		.momentum = 0.1, .eps = 1e-5, .running = c->running, .copies = 1, .fixed = true};
	char name[32];

	if (c->heads == 1)
		return rl_linear(n, x, "head.fc_cls", c->classes, 0.01);
	snprintf(name, sizeof(name), "head.norms.%d", i);
	x = rl_flatten(n, rl_bnorm(n, x, name, norm));
	snprintf(name, sizeof(name), "head.fcs.%d", i);
	return rl_linear(n, x, name, c->classes, 0.01);
}

struct rl_probes_net rl_probes(struct rl_net *n, const struct rl_probes *c, int64_t images)
{
	struct rl_probes_net m;

	for (int i = 0; i < c->heads; i++) {
		const int64_t *d = c->dim[i];

		m.feature[i] = rl_feed(n, c->ndim, (int64_t[]){images, d[1], d[2], d[3]});
		m.logits[i] = head(n, c, i, m.feature[i]);
		rl_net_keep(n, m.logits[i]);
		m.loss[i] = rl_softmax_ce(n, m.logits[i]);
	}
	return m;
}
