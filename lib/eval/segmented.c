#include "eval/segmented.h"

#include "base/clones.h"
#include "base/err.h"
#include "base/utf8.h"
#include "eval/confusion.h"
#include "stream/stream.h"

#include <stdlib.h>
#include <string.h>

struct rl_segmented_stream {
	char *path; /* as messages name it */
	struct rl_reader *in;
	struct rl_sample sample;
	json_t *history;
	char digest[17];
};

static const char truth_field[] = "segmentation", found_field[] = "prediction";

/* ---- one stream ---------------------------------------------------------------------------------
 */

static struct rl_segmented_stream *open_stream(const char *path)
{
	struct rl_segmented_stream *t = rl_calloc(1, sizeof(*t));

	t->path = rl_utf8_clean(strcmp(path, "-") ? path : "stdin");
	t->in = rl_reader_open(path);
	t->history = json_deep_copy(json_object_get(rl_reader_head(t->in), "history"));
	return t;
}

static const json_t *names_of(const struct rl_segmented_stream *t, const char *field)
{
	const json_t *head = rl_reader_head(t->in), *names;

	if (!rl_head_has_field(head, field))
		rl_die("%s: no field %s", t->path, field);
	if (!(names = rl_head_names(head, field, t->path)))
		rl_die("%s: head: field %s: no \"names\" of its classes", t->path, field);
	if (json_array_size(names) > RL_NO_CLASS)
		rl_die("%s: head: field %s: more than %d classes", t->path, field, RL_NO_CLASS);
	return names;
}

static bool next_sample(struct rl_segmented_stream *t)
{
	if (rl_reader_next(t->in, &t->sample))
		return true;
	rl_reader_digest(t->in, t->digest);
	return false;
}

/* Bytes alone, for the compiler to take many at once. */
RL_CLONES static bool all_classes(const uint8_t *class, size_t n, uint8_t nclass)
{
	uint8_t strange = 0;

	for (size_t i = 0; i < n; i++)
		strange |= (uint8_t)(class[i] >= nclass) & (uint8_t)(class[i] != RL_NO_CLASS);
	return !strange;
}

static const struct rl_tensor *map_of(struct rl_segmented_stream *t, const char *field,
				      size_t nclass)
{
	const struct rl_tensor *map = rl_sample_get(&t->sample, field, RL_U1, 2);
	const uint8_t *class = map->data;
	size_t n = rl_tensor_count(map), i = 0;

	if (all_classes(class, n, (uint8_t)nclass))
		return map;
	while (class[i] < nclass || class[i] == RL_NO_CLASS)
		i++;
	rl_die("%s: %.200s: %s: the pixel at %zu, %zu is of class %d, but there are %zu", t->path,
	       t->sample.key, field, i % (size_t)map->dim[1], i / (size_t)map->dim[1], class[i],
	       nclass);
}

static json_t *provenance_of(const struct rl_segmented_stream *t, size_t n)
{
	return json_pack("{s:s, s:I, s:s, s:O}", "path", t->path, "samples", (json_int_t)n,
			 "digest", t->digest, "history", t->history);
}

static void close_stream(struct rl_segmented_stream *t)
{
	rl_reader_close(t->in);
	rl_sample_free(&t->sample);
	json_decref(t->history);
	free(t->path);
	free(t);
}

/* ---- both ---------------------------------------------------------------------------------------
 */

static void take_names(struct rl_segmented *s, const json_t *truth, const json_t *found)
{
	size_t n = json_array_size(truth);

	for (size_t i = 0; i < n; i++)
		rl_catalogue_add_class(&s->names, json_string_value(json_array_get(truth, i)),
				       s->gt->path);
	if (json_array_size(found) != n)
		rl_die("%s: %s is of %zu classes, but in %s %s is of %zu", s->found->path,
		       found_field, json_array_size(found), s->gt->path, truth_field, n);
	for (size_t i = 0; i < n; i++)
		if (!json_equal(json_array_get(found, i), json_array_get(truth, i)))
			rl_die("%s: class %zu of %s is %s, but in %s class %zu of %s is %s",
			       s->found->path, i, found_field,
			       json_string_value(json_array_get(found, i)), s->gt->path, i,
			       truth_field, s->names.classes[i]);
}

struct rl_segmented rl_segmented_open(const char *gt, const char *predictions)
{
	struct rl_segmented s = {.found = open_stream(predictions)};

	s.gt = gt ? open_stream(gt) : s.found;
	take_names(&s, names_of(s.gt, truth_field), names_of(s.found, found_field));
	return s;
}

/* Both have another image, of one key, or both have ended. */
static bool next_pair(const struct rl_segmented *s)
{
	bool there = next_sample(s->gt);
	const char *wanted = s->gt->sample.key;

	if (s->found == s->gt)
		return there;
	bool also = next_sample(s->found);
	const char *given = s->found->sample.key;

	if (there && !also)
		rl_die("%s: ends without a prediction of %.200s", s->found->path, wanted);
	if (also && !there)
		rl_die("%s: %.200s: %s has no such image", s->found->path, given, s->gt->path);
	if (there && strcmp(wanted, given))
		rl_die("%s: %.200s: the next image of %s is %.200s", s->found->path, given,
		       s->gt->path, wanted);
	return there;
}

bool rl_segmented_next(struct rl_segmented *s)
{
	if (!next_pair(s)) {
		if (!s->n)
			rl_die("%s: no images", s->gt->path);
		return false;
	}

	const struct rl_tensor *truth = map_of(s->gt, truth_field, s->names.nclass);
	const struct rl_tensor *found = map_of(s->found, found_field, s->names.nclass);
	if (found->dim[0] != truth->dim[0] || found->dim[1] != truth->dim[1])
		rl_die("%s: %.200s: the prediction is of %lld x %lld pixels, the truth of %lld x "
		       "%lld",
		       s->found->path, s->found->sample.key, (long long)found->dim[1],
		       (long long)found->dim[0], (long long)truth->dim[1],
		       (long long)truth->dim[0]);
	s->truth = truth->data;
	s->prediction = found->data;
	s->pixels = rl_tensor_count(truth);
	s->n++;
	return true;
}

json_t *rl_segmented_provenance(const struct rl_segmented *s)
{
	json_t *gt = s->gt == s->found ? NULL : provenance_of(s->gt, s->n);

	return json_pack("{s:o*, s:o}", "gt", gt, "predictions", provenance_of(s->found, s->n));
}

const json_t *rl_segmented_history(const struct rl_segmented *s)
{
	return s->found->history;
}

void rl_segmented_close(struct rl_segmented *s)
{
	if (s->gt != s->found)
		close_stream(s->gt);
	close_stream(s->found);
	rl_catalogue_free(&s->names);
}
