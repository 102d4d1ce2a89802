#include "stream/segmentation.h"

#include "base/err.h"

#include <stdlib.h>

/* Labels may have 16 bits. */
enum { VALUES = 1 << 16 };

static json_t *take_names(const json_t *member, const char *where)
{
	json_t *names = rl_json_get(member, "names", where);
	size_t n = json_array_size(names);

	for (size_t i = 0; i < n; i++)
		if (!json_is_string(json_array_get(names, i)))
			n = 0;
	if (!n || n > RL_NO_CLASS)
		rl_die("%s: segmentation: \"names\" is not an array of 1 to %d strings", where,
		       RL_NO_CLASS);
	return json_incref(names);
}

static void take_relabel(struct rl_segmentation *s, const char *where)
{
	json_int_t n = (json_int_t)json_array_size(s->names);
	const json_t *to;
	size_t i;

	s->values = json_array_size(s->relabel);
	if (!s->values || s->values > VALUES)
		rl_die("%s: segmentation: \"relabel\" is not an array of 1 to %d numbers", where,
		       VALUES);
	s->class_of = rl_malloc(s->values);
	json_array_foreach(s->relabel, i, to)
	{
		json_int_t class = json_is_integer(to) ? json_integer_value(to) : -1;

		if (class < 0 || (class >= n && class != RL_NO_CLASS))
			rl_die("%s: segmentation: \"relabel\": number %zu is neither a class, of "
			       "which there are %d, nor %d",
			       where, i, (int)n, RL_NO_CLASS);
		s->class_of[i] = (uint8_t) class;
	}
}

struct rl_segmentation rl_segmentation_parse(const json_t *member, const char *where)
{
	struct rl_segmentation s = {0};

	if (!json_is_object(member))
		rl_die("%s: \"segmentation\" is not an object", where);
	s.names = take_names(member, where);
	if ((s.relabel = json_incref(json_object_get(member, "relabel")))) {
		take_relabel(&s, where);
		return s;
	}
	s.values = json_array_size(s.names);
	s.class_of = rl_malloc(s.values);
	for (size_t i = 0; i < s.values; i++)
		s.class_of[i] = (uint8_t)i;
	return s;
}

static void check_same(const json_t *wanted, const json_t *member, const char *name,
		       const char *where)
{
	const json_t *got = json_object_get(member, name);

	if (got != wanted && !json_equal(got, wanted))
		rl_die("%s: segmentation: other \"%s\" than in the first record", where, name);
}

char *rl_segmentation_path(const struct rl_segmentation *s, const json_t *member, const char *where)
{
	if (!json_is_object(member))
		rl_die("%s: \"segmentation\" is not an object", where);
	if (s->names) {
		check_same(s->names, member, "names", where);
		check_same(s->relabel, member, "relabel", where);
	}
	const char *path = rl_json_str(member, "path", where);
	if (!*path)
		rl_die("%s: segmentation: \"path\" is empty", where);
	return rl_strdup(path);
}

size_t rl_segmentation_classes(const struct rl_segmentation *s, const uint16_t *values, size_t n,
			       uint8_t *classes)
{
	for (size_t i = 0; i < n; i++) {
		if (values[i] >= s->values && values[i] != RL_NO_CLASS)
			return i;
		classes[i] = values[i] < s->values ? s->class_of[values[i]] : RL_NO_CLASS;
	}
	return n;
}

void rl_segmentation_free(struct rl_segmentation *s)
{
	json_decref(s->names);
	json_decref(s->relabel);
	free(s->class_of);
	*s = (struct rl_segmentation){0};
}
