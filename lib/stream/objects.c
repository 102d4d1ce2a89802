#include "stream/objects.h"

#include "base/err.h"
#include "stream/box.h"

#include <stdio.h>
#include <stdlib.h>

static const json_t *rows(const json_t *line, const char *name, size_t n, const char *where)
{
	const json_t *list = rl_json_get(line, name, where);

	if (!json_is_array(list) || json_array_size(list) != n)
		rl_die("%s: \"%s\" is not an array with one for each box", where, name);
	return list;
}

static void parse_box(const json_t *box, float to[4], size_t i, const char *where)
{
	double corner[4];
	char what[32];

	snprintf(what, sizeof(what), "box %zu", i);
	rl_box_parse(box, corner, what, where);
	for (size_t k = 0; k < 4; k++)
		to[k] = (float)corner[k];
	if (!(to[0] < to[2] && to[1] < to[3]))
		rl_die("%s: box %zu is empty or inside out", where, i);
}

static int64_t small_int(const json_t *x, int64_t end, const char *name, size_t i,
			 const char *where)
{
	if (!json_is_integer(x) || json_integer_value(x) < 0 || json_integer_value(x) >= end)
		rl_die("%s: \"%s\": number %zu is not a whole number below %lld", where, name, i,
		       (long long)end);
	return json_integer_value(x);
}

struct rl_objects rl_objects_parse(const json_t *line, size_t nclass, const char *where)
{
	const json_t *boxes = rl_json_get(line, "boxes", where);
	size_t n = json_array_size(boxes);
	const json_t *classes = rows(line, "classes", n, where);
	const json_t *ignore = rows(line, "ignore", n, where);
	struct rl_objects o = {.count = n};

	if (!json_is_array(boxes))
		rl_die("%s: \"boxes\" is not an array", where);
	o.boxes = rl_calloc(n + 1, 4 * sizeof(*o.boxes));
	o.classes = rl_calloc(n + 1, sizeof(*o.classes));
	o.ignore = rl_calloc(n + 1, sizeof(*o.ignore));
	for (size_t i = 0; i < n; i++) {
		parse_box(json_array_get(boxes, i), o.boxes + 4 * i, i, where);
		o.classes[i] = (int32_t)small_int(json_array_get(classes, i), (int64_t)nclass,
						  "classes", i, where);
		o.ignore[i] = (uint8_t)small_int(json_array_get(ignore, i), 2, "ignore", i, where);
	}
	if (json_object_get(line, "masks"))
		o.masks = rl_json_text(rows(line, "masks", n, where));
	return o;
}

void rl_objects_free(struct rl_objects *o)
{
	free(o->boxes);
	free(o->classes);
	free(o->ignore);
	free(o->masks);
	*o = (struct rl_objects){0};
}
