#include "train/patchset.h"

#include "base/err.h"
#include "data/pairs.h"

#include <stdlib.h>
#include <string.h>

/* ---- format -----------------------------------------------------------------------------------
 */

static bool declared_as(const json_t *fields, const char *name, json_t *wanted)
{
	const bool same = json_equal(json_object_get(fields, name), wanted);

	json_decref(wanted);
	return same;
}

struct rl_patch_format rl_patch_format_of(const json_t *head, int64_t side, const char *where)
{
	const char *kind = rl_json_str(head, "kind", where);
	const json_t *fields = json_object_get(head, "fields");
	struct rl_patch_format f = {.paired = rl_head_has_field(head, "pairs"), .side = side};

	if (strcmp(kind, "patches"))
		rl_die("%s: a stream of %s, not of patches: rl-patchpairs makes them", where, kind);
	if (f.paired) {
		f.normalised = true;
		if (!declared_as(fields, "pairs",
				 json_pack("{s:s, s:[s, i]}", "dtype", rl_dtype_name(RL_I4),
					   "shape", "K", 3)) ||
		    !declared_as(fields, "patches",
				 json_pack("{s:s, s:[s, I, I, i]}", "dtype", rl_dtype_name(RL_F4),
					   "shape", "M", (json_int_t)side, (json_int_t)side, 3)))
			rl_die("%s: head: patches are not f4 M x %lld x %lld x 3, which --patch "
			       "says, or pairs not i4 K x 3",
			       where, (long long)side, (long long)side);
		return f;
	}
	for (int type = 0; type < 2; type++) {
		f.normalised = type;
		if (declared_as(fields, "patches",
				json_pack("{s:s, s:[i, I, I, i]}", "dtype",
					  rl_dtype_name(type ? RL_F4 : RL_U1), "shape", RL_PATCHES,
					  (json_int_t)side, (json_int_t)side, 3)))
			return f;
	}
	rl_die("%s: head: patches are not u1 or f4 %d x %lld x %lld x 3, which --patch says", where,
	       RL_PATCHES, (long long)side, (long long)side);
}

static size_t patch_bytes(const struct rl_patch_format *f)
{
	return (size_t)(3 * f->side * f->side) * (f->normalised ? sizeof(float) : 1);
}

/* ---- an image ---------------------------------------------------------------------------------
 */

static void make_room(struct rl_patch_sample *p, const struct rl_patch_format *f, int64_t patches,
		      int64_t pairs)
{
	p->patches = patches;
	p->pairs = pairs;
	p->pixels = rl_realloc(p->pixels, (size_t)patches, patch_bytes(f));
	p->pair = rl_realloc(p->pair, (size_t)pairs + 1, sizeof(*p->pair));
}

void rl_patch_sample_take(struct rl_patch_sample *to, const struct rl_patch_format *f,
			  struct rl_sample *s)
{
	const struct rl_tensor *patches =
		rl_sample_get(s, "patches", f->normalised ? RL_F4 : RL_U1, 4);
	const struct rl_tensor *pairs = f->paired ? rl_sample_get(s, "pairs", RL_I4, 2) : NULL;
	const int64_t n = pairs ? pairs->dim[0] : 0, m = patches->dim[0];

	if (f->held_out && rl_keyset_has(f->held_out, s->key))
		rl_die("%s: is among the images to train on and those to test on", s->key);
	if (f->paired && !n)
		rl_die("%s: no pairs", s->key);
	make_room(to, f, m, n);
	memcpy(to->pixels, patches->data, rl_tensor_bytes(patches));
	for (int64_t i = 0; i < n; i++) {
		const int32_t *p = (const int32_t *)pairs->data + 3 * i;

		rl_pair_check(p, i, m, s->key);
		memcpy(to->pair[i], p, sizeof(to->pair[i]));
	}
}

void rl_patch_sample_copy(struct rl_patch_sample *to, const struct rl_patch_format *f,
			  const struct rl_patch_sample *from)
{
	make_room(to, f, from->patches, from->pairs);
	memcpy(to->pixels, from->pixels, (size_t)from->patches * patch_bytes(f));
	memcpy(to->pair, from->pair, (size_t)from->pairs * sizeof(*to->pair));
}

struct rl_patch_sample rl_patch_sample_blank(const struct rl_patch_format *f)
{
	struct rl_patch_sample p = {0};

	make_room(&p, f, f->paired ? 2 : RL_PATCHES, f->paired);
	memset(p.pixels, 0, (size_t)p.patches * patch_bytes(f));
	memcpy(p.pair[0], (const int32_t[3]){0, 1, 0}, sizeof(p.pair[0]));
	return p;
}

void rl_patch_sample_free(struct rl_patch_sample *p)
{
	free(p->pixels);
	free(p->pair);
	*p = (struct rl_patch_sample){0};
}

/* ---- a batch ----------------------------------------------------------------------------------
 */

static void count(struct rl_patch_batch *b, const struct rl_patch_sample *sample, int64_t images)
{
	b->images = images;
	b->patches = b->pairs = 0;
	for (int64_t i = 0; i < images; i++) {
		b->patches += sample[i].patches;
		b->pairs += sample[i].pairs ? sample[i].pairs : RL_NEIGHBOURS;
	}
}

void rl_patch_batch_join(struct rl_patch_batch *b, const struct rl_patch_format *f,
			 const struct rl_patch_sample *sample, int64_t images)
{
	const size_t bytes = patch_bytes(f);
	int64_t patch = 0, k = 0;

	count(b, sample, images);
	const size_t pairs = (size_t)b->pairs, patches = (size_t)b->patches;
	b->pixels = rl_realloc(b->pixels, patches, bytes);
	b->first = rl_realloc(b->first, pairs, sizeof(*b->first));
	b->second = rl_realloc(b->second, pairs, sizeof(*b->second));
	b->label = rl_realloc(b->label, pairs, sizeof(*b->label));
	b->image = rl_realloc(b->image, pairs, sizeof(*b->image));
	b->index = rl_realloc(b->index, pairs + patches, sizeof(*b->index));
	for (int64_t i = 0; i < images; i++) {
		const struct rl_patch_sample *s = &sample[i];

		memcpy((char *)b->pixels + (size_t)patch * bytes, s->pixels,
		       (size_t)s->patches * bytes);
		for (int64_t j = 0; j < (s->pairs ? s->pairs : RL_NEIGHBOURS); j++, k++) {
			b->first[k] = s->pairs ? (int32_t)patch + s->pair[j][0] : 0;
			b->second[k] = s->pairs ? (int32_t)patch + s->pair[j][1] : 0;
			b->label[k] = s->pairs ? s->pair[j][2] : (int32_t)j;
			b->image[k] = i;
		}
		patch += s->patches;
	}
}

struct rl_patch_pixels rl_patch_batch_pixels(const struct rl_patch_batch *b,
					     const struct rl_patch_format *f)
{
	return f->normalised ? (struct rl_patch_pixels){.normalised = b->pixels}
			     : (struct rl_patch_pixels){.levels = b->pixels};
}

void rl_patch_batch_free(struct rl_patch_batch *b)
{
	free(b->pixels);
	free(b->first);
	free(b->second);
	free(b->label);
	free(b->image);
	free(b->index);
	*b = (struct rl_patch_batch){0};
}
