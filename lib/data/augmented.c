#include "data/augmented.h"

#include "base/err.h"
#include "data/follow.h"

#include <math.h>
#include <string.h>

/* A size that the field declares, or -1. */
static int64_t declared(const json_t *field, size_t i)
{
	const json_t *size = json_array_get(json_object_get(field, "shape"), i);

	return json_is_integer(size) ? json_integer_value(size) : -1;
}

void rl_augmented_head(const struct rl_augment *a, json_t *head)
{
	const json_t *image = json_object_get(json_object_get(head, "fields"), "image");

	if (!image)
		rl_die("stdin: no field image, which is to be augmented");
	if (rl_head_has_field(head, "lighting"))
		rl_die("stdin: has a field lighting already, after which nothing can come");
	if (strcmp(rl_json_str(image, "dtype", "stdin"), "u1") ||
	    json_array_size(json_object_get(image, "shape")) != 3 || declared(image, 2) != 3)
		rl_die("stdin: the field image is not u1 [H,W,3]");
	if (rl_augment_needs_classes(a) && !rl_head_has_field(head, "segmentation"))
		rl_die("no field segmentation, which class-crop looks at");
	int64_t height = declared(image, 0), width = declared(image, 1);
	rl_augment_size(a, &height, &width);
	int64_t shape[] = {height < 0 ? -1 : height, width < 0 ? -2 : width, 3};
	rl_head_field(head, "image", RL_U1, 3, shape, (const char *[]){"H", "W"});
	rl_follow_head(head, height, width);
	if (rl_augment_lights(a))
		rl_head_field(head, "lighting", RL_F4, 1, (int64_t[]){3}, NULL);
}

/* The image's memory goes from the sample to the steps and comes back as another. */
static void take_steps(const struct rl_steps *steps, struct rl_resizer *r, struct rl_sample *s)
{
	struct rl_field *f = rl_sample_find(s, "image");
	struct rl_image im = {(int)f->tensor.dim[0], (int)f->tensor.dim[1], rl_field_take(f)};

	rl_steps_image(steps, r, &im);
	rl_field_give(f, im.data, (int64_t[]){im.height, im.width, 3});
}

bool rl_augmented_sample(const struct rl_augment *a, uint64_t seed, struct rl_resizer *r,
			 struct rl_sample *s, char why[RL_WHY])
{
	const struct rl_tensor *image = rl_sample_get(s, "image", RL_U1, 3);
	int64_t height = image->dim[0], width = image->dim[1];
	struct rl_rng rng =
		rl_rng_make(seed, rl_sample_epoch(s), rl_rng_id(s->key), RL_RNG_AUGMENT);
	const uint8_t *classes;
	struct rl_steps steps;

	if (!rl_image_fits(height, width, RL_MAX_PIXELS, why) ||
	    !rl_follow_classes(s, (int)height, (int)width, &classes, why) ||
	    !rl_augment_draw(a, (int)height, (int)width, classes, &rng, &steps, why) ||
	    !rl_follow(&steps, (int)height, (int)width, s, why))
		return false;
	take_steps(&steps, r, s);
	if (rl_augment_lights(a))
		memcpy(rl_sample_make(s, "lighting", RL_F4, 1, (int64_t[]){3})->data,
		       steps.lighting, sizeof(steps.lighting));
	return true;
}

bool rl_lighting_declared(const json_t *head, const char *where)
{
	const json_t *field = json_object_get(json_object_get(head, "fields"), "lighting");
	json_t *wanted = json_pack("{s:s, s:[i]}", "dtype", rl_dtype_name(RL_F4), "shape", 3);

	if (field && !json_equal(field, wanted))
		rl_die("%s: head: lighting is not f4 [3]", where);
	json_decref(wanted);
	return field != NULL;
}

void rl_lighting_of(struct rl_sample *s, float lighting[3])
{
	memcpy(lighting, rl_sample_get(s, "lighting", RL_F4, 1)->data, 3 * sizeof(*lighting));
	for (int c = 0; c < 3; c++)
		if (!isfinite(lighting[c]))
			rl_die("%s: lighting is not finite", s->key);
}
