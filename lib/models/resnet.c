#include "models/resnet.h"

#include "base/err.h"
#include "base/opt.h"

#include <stdio.h>

static const struct {
	int depth, blocks[4];
	bool bottleneck;
} table[] = {
	/* Table 1 of the paper; rl_resnet_depth() names the rows. */
	{18, {2, 2, 2, 2}, false},
	{34, {3, 4, 6, 3}, false},
	{50, {3, 4, 6, 3}, true},
	{101, {3, 4, 23, 3}, true},
};

static int find(int depth)
{
	for (size_t i = 0; i < RL_LEN(table); i++)
		if (table[i].depth == depth)
			return (int)i;
	rl_die("ResNet-%d: the depths are 18, 34, 50, 101", depth);
}

struct block {
	struct rl_net *n;
	const struct rl_resnet *r;
	char name[128]; /* layer1.0, with the model's prefix */
};

static rl_val conv(const struct block *b, rl_val x, const char *part, struct rl_conv c)
{
	char name[160];

	snprintf(name, sizeof(name), "%s%s", b->name, part);
	return rl_conv(b->n, x, name, c);
}

static rl_val norm(const struct block *b, rl_val x, const char *part, bool relu)
{
	char name[160];

	snprintf(name, sizeof(name), "%s%s", b->name, part);
	return rl_bnorm(b->n, x, name,
			(struct rl_bnorm){.momentum = 0.1,
					  .eps = 1e-5,
					  .running = b->r->running,
					  .relu = relu,
					  .copies = b->r->copies});
}

static rl_val shortcut(const struct block *b, rl_val x, int out, int stride)
{
	x = conv(b, x, ".downsample.0", (struct rl_conv){out, 1, stride, 0, 1});
	return norm(b, x, ".downsample.1", false);
}

static rl_val basic(const struct block *b, rl_val x, int width, int stride, int dilation,
		    bool project)
{
	rl_val y = conv(b, x, ".conv1", (struct rl_conv){width, 3, stride, dilation, dilation});

	y = norm(b, y, ".bn1", true);
	y = conv(b, y, ".conv2", (struct rl_conv){width, 3, 1, dilation, dilation});
	y = norm(b, y, ".bn2", false);
	if (project)
		x = shortcut(b, x, width, stride);
	return rl_add_relu(b->n, y, x);
}

static rl_val bottleneck(const struct block *b, rl_val x, int width, int stride, int dilation,
			 bool project)
{
	int stride1 = b->r->stride_in_1x1 ? stride : 1, stride3 = b->r->stride_in_1x1 ? 1 : stride;
	rl_val y = conv(b, x, ".conv1", (struct rl_conv){width, 1, stride1, 0, 1});

	y = norm(b, y, ".bn1", true);
	y = conv(b, y, ".conv2", (struct rl_conv){width, 3, stride3, dilation, dilation});
	y = norm(b, y, ".bn2", true);
	y = conv(b, y, ".conv3", (struct rl_conv){4 * width, 1, 1, 0, 1});
	y = norm(b, y, ".bn3", false);
	if (project)
		x = shortcut(b, x, 4 * width, stride);
	return rl_add_relu(b->n, y, x);
}

int rl_resnet_depth(const char *arch)
{
	static const char *const names[] = {"resnet18", "resnet34", "resnet50", "resnet101", NULL};

	return table[rl_parse_choice(arch, names, "--arch")].depth;
}

int rl_resnet_channels(const struct rl_resnet *r, int feature)
{
	if (feature == RL_STEM)
		return r->width;
	return (r->width << (feature - 1)) * (table[find(r->depth)].bottleneck ? 4 : 1);
}

rl_val rl_resnet_stem(struct rl_net *n, const struct rl_resnet *r, const char *prefix, rl_val x,
		      rl_val *before_pooling)
{
	struct block b = {.n = n, .r = r};

	snprintf(b.name, sizeof(b.name), "%s", prefix);
	x = conv(&b, x, "conv1", (struct rl_conv){r->width, 7, 2, 3, 1});
	*before_pooling = x = norm(&b, x, "bn1", true);
	return rl_maxpool(n, x, (struct rl_pool){3, 2, 1});
}

/* A stage that may not stride dilates instead. */
static int dilation_of(const struct rl_resnet *r, int stage)
{
	int wished = 2 << stage; /* the stride of its output */

	return wished > r->output_stride ? wished / r->output_stride : 1;
}

rl_val rl_resnet_stage(struct rl_net *n, const struct rl_resnet *r, const char *prefix, int stage,
		       rl_val x)
{
	const int which = find(r->depth);
	const bool deep = table[which].bottleneck;
	const int dilation = dilation_of(r, stage);
	/* The first block still sees the grid of the stage before. */
	const int first_dilation = stage > 1 ? dilation_of(r, stage - 1) : 1;
	const int stride = stage > 1 && dilation == 1 ? 2 : 1;
	const bool project =
		stride != 1 || rl_resnet_channels(r, stage) != rl_resnet_channels(r, stage - 1);
	struct block b = {.n = n, .r = r};

	for (int i = 0; i < table[which].blocks[stage - 1]; i++) {
		snprintf(b.name, sizeof(b.name), "%slayer%d.%d", prefix, stage, i);
		x = (deep ? bottleneck : basic)(&b, x, r->width << (stage - 1), i ? 1 : stride,
						i ? dilation : first_dilation, i == 0 && project);
	}
	return x;
}

void rl_resnet(struct rl_net *n, const struct rl_resnet *r, const char *prefix, rl_val x,
	       rl_val feature[RL_NFEATURES])
{
	x = rl_resnet_stem(n, r, prefix, x, &feature[RL_STEM]);
	for (int stage = 1; stage <= 4; stage++)
		feature[stage] = x = rl_resnet_stage(n, r, prefix, stage, x);
}

struct rl_resnet rl_resnet_recognise(int (*shape_of)(void *ctx, const char *name, int64_t dim[4]),
				     void *ctx, const char *file)
{
	int64_t dim[4];
	char name[64];

	if (shape_of(ctx, "conv1.weight", dim) != 4 || dim[1] != 3 || dim[2] != 7 || dim[3] != 7 ||
	    dim[0] < 1 || dim[0] > 4096)
		rl_die("%s: no ResNet: conv1.weight is missing or not [C,3,7,7]; rl-weights import "
		       "knows other names",
		       file);
	int width = (int)dim[0];
	bool deep = shape_of(ctx, "layer1.0.conv3.weight", dim) == 4;

	for (size_t i = 0; i < RL_LEN(table); i++) {
		bool fits = table[i].bottleneck == deep;

		for (int stage = 1; stage <= 4 && fits; stage++) {
			for (int last = 0; last <= 1; last++) {
				snprintf(name, sizeof(name), "layer%d.%d.conv1.weight", stage,
					 table[i].blocks[stage - 1] - last);
				fits &= (shape_of(ctx, name, dim) == 4) == (last == 1);
			}
		}
		if (fits)
			return (struct rl_resnet){table[i].depth, width, 32, false, true, 1};
	}
	rl_die("%s: no ResNet-18, 34, 50 or 101: the number of blocks is another", file);
}
