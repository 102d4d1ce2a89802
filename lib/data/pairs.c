#include "data/pairs.h"

#include "base/err.h"
#include "image/patches.h"

enum { LABELS = RL_PATCHES - 1 };

void rl_pair_check(const int32_t pair[3], int64_t number, int64_t patches, const char *where)
{
	if (pair[0] < 0 || pair[0] >= patches || pair[1] < 0 || pair[1] >= patches || pair[2] < 0 ||
	    pair[2] >= LABELS)
		rl_die("%s: pair %lld: patches %d and %d of %lld, label %d of %d", where,
		       (long long)number, (int)pair[0], (int)pair[1], (long long)patches,
		       (int)pair[2], LABELS);
}
