#include "models/naming.h"

#include "base/err.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* In the order of preference. */
static const struct {
	const char *prefix, *name;
} conventions[] = {
	{"", "torchvision"},        /* timm, SimCLR as converted, extracted backbones */
	{"backbone.", "MMSelfSup"}, /* OpenSelfSup, MMPretrain, Barlow Twins, VICReg, solo-learn */
	{"teacher.backbone.", "DINO"}, /* what its authors evaluate */
	{"teacher.", "DINO"},
	{"encoder_q.", "MoCo"},
	{"encoder_q.0.", "OpenSelfSup"}, /* encoder and neck in one Sequential */
	{"online_net.0.", "OpenSelfSup"},
	{"encoder.0.", "MMSelfSup"},
	{"base_encoder.", "MoCo v3"},
	{"_feature_blocks.", "VISSL"},
	{"encoder.", "SimSiam"}, /* and Lightning's */
	{"student.backbone.", "DINO student"},
	{"student.", "DINO student"},
};

/* What holds a state dict, or a network whole. */
static const char *const containers[] = {"state_dict.",        "model_state_dict.", "model.",
					 "classy_state_dict.", "base_model.",       "trunk."};

/* First parts of names that are known not to be the network's. */
static const char *const beside[] = {"fc",
				     "head",
				     "heads",
				     "neck",
				     "classifier",
				     "last_linear",
				     "linear",
				     "bn", /* Barlow Twins' */
				     "projector",
				     "momentum_projector",
				     "momentum_classifier",
				     "projection",
				     "projection_head",
				     "prototypes",
				     "predictor",
				     "prediction_head",
				     "online_evaluator",
				     "non_linear_evaluator",
				     "queue",
				     "queue_ptr",
				     "queue2",
				     "queue2_ptr",
				     "memory_bank",
				     "loss",
				     "loss_weight",
				     "criterion",
				     "dino_loss",
				     "encoder",
				     "encoder_q",
				     "encoder_k",
				     "base_encoder",
				     "momentum_encoder",
				     "online_net",
				     "target_net",
				     "teacher",
				     "student",
				     "ema_state_dict",
				     "model_ema",
				     "decode_head",
				     "auxiliary_head",
				     "roi_head",
				     "rpn_head",
				     "optim",   /* our checkpoints' moments */
				     "xxh3_64", /* and their checksum */
				     "optimizer",
				     "optimizers",
				     "optimizer_states",
				     "scheduler",
				     "lr_scheduler",
				     "scaler",
				     "amp",
				     "message_hub",
				     "rng_state"};

static bool strip(const char **name, const char *word)
{
	size_t n = strlen(word);

	if (strncmp(*name, word, n))
		return false;
	*name += n;
	return true;
}

/* Behind the containers, and behind the module. of parallel training. */
static const char *bare(const char *name)
{
	for (bool more = true; more;) {
		more = strip(&name, "module.");
		for (size_t i = 0; i < RL_LEN(containers); i++)
			more |= strip(&name, containers[i]);
	}
	return name;
}

/* Its place in the table; behind all others when it has none. */
static size_t rank(const char *prefix)
{
	char *name = rl_strdup(bare(prefix)), *module;
	size_t i = 0;

	while ((module = strstr(name, ".module.")))
		memmove(module + 1, module + 8, strlen(module + 8) + 1);
	while (i < RL_LEN(conventions) && strcmp(name, conventions[i].prefix))
		i++;
	free(name);
	return i;
}

/* ---- candidates -------------------------------------------------------------------------------
 */

enum { MAX_CANDIDATES = 64 };

struct candidates {
	const struct rl_tensorfile *f;
	char *prefix[MAX_CANDIDATES];
	int n;
};

static int find(const struct rl_tensorfile *f, const char *prefix, const char *name)
{
	char *full = rl_asprintf("%s%s", prefix, name);
	int i = rl_tensorfile_find(f, full);

	free(full);
	return i;
}

