/* rl-audit: do features say where in the photo a patch is from? */
#include "base/err.h"
#include "base/progress.h"
#include "base/utf8.h"
#include "eval/erase.h"
#include "eval/layer.h"
#include "eval/leak.h"
#include "eval/network.h"
#include "image/lens.h"
#include "stream/stream.h"

#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct rl_tool tool = {
	.name = "rl-audit",
	.synopsis = "[options] [NAME=]PATCHES ... > result.json\n"
		    "       rl-audit --remove PATCHES [options] < features > features\n"
		    "       rl-audit --lens [options] < images > result.json",
	.summary =
		"How well a patch's place in the photo can be read from its features, which is a "
		"shortcut;\n"
		"--remove takes it out of features, --lens measures what gives it away.",
	.example = "find photos -name '*.jpg' | rl-decode |\n"
		   "  rl-extract --weights w.safetensors --patches > patches.tar &&\n"
		   "  rl-audit patches.tar | jq -r .verdict",
};

struct config {
	const char *layer, *remove, *name;
	int64_t seed, threads;
	bool lens, quiet;
};

static json_t *command(int argc, char **argv)
{
	json_t *self = rl_head_new("result");
	json_t *entry = json_incref(rl_head_history(self, &tool, argc, argv));

	json_decref(self);
	return entry;
}

/* ---- the audit --------------------------------------------------------------------------------
 */

static char *sentence(const struct rl_leak *l)
{
	if (!rl_leak_found(l))
		return rl_asprintf("no position found (R^2 %.2f, 95 %% sure: %.2f to %.2f)",
				   l->gain.mean, l->gain.low, l->gain.high);
	return rl_asprintf("position leaks: read to %.3f of the image where the centre is %.3f "
			   "off, %.3f and %.3f of the best tenth (R^2 %.2f, 95 %% sure: %.2f to "
			   "%.2f)",
			   l->error, l->centre, l->best, l->best_centre, l->gain.mean, l->gain.low,
			   l->gain.high);
}

static json_t *leak_json(const char *name, const struct rl_leak *l)
{
	return json_pack(
		"{s:s, s:b, s:{s:f, s:f, s:f, s:f, s:f, s:f, s:f}, s:{s:f, s:f}, s:I, s:I, s:I, "
		"s:I, s:f}",
		"name", name, "leaks", rl_leak_found(l), "metrics", "error", l->error, "centre",
		l->centre, "error of the best tenth", l->best, "centre of the best tenth",
		l->best_centre, "R^2", l->gain.mean, "R^2 of x", l->r2[0], "R^2 of y", l->r2[1],
		"interval", "low", l->gain.low, "high", l->gain.high, "features", (json_int_t)l->d,
		"images_fitted", (json_int_t)l->fitted, "images_tested", (json_int_t)l->tested,
		"patches_tested", (json_int_t)l->patches, "lambda", l->lambda);
}

/* For a table, which has a column for each: "NAME: R^2" and "NAME: error". */
static void add_metrics(json_t *all, const char *name, const json_t *stream)
{
	static const char *const metric[] = {"R^2", "error"};

	for (size_t i = 0; i < RL_LEN(metric); i++) {
		char *both = rl_asprintf("%s: %s", name, metric[i]);

		json_object_set(all, both,
				json_object_get(json_object_get(stream, "metrics"), metric[i]));
		free(both);
	}
}

static json_t *protocol(const struct config *c)
{
	return json_pack(
		"{s:s, s:s, s:s, s:s, s:I}", "position",
		"middle of a patch, x and y as shares of the image's width and height; an error is "
		"the root of the mean of dx^2 + dy^2",
		"regression",
		"ridge on standardised features; lambda of 1 to 1e-6 chosen on 2 of 10 images, "
		"fitted to all 10",
		"split", "5 of 15 images to test on, drawn from the seed and the key", "R^2",
		"share of the squared error of the mean place that the regression takes away, the "
		"mean over test images; interval by bootstrap over these",
		"seed", (json_int_t)c->seed);
}

struct stream {
	char *name;
	const char *path;
	struct rl_leak leak;
};

/* [NAME=]PATH */
static struct stream parse(const char *word)
{
	const char *equals = strchr(word, '=');
	char *name = rl_strdup(word);

	if (equals)
		name[equals - word] = '\0';
	struct stream s = {rl_utf8_clean(name), equals ? equals + 1 : word, {0}};
	free(name);
	return s;
}

/* Adds what is known of a stream beside the first, of which it may be another treatment. */
static char *compare(const struct config *c, const struct stream *first, const struct stream *s,
		     json_t *result)
{
	struct rl_interval d;
	char *text = sentence(&s->leak), *longer;

	if (s == first || !rl_leak_difference(&s->leak, &first->leak, (uint64_t)c->seed, &d))
		return text;
	longer = rl_asprintf("%s, R^2 %+.2f against %s (%+.2f to %+.2f)", text, d.mean, first->name,
			     d.low, d.high);
	free(text);
	json_object_set_new(result, "R^2 against the first",
			    json_pack("{s:f, s:f, s:f, s:b}", "mean", d.mean, "low", d.low, "high",
				      d.high, "sure", rl_interval_sign(&d) != 0));
	return longer;
}

