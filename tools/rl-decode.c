/* rl-decode: image files to a stream of pixels. */
#include "base/err.h"
#include "base/opt.h"
#include "base/order.h"
#include "base/pool.h"
#include "base/progress.h"
#include "image/image.h"
#include "image/resize.h"
#include "stream/source.h"
#include "stream/stream.h"

#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct rl_tool tool = {
	.name = "rl-decode",
	.synopsis = "[options] [FILE ...] < manifest > images",
	.summary = "Read a manifest, paths or a WebDataset tar and decode the images.",
	.example =
		"find photos -name '*.jpg' | rl-decode --short-side 292 | rl-patchpairs | rl-info",
};

struct config {
	int64_t short_side, threads, max_pixels, epochs, seed, start;
	const char *size, *shard;
	bool nul, shuffle, skip_bad, quiet;
};

struct job {
	struct rl_record record;
	bool borrowed; /* the record belongs to the list */
	int32_t epoch;
	struct rl_image image;
	char why[RL_WHY]; /* there is no image */
};

struct decode {
	struct config config;
	int width, height; /* of --size, or 0 */
	struct rl_source *source;

	/* A list that was read whole, and its order; otherwise the first record, which was read
	 * ahead of the head. */
	struct rl_record *list;
	struct rl_order order;
	struct rl_record first;
	int64_t position;

	struct rl_writer *writer;
	struct rl_sample sample;
	int64_t written, skipped;
	struct rl_progress progress;
};

/* ---- arguments --------------------------------------------------------------------------------
 */

static int64_t processors(void)
{
	cpu_set_t set;

	return sched_getaffinity(0, sizeof(set), &set) ? 1 : CPU_COUNT(&set);
}

/* "AxB" as two numbers within min to max. */
static void parse_pair(const char *text, char between, int64_t min, int64_t max, const char *what,
		       int64_t *a, int64_t *b)
{
	const char *cut = strchr(text, between);

	if (!cut)
		rl_die_usage("%s: %s: want two numbers with %c between", what, text, between);
	char *left = strndup(text, (size_t)(cut - text));
	if (!left)
		rl_die("out of memory");
	*a = rl_parse_int(left, min, max, what);
	*b = rl_parse_int(cut + 1, min, max, what);
	free(left);
}

static void check_options(struct decode *d)
{
	const struct config *c = &d->config;
	int64_t width = 0, height = 0;

	if (c->size)
		parse_pair(c->size, 'x', 1, 16384, "--size", &width, &height);
	d->width = (int)width;
	d->height = (int)height;
	d->order.shards = 1;
	if (c->shard) {
		parse_pair(c->shard, '/', 0, 1 << 20, "--shard", &d->order.shard, &d->order.shards);
		if (d->order.shard >= d->order.shards)
			rl_die_usage("--shard: %s: shards are counted from 0", c->shard);
	}
}

/* ---- the list ---------------------------------------------------------------------------------
 */

static void refuse_tar(struct rl_source *source)
{
	if (rl_source_is_tar(source))
		rl_die_usage("a tar can be read only once and in order: --epochs, --shuffle and "
			     "--shard want a list of files");
}

static void read_list(struct decode *d)
{
	struct rl_order *o = &d->order;
	struct rl_record r;

	refuse_tar(d->source);
	while (rl_source_next(d->source, &r)) {
		refuse_tar(d->source);
		if (o->count == UINT32_MAX)
			rl_die("more than %u images", UINT32_MAX);
		if ((o->count & (o->count - 1)) == 0)
			d->list = rl_realloc(d->list, o->count ? 2 * (size_t)o->count : 1,
					     sizeof(*d->list));
		d->list[o->count++] = r;
	}
	o->epochs = d->config.epochs ? d->config.epochs : 1;
	o->shuffle = d->config.shuffle;
	o->seed = (uint64_t)d->config.seed;
}

/* Skip to --start; a list that is too short for it is a wrong number somewhere. */
static void seek(struct decode *d)
{
	int64_t start = d->config.start;
	struct rl_record r;

	if (d->list) {
		int64_t total = d->order.epochs * rl_order_per_epoch(&d->order);

		if (start > total)
			rl_die("--start %lld: only %lld samples", (long long)start,
			       (long long)total);
		d->position = start;
		return;
	}
	for (; rl_source_next(d->source, &r); d->position++) {
		if (d->position == start) {
			d->first = r;
			return;
		}
		rl_record_free(&r);
	}
	if (d->position < start)
		rl_die("--start %lld: only %lld samples", (long long)start, (long long)d->position);
}

