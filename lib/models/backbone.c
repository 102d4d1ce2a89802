#include "models/backbone.h"

#include "base/err.h"
#include "nn/precision.h"
#include "stream/stream.h"

#include <string.h>

static int shape_in_file(void *file, const char *name, int64_t dim[4])
{
	const struct rl_st_tensor *t = rl_st_find(file, name);

	if (!t || t->ndim > 4)
		return -1;
	memcpy(dim, t->dim, 4 * sizeof(*dim));
	return t->ndim;
}

static json_t *pretraining_of(const struct rl_st_file *f, const char *path)
{
	const char *text = json_string_value(json_object_get(f->metadata, "pretraining"));

	return text ? rl_json_parse(text, strlen(text), path) : NULL;
}

struct rl_resnet rl_backbone_recognise(struct rl_st_file *f, const char *path)
{
	return rl_resnet_recognise(shape_in_file, f, path);
}

void rl_backbone_open(struct rl_backbone *b)
{
	if (!b->weights == (b->random_init < 0))
		rl_die_usage("need one of --weights and --random-init");
	if ((b->weights || b->like) && (b->arch || b->width))
		rl_die_usage("--arch and --width: the weights tell; they are for --random-init");
	if (b->weights && b->like)
		rl_die_usage("--like: is for --random-init");
	if (b->like) {
		struct rl_st_file *f = rl_st_open(b->like);

		b->resnet = rl_backbone_recognise(f, b->like);
		rl_st_close(f);
		return;
	}
	if (b->weights) {
		b->file = rl_st_open(b->weights);
		b->resnet = rl_backbone_recognise(b->file, b->weights);
		b->pretraining = pretraining_of(b->file, b->weights);
		return;
	}
	b->resnet = (struct rl_resnet){.depth = rl_resnet_depth(b->arch ? b->arch : "resnet50"),
				       .width = b->width ? (int)b->width : 64,
				       .output_stride = 32,
				       .running = true,
				       .copies = 1};
}

uint64_t rl_backbone_seed(const struct rl_backbone *b, int64_t seed)
{
	return (uint64_t)(b->random_init < 0 ? seed : b->random_init);
}

void rl_backbone_load(struct rl_backbone *b, struct rl_params *p, const char *const *except)
{
	if (!b->file)
		return;
	rl_weights_load(p, b->file, except);
	rl_st_close(b->file);
	b->file = NULL;
}

void rl_backbone_history(const struct rl_backbone *b, json_t *entry, bool bf16)
{
	if (b->weights)
		rl_history_input(entry, b->weights);
	else
		json_object_set_new(entry, "random_init", json_integer(b->random_init));
	if (b->pretraining)
		json_object_set(entry, "pretraining", b->pretraining);
	json_object_set_new(entry, "network", rl_network_facts(&b->resnet, bf16));
}

json_t *rl_network_facts(const struct rl_resnet *r, bool bf16)
{
	return json_pack("{s:i, s:i, s:s}", "depth", r->depth, "width", r->width, "precision",
			 rl_precision_name(bf16));
}
