/* What ops sum over the ranks of a job. */
#include "nn/tape.h"

#include "base/err.h"

double rl_op_sum_ranks(struct rl_net *n, double *a, double *b, int64_t channels, double count,
		       double weight)
{
	int64_t size = 2 * channels + 1;
	double *m = n->message, mine = n->weight ? weight : 0;

	if (!n->config.sync_bn)
		return count;
	if (n->message_size < size) {
		m = n->message = rl_realloc(n->message, (size_t)size, sizeof(*m));
		n->message_size = size;
	}
	for (int64_t c = 0; c < channels; c++) {
		m[c] = mine * a[c];
		m[channels + c] = mine * b[c];
	}
	m[2 * channels] = n->weight ? count : 0;
	n->config.comm->sum(n->config.comm, m, (size_t)size);
	for (int64_t c = 0; c < channels; c++) {
		a[c] = m[c] / weight;
		b[c] = m[channels + c] / weight;
	}
	return m[2 * channels];
}
