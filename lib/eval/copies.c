#include "eval/copies.h"

#include "base/err.h"
#include "base/json.h"
#include "data/text.h"

#include <stdlib.h>
#include <string.h>

/* No key has a line break. */
static char *pair_of(const char *a, const char *b)
{
	bool ordered = strcmp(a, b) < 0;

	return rl_asprintf("%s\n%s", ordered ? a : b, ordered ? b : a);
}

static void take_line(struct rl_copies *c, const json_t *o, const char *where)
{
	const char *key = rl_json_str(o, "key", where);
	const json_t *all = rl_json_get(o, "neighbours", where), *one;
	size_t i;

	if (!json_is_array(all))
		rl_die("%s: \"neighbours\" is not an array", where);
	json_array_foreach(all, i, one)
	{
		const char *other = json_string_value(json_array_get(one, 0));

		if (!other)
			rl_die("%s: neighbour %zu has no key", where, i);
		char *pair = pair_of(key, other);
		c->n += rl_keyset_add(&c->pairs, pair);
		free(pair);
	}
}

struct rl_copies rl_copies_read(const char *path)
{
	struct rl_text text = rl_text_read(path);
	struct rl_copies c = {0};
	const char *line;
	size_t size;

	while ((line = rl_text_line(&text, &size))) {
		json_t *o = rl_json_parse(line, size, text.where);

		take_line(&c, o, text.where);
		json_decref(o);
	}
	rl_text_free(&text);
	return c;
}

bool rl_copies_has(const struct rl_copies *c, const char *a, const char *b)
{
	if (!c->n)
		return false;
	char *pair = pair_of(a, b);
	bool has = rl_keyset_has(&c->pairs, pair);

	free(pair);
	return has;
}

void rl_copies_free(struct rl_copies *c)
{
	rl_keyset_free(&c->pairs);
}
