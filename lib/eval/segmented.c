#include "eval/segmented.h"

#include "base/clones.h"
#include "base/err.h"
#include "base/utf8.h"
#include "data/text.h"
#include "eval/mapfiles.h"
#include "stream/manifest.h"
#include "stream/stream.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* One of the three. */
struct rl_segmented_source {
	char *path; /* as messages name it */

	struct rl_reader *in; /* a stream */
	struct rl_sample sample;
	json_t *history;
	char digest[17];

	bool listed; /* a manifest */
	struct rl_text text;
	struct rl_manifest manifest;
	struct rl_record record; /* the last one */
	bool waits;              /* it is the first and has not been asked for */

	struct rl_mapfolder *folder; /* a folder */
	const char *file;            /* of the image that was asked for */

	struct rl_mapfile *maps; /* what its files hold, and what that means */
	struct rl_segmentation said;
};

static const char truth_field[] = "segmentation", found_field[] = "prediction";

/* ---- a stream -----------------------------------------------------------------------------------
 */

static void open_stream(struct rl_segmented_source *t, const char *path)
{
	t->in = rl_reader_open(path);
	t->history = json_deep_copy(json_object_get(rl_reader_head(t->in), "history"));
}

static const json_t *names_in(const struct rl_segmented_source *t, const char *field)
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

/* Bytes alone, for the compiler to take many at once. */
RL_CLONES static bool all_classes(const uint8_t *class, size_t n, uint8_t nclass)
{
	uint8_t strange = 0;

	for (size_t i = 0; i < n; i++)
		strange |= (uint8_t)(class[i] >= nclass) & (uint8_t)(class[i] != RL_NO_CLASS);
	return !strange;
}

static struct rl_map field_of(struct rl_segmented_source *t, const char *field, size_t nclass)
{
	const struct rl_tensor *map = rl_sample_get(&t->sample, field, RL_U1, 2);
	const uint8_t *class = map->data;
	size_t i = 0;

	if (all_classes(class, rl_tensor_count(map), (uint8_t)nclass))
		return (struct rl_map){map->dim[0], map->dim[1], class};
	while (class[i] < nclass || class[i] == RL_NO_CLASS)
		i++;
	rl_die("%s: %.200s: %s: the pixel at %zu, %zu is of class %d, but there are %zu", t->path,
	       t->sample.key, field, i % (size_t)map->dim[1], i / (size_t)map->dim[1], class[i],
	       nclass);
}

/* ---- a manifest ---------------------------------------------------------------------------------
 */

static bool next_record(struct rl_segmented_source *t)
{
	const char *line;
	size_t size;

	if (t->waits) {
		t->waits = false;
		return true;
	}
	if (!(line = rl_text_line(&t->text, &size)))
		return false;
	rl_record_free(&t->record);
	t->record = rl_manifest_parse(&t->manifest, line, size, t->text.where);
	return true;
}

static void open_manifest(struct rl_segmented_source *t, const char *path)
{
	t->listed = true;
	t->text = rl_text_read(path);
	t->maps = rl_mapfile_new();
	if (!next_record(t))
		rl_die("%s: no image is listed", t->path);
	if (!t->record.segmentation)
		rl_die("%s: no \"segmentation\": list the truth with rl-list voc12aug or "
		       "cityscapes",
		       t->text.where);
	t->waits = true;
}

/* ---- any of them --------------------------------------------------------------------------------
 */

static struct rl_segmented_source *open_source(const char *path, bool truth)
{
	struct rl_segmented_source *t = rl_calloc(1, sizeof(*t));
	struct stat st;

	t->path = rl_utf8_clean(strcmp(path, "-") ? path : "stdin");
	if (truth && !rl_is_stream(path)) {
		open_manifest(t, path);
	} else if (!truth && !stat(path, &st) && S_ISDIR(st.st_mode)) {
		t->folder = rl_mapfolder_open(path);
		t->maps = rl_mapfile_new();
	} else {
		open_stream(t, path);
	}
	return t;
}

/* The key of the next image of a stream or manifest; NULL at the end. */
static const char *next_key(struct rl_segmented_source *t)
{
	if (t->listed)
		return next_record(t) ? t->record.key : NULL;
	if (rl_reader_next(t->in, &t->sample))
		return t->sample.key;
	rl_reader_digest(t->in, t->digest);
	return NULL;
}

/* Of the image that it is at. */
static struct rl_map map_of(struct rl_segmented_source *t, const char *field, size_t nclass,
			    const struct rl_map *like)
{
	if (t->listed)
		return rl_mapfile_load(t->maps, t->record.segmentation, &t->manifest.segmentation,
				       like);
	return t->folder ? rl_mapfile_load(t->maps, t->file, &t->said, NULL)
			 : field_of(t, field, nclass);
}

static json_t *provenance_of(const struct rl_segmented_source *t, size_t n)
{
	if (t->in)
		return json_pack("{s:s, s:I, s:s, s:O}", "path", t->path, "samples", (json_int_t)n,
				 "digest", t->digest, "history", t->history);
	json_t *o = t->listed ? rl_text_provenance(&t->text) : rl_mapfile_provenance(t->maps);
	if (t->listed)
		json_object_set_new(o, "maps", rl_mapfile_provenance(t->maps));
	else
		json_object_set_new(o, "path", json_string(t->path));
	return o;
}

