/*
 * A whole feature stream in memory, as the SVM benchmarks need it: f4 [D] fields, one layer each,
 * and the field labels, i1 [C], 1 present, 0 absent, -1 ignore.
 */
#ifndef RL_EVAL_FEATURES_H
#define RL_EVAL_FEATURES_H

#include "stream/stream.h"

struct rl_layer {
	char name[RL_MAXNAME + 1];
	size_t d;
	float *x; /* [n,d] */
};

struct rl_features {
	char *path;
	size_t n;
	size_t nlayer;
	struct rl_layer layer[RL_MAXFIELD];
	size_t nclass;
	char **class_name; /* from the head; "0", "1" ... where it has none */
	int8_t *label;     /* [nclass][n] */
	char **key;        /* [n] */
	char digest[17];   /* of the whole stream's payload */
	json_t *history;
};

/* Layers are those of the list "feat1,feat4", or with NULL the stream's feat1, feat2 ... and
 * avgpool.  Dies, naming sample and layer, on a size that varies, NaN or infinity. */
struct rl_features *rl_features_read(const char *path, const char *layers);

/* The test stream for a training stream: the same layers, sizes, classes and network, and
 * other images. */
struct rl_features *rl_features_read_like(const char *path, const struct rl_features *train);

/* Dies, naming the class, when one has no positive: its average precision is undefined. */
void rl_features_need_positives(const struct rl_features *f);

/* Rows divided by (norm + 1e-5), [n,d]; free() them. */
double *rl_features_rows(const struct rl_features *f, size_t layer);

/* {"path", "samples", "digest", "history"} */
json_t *rl_features_provenance(const struct rl_features *f);

/* What a benchmark of the two is made of: see setup.h. */
json_t *rl_features_setup(const struct rl_features *train, const struct rl_features *test);

void rl_features_free(struct rl_features *f);

#endif