static bool has(const struct rl_tensorfile *f, const char *prefix, const char *name)
{
	char *start = rl_asprintf("%s%s", prefix, name);
	bool found = false;

	for (int i = 0; i < f->n && !found; i++)
		found = !strncmp(f->tensor[i].name, start, strlen(start));
	free(start);
	return found;
}

static void collect(struct candidates *c)
{
	static const char stem[] = "conv1.weight", moments[] = "optim.";

	for (int i = 0; i < c->f->n && c->n < MAX_CANDIDATES; i++) {
		const struct rl_st_tensor *t = &c->f->tensor[i];
		size_t n = strlen(t->name), k = sizeof(stem) - 1;

		if (n < k || strcmp(t->name + n - k, stem) || (n > k && t->name[n - k - 1] != '.'))
			continue;
		if (t->ndim != 4 || t->dim[1] != 3 || t->dim[2] != 7 || t->dim[3] != 7)
			continue;
		/* The moments of our checkpoints have the network's names. */
		if (!strncmp(t->name, moments, strlen(moments)))
			continue;
		c->prefix[c->n] = rl_asprintf("%.*s", (int)(n - k), t->name);
		if (!has(c->f, c->prefix[c->n], "layer1.0."))
			free(c->prefix[c->n]);
		else
			c->n++;
	}
}

static const char *choose(const struct candidates *c, const char *wanted)
{
	const char *best = NULL;
	size_t least = SIZE_MAX;

	for (int i = 0; i < c->n; i++) {
		size_t r = rank(c->prefix[i]);

		if (wanted ? !strcmp(c->prefix[i], wanted) : r < least) {
			best = c->prefix[i];
			least = r;
		}
	}
	if (!best)
		rl_die("%s: no ResNet: no tensor %sconv1.weight [C,3,7,7] with its layer1; the "
		       "first of %d is %s",
		       c->f->path, wanted ? wanted : "", c->f->n, c->f->tensor[0].name);
	for (int i = 0; i < c->n && !wanted; i++)
		if (c->prefix[i] != best && rank(c->prefix[i]) == least)
			rl_die("%s: several networks, %s* and %s*: --prefix says which", c->f->path,
			       best, c->prefix[i]);
	return best;
}

/* ---- the network's tensors --------------------------------------------------------------------
 */

struct lookup {
	const struct rl_tensorfile *f;
	const char *prefix;
};

static int shape_of(void *context, const char *name, int64_t dim[4])
{
	const struct lookup *l = context;
	int i = find(l->f, l->prefix, name);

	if (i < 0 || l->f->tensor[i].ndim > 4)
		return -1;
	memcpy(dim, l->f->tensor[i].dim, 4 * sizeof(*dim));
	return l->f->tensor[i].ndim;
}

static struct rl_params *declare(const struct rl_resnet *net)
{
	struct rl_params *params = rl_params_new();
	struct rl_net *n = rl_net_new(params, &(struct rl_net_config){0});
	rl_val feature[RL_NFEATURES];

	rl_resnet(n, net, "", rl_feed(n, 4, (int64_t[]){1, 3, 224, 224}), feature);
	rl_net_free(n);
	return params;
}

static void check_shape(const struct rl_tensorfile *f, const struct rl_st_tensor *t,
			const struct rl_param *q, int depth)
{
	/* A count of before PyTorch 0.4.1 might be [1]. */
	if (q->kind == RL_COUNT ? t->ndim > 1 || (t->ndim == 1 && t->dim[0] != 1)
				: t->ndim != q->ndim ||
					  memcmp(t->dim, q->dim, (size_t)q->ndim * sizeof(*q->dim)))
		rl_die("%s: tensor %s has another shape than a ResNet-%d's", f->path, t->name,
		       depth);
}

static void match(struct rl_naming *m, const struct rl_tensorfile *f)
{
	m->from = rl_calloc((size_t)m->params->n, sizeof(*m->from));
	for (int i = 0; i < m->params->n; i++) {
		const struct rl_param *q = &m->params->list[i];
		int at = m->from[i] = find(f, m->prefix, q->name);

		if (at < 0 && q->kind == RL_COUNT) {
			m->uncounted++;
		} else if (at < 0) {
			m->missing++;
		} else {
			check_shape(f, &f->tensor[at], q, m->net.depth);
			m->part[at] = RL_NETWORK;
		}
	}
}

