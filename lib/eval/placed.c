#include "eval/placed.h"

#include "base/err.h"
#include "base/utf8.h"
#include "eval/layer.h"

#include <stdlib.h>
#include <string.h>

struct rl_placed *rl_placed_open(const char *path, const char *layer)
{
	struct rl_placed *p = rl_calloc(1, sizeof(*p));

	p->in = rl_reader_open(path);
	p->path = rl_utf8_clean(strcmp(path, "-") ? path : "stdin");
	p->layer = rl_strdup(layer);
	const json_t *head = rl_reader_head(p->in);
	if (!rl_head_has_field(head, "places") || !rl_head_has_field(head, "size"))
		rl_die("%s: no patches: extract with --patches", p->path);
	if (!rl_head_has_field(head, layer))
		rl_die("%s: no field %s", p->path, layer);
	p->history = json_deep_copy(json_object_get(head, "history"));
	return p;
}

static void take_places(struct rl_placed *p, const float (*box)[4])
{
	const struct rl_tensor *t = rl_sample_get(&p->sample, "size", RL_I4, 1);
	const int32_t *size = t->data;

	if (t->dim[0] != 2)
		rl_die("%s: %s: size is not a height and a width", p->path, p->key);
	const double side[2] = {size[1], size[0]};
	p->at = rl_realloc(p->at, p->n, sizeof(*p->at));
	for (size_t i = 0; i < p->n; i++)
		for (int axis = 0; axis < 2; axis++) {
			double at = ((double)box[i][axis] + (double)box[i][axis + 2]) / 2;

			p->at[i][axis] = at /= side[axis];
			if (!(at >= 0 && at <= 1))
				rl_die("%s: %s: place %zu is not in the image", p->path, p->key, i);
		}
}

bool rl_placed_next(struct rl_placed *p)
{
	const float(*box)[4];

	if (!rl_reader_next(p->in, &p->sample)) {
		rl_reader_digest(p->in, p->digest);
		return false;
	}
	p->images++;
	p->key = p->sample.key;
	p->x = rl_layer_patches(&p->sample, p->layer, &p->d, &p->n, &box, p->path);
	take_places(p, box);
	return true;
}

json_t *rl_placed_provenance(const struct rl_placed *p)
{
	return json_pack("{s:s, s:I, s:s, s:O}", "path", p->path, "samples", (json_int_t)p->images,
			 "digest", p->digest, "history", p->history);
}

void rl_placed_close(struct rl_placed *p)
{
	rl_reader_close(p->in);
	rl_sample_free(&p->sample);
	json_decref(p->history);
	free(p->at);
	free(p->path);
	free(p->layer);
	free(p);
}
