#include "eval/copies.h"

#include "base/err.h"
#include "base/json.h"
#include "data/text.h"

#include <stdlib.h>
#include <string.h>

static size_t number_of(struct rl_copies *c, const char *key)
{
	size_t at = rl_dict_find(&c->at, key, strlen(key));

	if (at != RL_DICT_NONE)
		return at;
	c->key = rl_grown(c->key, c->n, sizeof(*c->key));
	c->group = rl_grown(c->group, c->n, sizeof(*c->group));
	c->key[c->n] = rl_strdup(key);
	c->group[c->n] = c->n;
	rl_dict_add(&c->at, c->key[c->n], strlen(key), c->n);
	return c->n++;
}

static size_t first_of(const struct rl_copies *c, size_t i)
{
	while (c->group[i] != i)
		i = c->group[i];
	return i;
}

/* The earlier leads, so that groups do not depend on the order of their pairs but on who came
 * first. */
static void join(struct rl_copies *c, size_t a, size_t b)
{
	size_t x = first_of(c, a), y = first_of(c, b);

	c->group[x > y ? x : y] = x < y ? x : y;
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
		join(c, number_of(c, key), number_of(c, other));
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
	for (size_t i = 0; i < c.n; i++) {
		c.group[i] = first_of(&c, i);
		c.groups += c.group[i] == i;
	}
	c.provenance = rl_text_provenance(&text);
	rl_text_free(&text);
	return c;
}

uint32_t rl_copies_group(const struct rl_copies *c, const char *key)
{
	size_t at = c->n ? rl_dict_find(&c->at, key, strlen(key)) : RL_DICT_NONE;

	return at == RL_DICT_NONE ? 0 : (uint32_t)c->group[at] + 1;
}

void rl_copies_free(struct rl_copies *c)
{
	for (size_t i = 0; i < c->n; i++)
		free(c->key[i]);
	free(c->key);
	free(c->group);
	rl_dict_free(&c->at);
	json_decref(c->provenance);
}