/* ---- everything else --------------------------------------------------------------------------
 */

/* The bytes of `name` that say why it is left out ("fc", "module.encoder_k"); 0: a stranger. */
static size_t known(const struct rl_naming *m, const struct candidates *c, const char *name)
{
	const char *rest = name;

	for (int i = 0; i < c->n; i++)
		if (strcmp(c->prefix[i], m->prefix) && *bare(c->prefix[i]) &&
		    !strncmp(name, c->prefix[i], strlen(c->prefix[i])))
			return strlen(c->prefix[i]) - 1;
	if (!strip(&rest, m->prefix))
		rest = bare(name);
	size_t n = strcspn(rest, ".");
	for (size_t i = 0; i < RL_LEN(beside); i++)
		if (n == strlen(beside[i]) && !strncmp(rest, beside[i], n)) {
			n += (size_t)(rest - name);
			/* Of what holds the network, too, one part more: teacher.head. */
			if (name[n] && !strncmp(name, m->prefix, n + 1))
				n += 1 + strcspn(name + n + 1, ".");
			return n;
		}
	return 0;
}

static void account(struct rl_naming *m, const struct candidates *c)
{
	const struct rl_tensorfile *f = c->f;
	char *text = NULL;
	size_t size, last = 0;
	int count = 0, first = -1;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		rl_die("out of memory");
	for (int i = 0; i <= f->n; i++) {
		size_t n = 0;

		if (i < f->n && m->part[i] != RL_NETWORK) {
			n = known(m, c, f->tensor[i].name);
			m->part[i] = n ? RL_LEFT_OUT : RL_STRANGER;
			m->strangers += !n;
		}
		/* Names are sorted: those of one reason follow each other. */
		if (count && (i == f->n || n != last ||
			      strncmp(f->tensor[i].name, f->tensor[first].name, n))) {
			fprintf(out, "%s%.*s%s (%d)", ftell(out) ? ", " : "", (int)last,
				f->tensor[first].name, f->tensor[first].name[last] ? ".*" : "",
				count);
			count = 0;
		}
		if (n) {
			first = count ? first : i;
			last = n;
			count++;
		}
	}
	fclose(out);
	m->left_out = text;
}

struct rl_naming *rl_naming_find(const struct rl_tensorfile *f, const char *prefix)
{
	struct rl_naming *m = rl_calloc(1, sizeof(*m));
	struct candidates c = {.f = f};

	collect(&c);
	m->prefix = rl_strdup(choose(&c, prefix));
	size_t r = rank(m->prefix);
	m->convention = r < RL_LEN(conventions) ? conventions[r].name : "nobody known";
	m->net = rl_resnet_recognise(shape_of, &(struct lookup){f, m->prefix}, f->path);
	m->params = declare(&m->net);
	m->part = rl_calloc((size_t)f->n, sizeof(*m->part));
	match(m, f);
	account(m, &c);
	for (int i = 0; i < c.n; i++)
		free(c.prefix[i]);
	return m;
}

void rl_naming_free(struct rl_naming *m)
{
	rl_params_free(m->params);
	free(m->prefix);
	free(m->from);
	free(m->part);
	free(m->left_out);
	free(m);
}

char *rl_naming_list(const struct rl_naming *m, const struct rl_tensorfile *f, bool missing)
{
	enum { SHOWN = 6 };
	int n = missing ? m->params->n : f->n, found = 0;
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		rl_die("out of memory");
	for (int i = 0; i < n; i++) {
		if (missing ? m->from[i] >= 0 || m->params->list[i].kind == RL_COUNT
			    : m->part[i] != RL_STRANGER)
			continue;
		if (found++ < SHOWN)
			fprintf(out, "%s%s%s", found > 1 ? ", " : "", missing ? m->prefix : "",
				missing ? m->params->list[i].name : f->tensor[i].name);
	}
	if (found > SHOWN)
		fprintf(out, ", and %d more", found - SHOWN);
	fclose(out);
	return text;
}