static void close_source(struct rl_segmented_source *t)
{
	if (t->in)
		rl_reader_close(t->in);
	rl_sample_free(&t->sample);
	json_decref(t->history);
	rl_record_free(&t->record);
	rl_manifest_free(&t->manifest);
	rl_text_free(&t->text);
	if (t->folder)
		rl_mapfolder_free(t->folder);
	if (t->maps)
		rl_mapfile_free(t->maps);
	rl_segmentation_free(&t->said);
	free(t->path);
	free(t);
}

/* ---- both ---------------------------------------------------------------------------------------
 */

static void same_names(const struct rl_segmented *s, const json_t *found)
{
	if (json_array_size(found) != s->names.nclass)
		rl_die("%s: %s is of %zu classes, but in %s %s is of %zu", s->found->path,
		       found_field, json_array_size(found), s->gt->path, truth_field,
		       s->names.nclass);
	for (size_t i = 0; i < s->names.nclass; i++) {
		const char *name = json_string_value(json_array_get(found, i));

		if (strcmp(name, s->names.classes[i]))
			rl_die("%s: class %zu of %s is %s, but in %s class %zu of %s is %s",
			       s->found->path, i, found_field, name, s->gt->path, i, truth_field,
			       s->names.classes[i]);
	}
}

/* What the values in a folder's files mean. */
static struct rl_segmentation said_of(const struct rl_segmented *s, const json_t *names,
				      bool relabel)
{
	json_t *member = json_pack("{s:O, s:O*}", "names", names, "relabel",
				   relabel ? s->gt->manifest.segmentation.relabel : NULL);
	struct rl_segmentation said = rl_segmentation_parse(member, s->gt->path);

	json_decref(member);
	return said;
}

struct rl_segmented rl_segmented_open(const char *gt, const char *predictions, bool relabel)
{
	struct rl_segmented s = {.found = open_source(predictions, false)};

	if (s.found->folder && !gt)
		rl_die("%s: a folder has no truth: name it with --gt", s.found->path);
	s.gt = gt ? open_source(gt, true) : s.found;
	s.where = s.gt->path;
	const json_t *names =
		s.gt->listed ? s.gt->manifest.segmentation.names : names_in(s.gt, truth_field);
	for (size_t i = 0; i < json_array_size(names); i++)
		rl_catalogue_add_class(&s.names, json_string_value(json_array_get(names, i)),
				       s.gt->path);
	if (relabel && !s.found->folder)
		rl_die("%s: not a folder: --relabel is for files", s.found->path);
	if (relabel && !s.gt->manifest.segmentation.relabel)
		rl_die("%s: no \"relabel\" in it", s.gt->path);
	if (s.found->folder)
		s.found->said = said_of(&s, names, relabel);
	else
		same_names(&s, names_in(s.found, found_field));
	return s;
}

/* Both have another image, of one key, or both have ended. */
static bool next_pair(const struct rl_segmented *s)
{
	const char *wanted = next_key(s->gt), *given;

	if (s->found == s->gt)
		return wanted;
	if (s->found->folder) {
		given = wanted ? s->found->file = rl_mapfolder_take(s->found->folder, wanted)
			       : rl_mapfolder_left(s->found->folder);
		if (wanted && !given)
			rl_die("%s: no PNG file of %.200s", s->found->path, wanted);
		if (given && !wanted)
			rl_die("%s: %s has no such image", given, s->gt->path);
		return wanted;
	}
	given = next_key(s->found);
	if (wanted && !given)
		rl_die("%s: ends without a prediction of %.200s", s->found->path, wanted);
	if (given && !wanted)
		rl_die("%s: %.200s: %s has no such image", s->found->path, given, s->gt->path);
	if (wanted && strcmp(wanted, given))
		rl_die("%s: %.200s: the next image of %s is %.200s", s->found->path, given,
		       s->gt->path, wanted);
	return wanted;
}

bool rl_segmented_next(struct rl_segmented *s)
{
	if (!next_pair(s)) {
		if (!s->n)
			rl_die("%s: no images", s->gt->path);
		return false;
	}

	const char *key = s->gt->listed ? s->gt->record.key : s->gt->sample.key;
	struct rl_map found = map_of(s->found, found_field, s->names.nclass, NULL);
	struct rl_map truth = map_of(s->gt, truth_field, s->names.nclass, &found);
	if (found.height != truth.height || found.width != truth.width)
		rl_die("%s: %.200s: the prediction is of %lld x %lld pixels, the truth of %lld x "
		       "%lld",
		       s->found->path, key, (long long)found.width, (long long)found.height,
		       (long long)truth.width, (long long)truth.height);
	s->truth = truth.classes;
	s->prediction = found.classes;
	s->pixels = (size_t)(truth.height * truth.width);
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
		close_source(s->gt);
	close_source(s->found);
	rl_catalogue_free(&s->names);
}
