/* Augmentation against torchvision and OpenCV (tests/golden/make-augment.py), to the bit. */
#include "base/err.h"
#include "base/json.h"
#include "image/augment.h"
#include "image/enhance.h"
#include "image/photometric.h"
#include "picture.h"
#include "tap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
	const char *name;
	void (*change)(uint8_t *rgb, size_t n, double amount);
} colours[] = {
	{"brightness", rl_enhance_brightness},
	{"contrast", rl_enhance_contrast},
	{"saturation", rl_enhance_saturation},
	{"hue", rl_enhance_hue},
	{"photometric brightness", rl_photometric_brightness},
	{"photometric contrast", rl_photometric_contrast},
	{"photometric saturation", rl_photometric_saturation},
	{"photometric hue", rl_photometric_hue},
};

static int at(const json_t *array, size_t i)
{
	return (int)json_integer_value(json_array_get(array, i));
}

static void by_words(const json_t *words, struct rl_resizer *r, struct rl_image *im)
{
	char *word[RL_AUGMENT_MAX], why[RL_WHY];
	struct rl_rng rng = rl_rng_make(1, 2, 3, RL_RNG_AUGMENT);
	struct rl_steps steps;
	int n = (int)json_array_size(words);

	for (int i = 0; i < n; i++)
		word[i] = (char *)json_string_value(json_array_get(words, (size_t)i));
	struct rl_augment *a = rl_augment_parse(word, n);
	if (!rl_augment_draw(a, im->height, im->width, NULL, &rng, &steps, why))
		rl_die("%s", why);
	rl_steps_image(&steps, r, im);
	rl_augment_free(a);
}

static void by_view(const json_t *v, struct rl_resizer *r, struct rl_image *im)
{
	struct rl_view view = {at(v, 0), at(v, 1), at(v, 2), at(v, 3),
			       at(v, 4), at(v, 5), at(v, 6)};

	rl_view_image(&view, r, im);
}

/* Red serves as labels, and what comes out is red, green and blue. */
static void by_plane(const json_t *v, struct rl_image *im)
{
	struct rl_view view = {at(v, 0), at(v, 1), at(v, 2), at(v, 3),
			       at(v, 4), at(v, 5), at(v, 6)};
	uint8_t *plane = rl_malloc((size_t)im->height * (size_t)im->width), *to;

	for (int i = 0; i < im->height * im->width; i++)
		plane[i] = im->data[3 * i];
	to = rl_view_plane(&view, plane, im->width);
	rl_image_free(im);
	*im = rl_image_new(view.to_height, view.to_width);
	for (int i = 0; i < 3 * im->height * im->width; i++)
		im->data[i] = to[i / 3];
	free(plane);
	free(to);
}

static void by_colour(const char *name, double amount, struct rl_image *im)
{
	for (size_t i = 0; i < RL_LEN(colours); i++)
		if (!strcmp(colours[i].name, name))
			colours[i].change(im->data, (size_t)im->height * (size_t)im->width, amount);
}

static uint64_t fnv(const uint8_t *p, size_t n)
{
	uint64_t h = 0xcbf29ce484222325;

	while (n--)
		h = (h ^ *p++) * 0x100000001b3;
	return h;
}

int main(void)
{
	double *pixels = golden("augment/pixels.npy", NULL), *next = pixels;
	json_t *cases = rl_json_load("tests/golden/augment/cases.json"), *c;
	struct rl_resizer *r = rl_resizer_new();
	size_t i;

	json_array_foreach(cases, i, c)
	{
		const json_t *from = json_object_get(c, "from"), *to = json_object_get(c, "to");
		const json_t *words = json_object_get(c, "words"),
			     *view = json_object_get(c, "view");
		const char *hash = json_string_value(json_object_get(c, "fnv"));
		const char *colour = json_string_value(json_object_get(c, "colour"));
		double amount = json_number_value(json_object_get(c, "amount"));
		struct rl_image im = drawn(at(from, 0), at(from, 1));
		char *text = rl_json_text(c);

		if (words)
			by_words(words, r, &im);
		else if (json_is_true(json_object_get(c, "plane")))
			by_plane(view, &im);
		else if (view)
			by_view(view, r, &im);
		else
			by_colour(colour, amount, &im);
		size_t n = 3 * (size_t)im.height * (size_t)im.width;
		bool same = im.height == at(to, 0) && im.width == at(to, 1);

		if (same && hash)
			same = fnv(im.data, n) == strtoull(hash, NULL, 16);
		else if (same)
			same = worst(im.data, next, n) == 0;
		if (!hash)
			next += 3 * at(to, 0) * at(to, 1);
		ok(same, "%s", text);
		free(text);
		rl_image_free(&im);
	}
	/* Four of the sixteen of 2^24 colours where a value is a half but for Pillow's order of
	 * rounding. */
	uint8_t rare[] = {156, 38, 199, 163, 45, 206, 199, 38, 152, 206, 45, 159};
	static const uint8_t want[] = {156, 38, 199, 163, 45, 206, 199, 38, 156, 206, 45, 163};
	rl_enhance_hue(rare, 4, 0);
	ok(!memcmp(rare, want, sizeof(want)), "hues that fall between two values");

	rl_resizer_free(r);
	json_decref(cases);
	free(pixels);
	return tap_done();
}