static void audit(const struct config *c, char **words, int n, int argc, char **argv)
{
	json_t *streams = json_array(), *metrics = json_object(), *provenance = json_object();
	struct stream *s = rl_calloc((size_t)n, sizeof(*s));
	char *name = rl_utf8_clean(c->name), *line = rl_strdup("");

	for (int i = 0; i < n; i++) {
		s[i] = parse(words[i]);
		for (int k = 0; k < i; k++)
			if (!strcmp(s[k].name, s[i].name))
				rl_die_usage("%s: twice", s[i].name);
	}
	for (int i = 0; i < n; i++) {
		s[i].leak = rl_leak_measure(s[i].path, c->layer, (uint64_t)c->seed);
		json_t *stream = leak_json(s[i].name, &s[i].leak);
		char *text = compare(c, s, &s[i], stream);
		char *longer = rl_asprintf("%s%s%s%s%s", line, i ? "; " : "",
					   n > 1 ? s[i].name : "", n > 1 ? ": " : "", text);

		add_metrics(metrics, s[i].name, stream);
		json_array_append_new(streams, stream);
		json_object_set(provenance, s[i].name, s[i].leak.provenance);
		free(line);
		free(text);
		line = longer;
	}
	json_object_set_new(provenance, "command", command(argc, argv));
	rl_json_print(json_pack("{s:s, s:s, s:s, s:o, s:s, s:o, s:o, s:o}", "benchmark", "audit",
				"name", name, "verdict", line, "metrics", metrics, "layer",
				c->layer, "streams", streams, "protocol", protocol(c), "provenance",
				provenance));
	for (int i = 0; i < n; i++) {
		rl_leak_free(&s[i].leak);
		free(s[i].name);
	}
	free(s);
	free(name);
	free(line);
}

/* ---- removal ----------------------------------------------------------------------------------
 */

#define MUCH 0.5 /* of the variance: more goes than is left */

static void clean(const struct rl_erase *e, const char *layer, struct rl_sample *s)
{
	struct rl_field *f = rl_sample_find(s, layer);
	struct rl_tensor *t = &f->tensor;
	size_t n = 1, d;

	if (t->type != RL_F4 || t->ndim < 1 || t->ndim > 2)
		rl_die("stdin: %s: %s is neither features nor those of patches", s->key, layer);
	if (t->ndim == 2)
		n = (size_t)t->dim[0];
	d = (size_t)t->dim[t->ndim - 1];
	if (d != e->d)
		rl_die("stdin: %s: %s has %zu features, the patches have %zu", s->key, layer, d,
		       e->d);
	rl_erase_apply(e, t->data, n);
}

static void remove_position(const struct config *c, int argc, char **argv)
{
	struct rl_reader *in = rl_reader_open("-");
	json_t *head = json_deep_copy(rl_reader_head(in));
	struct rl_progress progress = rl_progress_start("images", 0, c->quiet);
	struct rl_sample s = {0};
	int64_t done = 0;

	if (!rl_head_has_field(head, c->layer))
		rl_die("stdin: no field %s", c->layer);
	struct rl_erase e = rl_erase_fit(c->remove, c->layer);
	rl_need_one_network(json_object_get(e.provenance, "history"), c->remove,
			    json_object_get(head, "history"), "stdin");
	if (e.share > MUCH)
		rl_warn("%s: %.0f %% of the features' variance goes with the place of the patches",
			c->remove, 100 * e.share);
	json_t *entry = rl_head_history(head, &tool, argc, argv);
	rl_history_input(entry, c->remove);
	json_object_set_new(entry, "directions", json_integer((json_int_t)e.directions));
	json_object_set_new(entry, "share_of_variance", json_real(e.share));
	struct rl_writer *out = rl_writer_new(STDOUT_FILENO, "stdout", head);
	while (rl_reader_next(in, &s)) {
		clean(&e, c->layer, &s);
		rl_writer_put(out, &s);
		rl_progress_show(&progress, ++done);
	}
	rl_progress_end(&progress, done);
	rl_writer_close(out, rl_reader_skipped(in));
	rl_sample_free(&s);
	rl_erase_free(&e);
}

/* ---- the lens ---------------------------------------------------------------------------------
 */

struct lens {
	struct rl_lens sum; /* of shift and rest times their weights; of the weights */
	double *shift, *weight;
	size_t n; /* images that tell anything */
	size_t images;
	double half; /* of all half diagonals */
};

