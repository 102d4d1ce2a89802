#include "stream/manifest.h"

#include "base/err.h"
#include "base/json.h"
#include "stream/name.h"

#include <stdlib.h>
#include <string.h>

void rl_record_free(struct rl_record *r)
{
	free(r->key);
	free(r->path);
	free(r->bytes);
	free(r->labels);
	rl_objects_free(&r->objects);
	free(r->segmentation);
	*r = (struct rl_record){0};
}

static const char *has(bool it)
{
	return it ? "has" : "has no";
}

void rl_manifest_admit(struct rl_manifest *m, const struct rl_record *r, const char *where)
{
	const char *problem = rl_key_problem(r->key);

	if (problem)
		rl_die("%s: key \"%.200s\": %s", where, r->key, problem);
	if (!rl_keyset_add(&m->keys, r->key))
		rl_die("%s: key \"%.200s\" again: a key names one image", where, r->key);
	if (m->records++ == 0) {
		m->has_label = r->has_label;
		m->nclass = r->nclass;
		m->has_masks = r->objects.masks;
	}
	if (r->has_label != m->has_label)
		rl_die("%s: %s \"label\", but the first record %s", where, has(r->has_label),
		       has(m->has_label));
	if (r->nclass != m->nclass)
		rl_die("%s: \"nclass\" is %d, but %d in the first record (0: not there)", where,
		       r->nclass, m->nclass);
	if (r->nclass && (r->label < 0 || r->label >= r->nclass))
		rl_die("%s: label %d, but there are %d classes", where, r->label, r->nclass);
	if (!r->labels != !m->nlabels)
		rl_die("%s: %s \"labels\", but the first record %s", where, has(r->labels),
		       has(m->nlabels));
	if (r->has_objects != (m->names != NULL))
		rl_die("%s: %s \"boxes\", but the first record %s", where, has(r->has_objects),
		       has(m->names));
	if (!r->objects.masks != !m->has_masks)
		rl_die("%s: %s \"masks\", but the first record %s", where, has(r->objects.masks),
		       has(m->has_masks));
	if (!r->segmentation != !m->segmentation.names)
		rl_die("%s: %s \"segmentation\", but the first record %s", where,
		       has(r->segmentation), has(m->segmentation.names));
}

static void take_names(struct rl_manifest *m, json_t *labels)
{
	const char *name;
	json_t *value;

	m->labels = rl_calloc(json_object_size(labels), sizeof(*m->labels));
	json_object_foreach(labels, name, value)
	{
		(void)value;
		m->labels[m->nlabels++] = rl_strdup(name);
	}
}

/* By name, so that the order of a line's members means nothing. */
static int8_t *parse_labels(struct rl_manifest *m, json_t *labels, const char *where)
{
	if (!json_is_object(labels) || !json_object_size(labels))
		rl_die("%s: \"labels\" is not an object with a member for each class", where);
	if (m->records == 0)
		take_names(m, labels);
	if (m->nlabels && json_object_size(labels) != m->nlabels)
		rl_die("%s: %zu \"labels\", but the first record has %zu", where,
		       json_object_size(labels), m->nlabels);
	int8_t *values = rl_calloc(json_object_size(labels), sizeof(*values));
	for (size_t i = 0; i < m->nlabels; i++)
		values[i] = (int8_t)rl_json_int(labels, m->labels[i], -1, 1, where);
	return values;
}

static void check_names(const json_t *names, const char *where)
{
	size_t n = json_array_size(names);

	for (size_t i = 0; i < n; i++)
		if (!json_is_string(json_array_get(names, i)))
			n = 0;
	if (!n)
		rl_die("%s: \"names\" is not an array of strings", where);
}

static void parse_objects(struct rl_manifest *m, struct rl_record *r, const json_t *o,
			  const char *where)
{
	json_t *names = rl_json_get(o, "names", where);

	if (m->records == 0) {
		check_names(names, where);
		m->names = json_incref(names);
	}
	if (m->names && !json_equal(names, m->names))
		rl_die("%s: other \"names\" than in the first record", where);
	r->has_objects = true;
	r->objects = rl_objects_parse(o, json_array_size(names), where);
}

static void parse_segmentation(struct rl_manifest *m, struct rl_record *r, const json_t *member,
			       const char *where)
{
	if (m->records == 0)
		m->segmentation = rl_segmentation_parse(member, where);
	r->segmentation = rl_segmentation_path(&m->segmentation, member, where);
}

static void parse_size(struct rl_record *r, const json_t *o, const char *where)
{
	if (!json_object_get(o, "height") && !json_object_get(o, "width"))
		return;
	r->height = (int)rl_json_int(o, "height", 1, INT32_MAX, where);
	r->width = (int)rl_json_int(o, "width", 1, INT32_MAX, where);
}

struct rl_record rl_manifest_parse(struct rl_manifest *m, const char *line, size_t size,
				   const char *where)
{
	json_t *o = rl_json_parse(line, size, where);
	struct rl_record r = {0};
	json_t *labels, *segmentation;

	if (!json_is_object(o))
		rl_die("%s: not a JSON object", where);
	r.key = rl_strdup(rl_json_str(o, "key", where));
	r.path = rl_strdup(rl_json_str(o, "path", where));
	if (!*r.path)
		rl_die("%s: \"path\" is empty", where);
	if ((r.has_label = json_object_get(o, "label")))
		r.label = (int32_t)rl_json_int(o, "label", INT32_MIN, INT32_MAX, where);
	if (r.has_label && json_object_get(o, "nclass"))
		r.nclass = (int32_t)rl_json_int(o, "nclass", 1, INT32_MAX, where);
	if ((labels = json_object_get(o, "labels")))
		r.labels = parse_labels(m, labels, where);
	if (json_object_get(o, "boxes"))
		parse_objects(m, &r, o, where);
	if ((segmentation = json_object_get(o, "segmentation")))
		parse_segmentation(m, &r, segmentation, where);
	parse_size(&r, o, where);
	json_decref(o);
	rl_manifest_admit(m, &r, where);
	return r;
}

void rl_manifest_free(struct rl_manifest *m)
{
	for (size_t i = 0; i < m->nlabels; i++)
		free(m->labels[i]);
	free(m->labels);
	json_decref(m->names);
	rl_segmentation_free(&m->segmentation);
	rl_keyset_free(&m->keys);
	*m = (struct rl_manifest){0};
}
