/*
 * rl-weights: weights from other programs, for other programs, and a look into them.
 */
#include "base/err.h"
#include "base/file.h"
#include "base/opt.h"
#include "models/adopt.h"
#include "models/export.h"
#include "nn/numbers.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

static const struct rl_tool tool = {
	.name = "rl-weights",
	.synopsis =
		"import FILE --out X.safetensors | show FILE | export FILE --format NAME --out X",
	.summary = "Weights from PyTorch files of any origin, for PyTorch or NumPy, or listed.",
	.example = "rl-weights import moco_v2_800ep_pretrain.pth.tar --out moco.safetensors",
};

struct config {
	const char *out, *format, *prefix;
	bool partial, bgr;
};

/* ---- import -----------------------------------------------------------------------------------
 */

/* Name what was not matched; the end, unless --partial. */
static void judge(const struct config *c, const struct rl_tensorfile *f, const struct rl_naming *m)
{
	char *missing = rl_naming_list(m, f, true), *strangers = rl_naming_list(m, f, false);
	void (*say)(const char *fmt, ...) = c->partial ? rl_warn : rl_die;

	if (m->missing)
		say("%s: %d tensors of a ResNet-%d are missing: %s%s", f->path, m->missing,
		    m->net.depth, missing,
		    c->partial ? ": no program here will load what is written"
			       : " (--partial goes on)");
	if (m->strangers)
		say("%s: %d tensors are no part of a ResNet-%d and nothing known: %s%s", f->path,
		    m->strangers, m->net.depth, strangers,
		    c->partial ? "" : " (--partial leaves them out)");
	free(missing);
	free(strangers);
}

static void report(const struct rl_tensorfile *f, const struct rl_naming *m, int taken)
{
	rl_warn("%s: %s, ResNet-%d, %d tensors, by the names of %s%s%s", f->path, f->format,
		m->net.depth, taken, m->convention, *m->prefix ? ": " : "", m->prefix);
	if (*m->left_out)
		rl_warn("%s: left out: %s", f->path, m->left_out);
	if (f->n_opaque)
		rl_warn("%s: not looked into: %d objects, such as %s", f->path, f->n_opaque,
			f->opaque);
	if (m->uncounted)
		rl_warn("%s: %d num_batches_tracked are missing, and now 0", f->path, m->uncounted);
}

static json_t *origin(const struct config *c, const struct rl_tensorfile *f,
		      const struct rl_naming *m)
{
	char hex[65];

	rl_file_sha256(f->path, hex);
	json_t *o =
		json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "format", "pt", "imported_by",
			  "rl-weights " RL_VERSION, "source", rl_last_component(f->path),
			  "source_sha256", hex, "source_format", f->format, "convention",
			  m->convention, "prefix", m->prefix, "left_out", m->left_out);
	if (!o)
		rl_die("%s: its name or a tensor's is not UTF-8", f->path);
	if (c->bgr)
		json_object_set_new(o, "bgr", json_string("turned to RGB"));
	return o;
}

static void import(const struct config *c, const char *path)
{
	struct rl_tensorfile *f = rl_tensorfile_open(path);
	struct rl_naming *m = rl_naming_find(f, c->prefix);
	int n;

	judge(c, f, m);
	struct rl_st_tensor *t = rl_adopt(f, m, c->bgr, &n);
	json_t *metadata = origin(c, f, m);
	rl_st_write(c->out, t, n, metadata);
	report(f, m, n);
	json_decref(metadata);
	rl_adopt_free(t, n);
	rl_naming_free(m);
	rl_tensorfile_close(f);
}

/* ---- show -------------------------------------------------------------------------------------
 */

static json_t *shape_of(const struct rl_st_tensor *t)
{
	json_t *shape = json_array();

	for (int i = 0; i < t->ndim; i++)
		json_array_append_new(shape, json_integer(t->dim[i]));
	return shape;
}

/* Of the finite values; JSON has no others. */
static void add_statistics(json_t *o, const double *v, size_t n)
{
	double squares = 0, sum = 0, min = INFINITY, max = -INFINITY;
	size_t finite = 0;

	for (size_t i = 0; i < n; i++) {
		if (!isfinite(v[i]))
			continue;
		finite++;
		squares += v[i] * v[i];
		sum += v[i];
		min = fmin(min, v[i]);
		max = fmax(max, v[i]);
	}
	if (finite && isfinite(squares)) {
		json_object_set_new(o, "norm", json_real(sqrt(squares)));
		json_object_set_new(o, "mean", json_real(sum / (double)finite));
		json_object_set_new(o, "min", json_real(min));
		json_object_set_new(o, "max", json_real(max));
	}
	json_object_set_new(o, "not_finite", json_integer((json_int_t)(n - finite)));
}

