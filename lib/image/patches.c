#include "image/patches.h"

#include "base/rng.h"
#include "image/colour.h"
#include "image/crop.h"

#include <math.h>

static int draw(struct rl_rng *r, int most)
{
	return (int)rl_rng_below(r, (uint32_t)most + 1);
}

void rl_patches(const struct rl_patch_recipe *recipe, const struct rl_image *im, uint32_t epoch,
		const char *key, uint8_t *out)
{
	uint64_t id = rl_rng_id(key);
	struct rl_rng crop = rl_rng_make(recipe->seed, epoch, id, RL_RNG_CROP);
	struct rl_rng grey = rl_rng_make(recipe->seed, epoch, id, RL_RNG_GREY);
	struct rl_rng jitter = rl_rng_make(recipe->seed, epoch, id, RL_RNG_JITTER);
	int spare_rows = im->height - recipe->crop, spare_columns = im->width - recipe->crop;
	int side = recipe->patch, cell = recipe->crop / RL_PATCH_GRID, room = cell - side;
	size_t pixels = (size_t)side * (size_t)side;
	int top, left;

	if (recipe->eval) {
		/* torchvision's CenterCrop: half of an odd spare goes to the even side. */
		top = (int)lrint(spare_rows / 2.0);
		left = (int)lrint(spare_columns / 2.0);
	} else {
		top = draw(&crop, spare_rows);
		left = draw(&crop, spare_columns);
	}
	for (int i = 0; i < RL_PATCHES; i++) {
		int y = top + i / RL_PATCH_GRID * cell + draw(&jitter, room);
		int x = left + i % RL_PATCH_GRID * cell + draw(&jitter, room);

		rl_crop(im, y, x, side, side, out + (size_t)i * pixels * 3);
	}
	/* Grey is a matter of single pixels: after the cutting there are fewer of them. */
	if (!recipe->eval && rl_rng_uniform(&grey) < recipe->grey)
		rl_grey(out, RL_PATCHES * pixels);
}

void rl_patches_standardise(const uint8_t *levels, size_t n, size_t numbers, float *out)
{
	for (size_t i = 0; i < n; i++, levels += numbers, out += numbers) {
		double sum = 0, square = 0;

		for (size_t k = 0; k < numbers; k++) {
			sum += levels[k];
			square += (double)levels[k] * levels[k];
		}
		const double mean = sum / (double)numbers;
		const double std = sqrt(fmax(square / (double)numbers - mean * mean, 0));
		const double by = 1 / fmax(std, 1 / sqrt((double)numbers));

		for (size_t k = 0; k < numbers; k++)
			out[k] = (float)((levels[k] - mean) * by);
	}
}