static void add_image(struct lens *t, const struct rl_sample *s, const struct rl_tensor *image)
{
	const struct rl_image im = {(int)image->dim[0], (int)image->dim[1], image->data};

	if (image->dim[2] != 3 || image->dim[0] > RL_MAX_SIDE || image->dim[1] > RL_MAX_SIDE)
		rl_die("sample %.200s: not an RGB image", s->key);
	struct rl_lens l = rl_lens_measure(&im);
	t->images++;
	t->half += hypot((im.width - 1) / 2., (im.height - 1) / 2.);
	if (!(l.weight > 0))
		return;
	t->shift = rl_grown(t->shift, t->n, sizeof(*t->shift));
	t->weight = rl_grown(t->weight, t->n, sizeof(*t->weight));
	t->shift[t->n] = l.shift;
	t->weight[t->n++] = l.weight;
	t->sum.shift += l.shift * l.weight;
	t->sum.weight += l.weight;
	for (int k = 0; k < RL_LENS_BINS; k++) {
		t->sum.bin[k].rest +=
			l.bin[k].rest + l.shift * (k + 0.5) / RL_LENS_BINS * l.bin[k].weight;
		t->sum.bin[k].weight += l.bin[k].weight;
	}
}

static json_t *bins(const struct lens *t, double half)
{
	json_t *list = json_array();

	for (int k = 0; k < RL_LENS_BINS; k++)
		if (t->sum.bin[k].weight > 0)
			json_array_append_new(
				list, json_pack("{s:f, s:f}", "radius",
						(k + 0.5) / RL_LENS_BINS * half, "pixels",
						t->sum.bin[k].rest / t->sum.bin[k].weight * half));
	return list;
}

static void print_lens(const struct config *c, const struct lens *t, const json_t *history,
		       int argc, char **argv)
{
	double shift = t->sum.shift / t->sum.weight, square = 0;
	double half = t->half / (double)t->images;
	char *name = rl_utf8_clean(c->name);

	for (size_t i = 0; i < t->n; i++)
		square += pow(t->weight[i] * (t->shift[i] - shift), 2);
	double error = sqrt(square) / t->sum.weight;
	char *text = rl_asprintf(
		"green lies %.2f pixels %s at the corner (one standard error %.2f)",
		fabs(shift) * half, shift < 0 ? "farther in" : "farther out", error * half);
	rl_json_print(json_pack(
		"{s:s, s:s, s:s, s:{s:f, s:f, s:f, s:f}, s:o, s:I, s:s, s:{s:O, s:o}}", "benchmark",
		"lens", "name", name, "verdict", text, "metrics", "pixels at the corner",
		shift * half, "standard error", error * half, "shift", shift, "corner", half,
		"curve", bins(t, half), "images", (json_int_t)t->images, "protocol",
		"radial displacement of green against the mean of red and blue, by least squares "
		"along gradients; the mean over images, each weighted by its information",
		"provenance", "images", history, "command", command(argc, argv)));
	free(name);
	free(text);
}

static void measure_lens(const struct config *c, int argc, char **argv)
{
	struct rl_reader *in = rl_reader_open("-");
	struct rl_progress progress = rl_progress_start("images", 0, c->quiet);
	struct rl_sample s = {0};
	struct lens t = {0};

	while (rl_reader_next(in, &s)) {
		add_image(&t, &s, rl_sample_get(&s, "image", RL_U1, 3));
		rl_progress_show(&progress, (int64_t)t.images);
	}
	rl_progress_end(&progress, (int64_t)t.images);
	if (!t.n)
		rl_die("stdin: no image that shows its lens: edges are needed, and %d pixels a "
		       "side",
		       RL_LENS_LEAST);
	print_lens(c, &t, json_object_get(rl_reader_head(in), "history"), argc, argv);
	rl_sample_free(&s);
	free(t.shift);
	free(t.weight);
}

int main(int argc, char **argv)
{
	struct config c = {.layer = "avgpool", .name = "", .threads = omp_get_max_threads()};
	const struct rl_opt opts[] = {
		RL_OPT_STR("remove", &c.remove, "PATCHES",
			   "take out of standard input what says where these are"),
		RL_OPT_FLAG("lens", &c.lens, "how far the lens moves green, from images"),
		RL_OPT_STR("layer", &c.layer, "NAME", "of feat1..feat5, avgpool"),
		RL_OPT_STR("name", &c.name, "ROW", "what the result's \"name\" says"),
		RL_OPT_INT("seed", &c.seed, 0, INT64_MAX, "S", "of which images are tested on"),
		RL_OPT_INT("threads", &c.threads, 1, 1024, "N", "of the matrix products"),
		RL_OPT_FLAG("quiet", &c.quiet, "no progress on stderr"),
		RL_OPT_END};
	int first = rl_options(argc, argv, &tool, opts);

	if (c.remove && !strcmp(c.remove, "-"))
		rl_die_usage("--remove: a file: the features come on standard input");
	if (c.remove && c.lens)
		rl_die_usage("--remove and --lens: one of them");
	if ((c.remove || c.lens) && first < argc)
		rl_die_usage("%s: unexpected operand", argv[first]);
	if (!c.remove && !c.lens && first == argc)
		rl_die_usage("no patches");
	omp_set_num_threads((int)c.threads);
	if (c.remove)
		remove_position(&c, argc, argv);
	else if (c.lens)
		measure_lens(&c, argc, argv);
	else
		audit(&c, argv + first, argc - first, argc, argv);
	return RL_EXIT_OK;
}