/* ---- jobs: next, work, done -------------------------------------------------------------------
 */

static bool next_listed(struct decode *d, struct job *j)
{
	int64_t epoch;

	if (d->position == d->order.epochs * rl_order_per_epoch(&d->order))
		return false;
	j->record = d->list[rl_order_at(&d->order, d->position++, &epoch)];
	j->borrowed = true;
	j->epoch = (int32_t)epoch;
	return true;
}

static bool next_streamed(struct decode *d, struct job *j)
{
	if (!d->first.key)
		return rl_source_next(d->source, &j->record);
	j->record = d->first;
	d->first = (struct rl_record){0};
	return true;
}

static void *next(void *context)
{
	struct decode *d = context;
	struct job *j = rl_calloc(1, sizeof(*j));

	if (d->list ? next_listed(d, j) : next_streamed(d, j))
		return j;
	free(j);
	return NULL;
}

static bool resize(struct job *j, int64_t height, int64_t width, int64_t max_pixels)
{
	if (!rl_image_fits(height, width, max_pixels, j->why))
		return false;
	if (height == j->image.height && width == j->image.width)
		return true;
	struct rl_image to = rl_resize(&j->image, (int)height, (int)width);
	rl_image_free(&j->image);
	j->image = to;
	return true;
}

static bool prepare(const struct decode *d, struct job *j)
{
	const struct config *c = &d->config;
	int64_t height, width;

	if (j->record.bytes ? !rl_image_decode(j->record.bytes, j->record.size, c->max_pixels,
					       &j->image, j->why)
			    : !rl_image_load(j->record.path, c->max_pixels, &j->image, j->why))
		return false;
	if (c->short_side) {
		rl_short_side(&j->image, (int)c->short_side, &height, &width);
		if (!resize(j, height, width, c->max_pixels))
			return false;
	}
	return !c->size || resize(j, d->height, d->width, c->max_pixels);
}

static void work(void *context, void *job)
{
	struct job *j = job;

	if (!prepare(context, j))
		rl_image_free(&j->image);
}

static void add_field(struct rl_sample *s, const char *name, enum rl_dtype type, int ndim,
		      const int64_t *dim, void *data)
{
	struct rl_field *f = &s->field[s->nfield++];

	*f = (struct rl_field){.tensor = {.type = type, .ndim = ndim, .data = data}};
	strcpy(f->name, name);
	for (int i = 0; i < ndim; i++)
		f->tensor.dim[i] = dim[i];
}

/* The sample borrows everything from the job: no pixel is copied. */
static void put(struct decode *d, struct job *j)
{
	const struct rl_manifest *m = rl_source_manifest(d->source);
	struct rl_sample s = {.key = j->record.key};
	int64_t shape[] = {j->image.height, j->image.width, 3}, classes = (int64_t)m->nlabels;

	add_field(&s, "image", RL_U1, 3, shape, j->image.data);
	if (m->has_label)
		add_field(&s, "label", RL_I4, 0, NULL, &j->record.label);
	if (m->nlabels)
		add_field(&s, "labels", RL_I1, 1, &classes, j->record.labels);
	if (d->config.epochs)
		add_field(&s, "epoch", RL_I4, 0, NULL, &j->epoch);
	rl_writer_put(d->writer, &s);
	d->written++;
}

static void done(void *context, void *job)
{
	struct decode *d = context;
	struct job *j = job;

	if (j->image.data) {
		put(d, j);
	} else if (d->config.skip_bad) {
		rl_warn("%s: %s: skipped", j->record.path, j->why);
		d->skipped++;
	} else {
		rl_die("%s: %s", j->record.path, j->why);
	}
	rl_image_free(&j->image);
	if (!j->borrowed)
		rl_record_free(&j->record);
	free(j);
	rl_progress_show(&d->progress, d->written);
}

/* ---- the head ---------------------------------------------------------------------------------
 */

static void declare_labels(json_t *head, const struct rl_manifest *m)
{
	json_t *names = json_array();

	rl_head_field(head, "labels", RL_I1, 1, (int64_t[]){(int64_t)m->nlabels}, NULL);
	for (size_t i = 0; i < m->nlabels; i++)
		json_array_append_new(names, json_string(m->labels[i]));
	json_object_set_new(json_object_get(json_object_get(head, "fields"), "labels"), "names",
			    names);
}

