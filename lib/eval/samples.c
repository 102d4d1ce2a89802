#include "eval/samples.h"

#include "base/err.h"
#include "base/file.h"
#include "stream/npy.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* The int32 array of a file, [n][nclass]; *whole is to be freed. */
static const int32_t *read_npy(const char *path, size_t n, size_t nclass, char **whole)
{
	size_t bytes = n * nclass * sizeof(int32_t), size, header;
	char *data = *whole = rl_file_read(path, bytes + RL_NPY_LIMIT, &size);
	struct rl_tensor t;
	size_t payload;

	if (size < RL_NPY_PREFIX)
		rl_die("%s: %zu bytes: no .npy file", path, size);
	const char *problem = rl_npy_size((const uint8_t *)data, &header);
	if (!problem && header > size)
		problem = "truncated header";
	if (!problem)
		problem = rl_npy_read(data + RL_NPY_PREFIX, header - RL_NPY_PREFIX, &t, &payload);
	if (problem)
		rl_die("%s: %s", path, problem);
	if (t.type != RL_I4 || t.ndim != 2)
		rl_die("%s: %s of %d dimensions, expected i4 [images, classes]", path,
		       rl_dtype_name(t.type), t.ndim);
	if ((size_t)t.dim[0] != n || (size_t)t.dim[1] != nclass)
		rl_die("%s: %" PRId64 " images of %" PRId64 " classes, expected %zu of %zu", path,
		       t.dim[0], t.dim[1], n, nclass);
	if (size - header != bytes)
		rl_die("%s: %zu bytes of data, expected %zu", path, size - header, bytes);
	memmove(data, data + header, bytes); /* aligned */
	return (const int32_t *)(void *)data;
}

static void take_class(const char *path, const struct rl_lowshot *l, size_t k, size_t c,
		       const int32_t *value, int8_t *target)
{
	const int8_t *label = l->train_label + c * l->ntrain;
	size_t found[2] = {0}, want[2] = {(l->nclass - 1) * k, k};

	for (size_t i = 0; i < l->ntrain; i++) {
		int32_t v = value[i * l->nclass + c];

		if (v < -1 || v > 1)
			rl_die("%s: image %zu, class %s: %" PRId32 " is none of 1, 0, -1", path, i,
			       l->name[c], v);
		if (v >= 0 && v != label[i])
			rl_die("%s: image %zu, class %s: drawn as %" PRId32
			       ", labelled %d in the training stream",
			       path, i, l->name[c], v, label[i]);
		if (v >= 0)
			found[v]++;
		target[i] = (int8_t)v;
	}
	if (found[1] != want[1] || found[0] != want[0])
		rl_die("%s: class %s: %zu positives and %zu negatives, expected %zu and %zu", path,
		       l->name[c], found[1], found[0], want[1], want[0]);
}

int8_t *rl_samples_read(const char *dir, const struct rl_lowshot *l, json_t **files)
{
	size_t each = l->nclass * l->ntrain;
	int8_t *target = rl_realloc(NULL, l->nshot * l->samples, each);

	*files = json_object();
	for (size_t i = 0; i < l->nshot * l->samples; i++) {
		int k = l->shot[i / l->samples];
		char *path = rl_asprintf("%s/train_targets_sample%zu_k%d.npy", dir,
					 i % l->samples + 1, k),
		     *whole, hash[65];
		const int32_t *value = read_npy(path, l->ntrain, l->nclass, &whole);

		for (size_t c = 0; c < l->nclass; c++)
			take_class(path, l, (size_t)k, c, value, target + i * each + c * l->ntrain);
		free(whole);
		rl_file_sha256(path, hash);
		json_object_set_new(*files, strrchr(path, '/') + 1, json_string(hash));
		free(path);
	}
	return target;
}