static json_t *hex_of(uint64_t digest)
{
	char hex[17];

	snprintf(hex, sizeof(hex), "%016llx", (unsigned long long)digest);
	return json_string(hex);
}

/* One line a tensor; into `all` go the names, types, shapes and hashes. */
static void show_tensor(struct rl_tensorfile *f, int i, XXH3_state_t *all)
{
	const struct rl_st_tensor *t = &f->tensor[i];
	size_t n = t->bytes / rl_numbers_size(t->dtype);
	void *raw = rl_malloc(t->bytes);
	double *v = rl_malloc(n * sizeof(*v));
	json_t *o = json_pack("{s:s, s:s, s:o}", "name", t->name, "dtype", t->dtype, "shape",
			      shape_of(t));

	if (!o)
		rl_die("%s: the name of tensor %d is not UTF-8", f->path, i);
	rl_tensorfile_read(f, i, raw);
	rl_numbers_read(t->dtype, raw, n, v);
	uint64_t digest = XXH3_64bits(raw, t->bytes);
	XXH3_64bits_update(all, t->name, strlen(t->name) + 1);
	XXH3_64bits_update(all, t->dtype, strlen(t->dtype) + 1);
	XXH3_64bits_update(all, t->dim, (size_t)t->ndim * sizeof(*t->dim));
	XXH3_64bits_update(all, &digest, sizeof(digest));
	add_statistics(o, v, n);
	json_object_set_new(o, "xxh3_64", hex_of(digest));
	rl_json_print(o);
	free(raw);
	free(v);
}

static void show(const char *path)
{
	struct rl_tensorfile *f = rl_tensorfile_open(path);
	XXH3_state_t *all = XXH3_createState();
	size_t bytes = 0;

	if (!all)
		rl_die("out of memory");
	XXH3_64bits_reset(all);
	for (int i = 0; i < f->n; i++) {
		show_tensor(f, i, all);
		bytes += f->tensor[i].bytes;
	}
	rl_json_print(json_pack("{s:s, s:i, s:i, s:I, s:o}", "format", f->format, "tensors", f->n,
				"objects", f->n_opaque, "bytes", (json_int_t)bytes, "xxh3_64",
				hex_of(XXH3_64bits_digest(all))));
	XXH3_freeState(all);
	rl_tensorfile_close(f);
}

/* ---- export -----------------------------------------------------------------------------------
 */

static void export(const struct config *c, const char *path)
{
	static const char *const formats[] = {"pth", "npz", NULL};
	int format = rl_parse_choice(c->format, formats, "--format");
	struct rl_st_file *f = rl_st_open(path);

	(format == 0 ? rl_export_pth : rl_export_npz)(f, c->out);
	rl_st_close(f);
}

int main(int argc, char **argv)
{
	static const char *const verbs[] = {"import", "show", "export", NULL};
	enum { IMPORT, SHOW, EXPORT };
	struct config c = {0};
	const struct rl_opt opts[] = {
		RL_OPT_STR("out", &c.out, "FILE", "what import and export write"),
		RL_OPT_FLAG("partial", &c.partial, "import: go on where tensors do not match"),
		RL_OPT_STR("prefix", &c.prefix, "TEXT",
			   "import: take the network whose tensors' names start so"),
		RL_OPT_FLAG("bgr", &c.bgr, "import: it was trained with blue first"),
		RL_OPT_STR("format", &c.format, "NAME", "export: pth or npz"),
		RL_OPT_END};
	int first = rl_options(argc, argv, &tool, opts);

	if (argc - first != 2)
		rl_die_usage("want import, show or export, and a file");
	int verb = rl_parse_choice(argv[first], verbs, "command");
	if (verb != IMPORT && (c.partial || c.prefix || c.bgr))
		rl_die_usage("--partial, --prefix and --bgr are for import");
	if ((verb == EXPORT) != !!c.format)
		rl_die_usage("--format is for export, which needs it");
	if ((verb != SHOW) != !!c.out)
		rl_die_usage("--out is for import and export, which need it");
	if (verb == IMPORT)
		import(&c, argv[first + 1]);
	else if (verb == SHOW)
		show(argv[first + 1]);
	else
		export(&c, argv[first + 1]);
	return RL_EXIT_OK;
}