static json_t *make_head(const struct decode *d)
{
	const struct rl_manifest *m = rl_source_manifest(d->source);
	json_t *head = rl_head_new("images");

	if (d->config.size)
		rl_head_field(head, "image", RL_U1, 3, (int64_t[]){d->height, d->width, 3}, NULL);
	else
		rl_head_field(head, "image", RL_U1, 3, (int64_t[]){-1, -2, 3},
			      (const char *[]){"H", "W"});
	if (m->has_label)
		rl_head_field(head, "label", RL_I4, 0, NULL, NULL);
	if (m->nlabels)
		declare_labels(head, m);
	if (d->config.epochs) {
		rl_head_field(head, "epoch", RL_I4, 0, NULL, NULL);
		json_object_set_new(head, "epochs", json_integer(d->config.epochs));
	}
	if (d->list)
		json_object_set_new(head, "samples", json_integer(rl_order_per_epoch(&d->order)));
	return head;
}

/* Lists are small, and files that can be read twice; a tar of all the images is not hashed. */
static void note_inputs(json_t *entry, const struct decode *d, char **names, int count)
{
	struct stat st;

	for (int i = 0; i < count; i++)
		if (!rl_source_is_tar(d->source) && !stat(names[i], &st) && S_ISREG(st.st_mode))
			rl_history_input(entry, names[i]);
}

int main(int argc, char **argv)
{
	struct decode d = {.config = {.threads = processors(), .max_pixels = RL_MAX_PIXELS}};
	struct config *c = &d.config;
	const struct rl_opt opts[] = {
		RL_OPT_INT("short-side", &c->short_side, 1, 16384, "N",
			   "resize the shorter side to N, keeping the aspect"),
		RL_OPT_STR("size", &c->size, "WxH", "then squash to exactly W x H"),
		RL_OPT_INT("threads", &c->threads, 1, 1024, "T", "images decoded at a time"),
		RL_OPT_INT("max-pixels", &c->max_pixels, 1, 1 << 29, "N",
			   "refuse images that are larger"),
		RL_OPT_FLAG("skip-bad", &c->skip_bad, "log and count bad images, and go on"),
		RL_OPT_FLAG_SHORT("null", '0', &c->nul, "the input is paths that end in NUL"),
		RL_OPT_INT("epochs", &c->epochs, 1, (1 << 24) - 1, "E",
			   "repeat the list E times, with a field `epoch`"),
		RL_OPT_FLAG("shuffle", &c->shuffle, "a new order in each epoch"),
		RL_OPT_INT("seed", &c->seed, 0, 0x1p53, "S", "of the shuffle"),
		RL_OPT_STR("shard", &c->shard, "I/N", "slice I (from 0) of each epoch cut in N"),
		RL_OPT_INT("start", &c->start, 0, 0x1p53, "K", "begin after the first K samples"),
		RL_OPT_FLAG("quiet", &c->quiet, "no progress on stderr"),
		RL_OPT_END,
	};
	int first = rl_options(argc, argv, &tool, opts);

	check_options(&d);
	d.source = rl_source_new(argv + first, argc - first, c->nul);
	if (c->epochs || c->shuffle || c->shard)
		read_list(&d);
	seek(&d);

	json_t *head = make_head(&d), *entry = rl_head_history(head, &tool, argc, argv);
	json_object_set_new(entry, "seed", json_integer(c->seed));
	note_inputs(entry, &d, argv + first, argc - first);
	d.writer = rl_writer_new(STDOUT_FILENO, "stdout", head);
	d.progress = rl_progress_start(
		"images", d.list ? d.order.epochs * rl_order_per_epoch(&d.order) - c->start : 0,
		c->quiet);
	rl_pool_run((int)c->threads, &(struct rl_pool_calls){next, work, done, &d});
	rl_writer_close(d.writer, d.skipped);
	rl_progress_end(&d.progress, d.written);
	if (d.skipped)
		rl_warn("skipped %lld bad images, wrote %lld", (long long)d.skipped,
			(long long)d.written);

	for (int64_t i = 0; i < d.order.count; i++)
		rl_record_free(&d.list[i]);
	free(d.list);
	rl_order_free(&d.order);
	rl_source_free(d.source);
	return RL_EXIT_OK;
}
