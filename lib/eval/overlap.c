#include "eval/overlap.h"

#include "base/err.h"

#include <stdlib.h>

void rl_overlap_learn(struct rl_overlap *o, char *const *key, size_t n)
{
	for (size_t i = 0; i < n; i++)
		rl_keyset_add(&o->known, key[i]);
}

void rl_overlap_show(struct rl_overlap *o, char *const *key, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (rl_keyset_has(&o->known, key[i]) && rl_keyset_add(&o->shared, key[i]) &&
		    !o->first)
			o->first = rl_strdup(key[i]);
}

void rl_overlap_refuse(const struct rl_overlap *o, const char *train, const char *test)
{
	if (o->first)
		rl_die("%s: %zu images are in %s, too, the first is %.200s: testing on what was "
		       "trained on",
		       test, o->shared.used, train, o->first);
}

void rl_overlap_free(struct rl_overlap *o)
{
	rl_keyset_free(&o->known);
	rl_keyset_free(&o->shared);
	free(o->first);
	*o = (struct rl_overlap){0};
}
