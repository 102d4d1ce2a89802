/* rl-decode: image files to a stream of pixels. */
#include "base/err.h"
#include "base/opt.h"
#include "base/pool.h"
#include "base/progress.h"
#include "data/augmented.h"
#include "data/decoded.h"
#include "data/follow.h"
#include "data/playlist.h"
#include "stream/stream.h"

#include <stdio.h>
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
	struct rl_load_wish load;
	int64_t threads;
	const char *size, *shard, *augment;
	struct rl_playlist_wish wish;
	bool nul, skip_bad, quiet;
};

struct decode {
	struct config config;
	struct rl_playlist *playlist;
	struct rl_augment *augment; /* or NULL */
	struct rl_loader **loader;  /* of each thread */
	struct rl_resizer **resizer;
	struct rl_writer *writer;
	int64_t written, skipped;
	struct rl_progress progress;
};

struct job {
	struct rl_record record;
	int64_t position; /* in the sequence of this shard */
	struct rl_sample sample;
	bool bad;
	char why[RL_WHY];
};

static void parse_pairs(struct config *c)
{
	if (c->size)
		rl_parse_pair(c->size, 'x', 1, 16384, "--size", &c->load.width, &c->load.height);
	if (!c->shard)
		return;
	rl_parse_pair(c->shard, '/', 0, 1 << 20, "--shard", &c->wish.shard, &c->wish.shards);
	if (c->wish.shard >= c->wish.shards)
		rl_die_usage("--shard: %s: shards are counted from 0", c->shard);
}

/* ---- what the pool calls ----------------------------------------------------------------------
 */

static void *next(void *context)
{
	struct decode *d = context;
	struct job *j = rl_calloc(1, sizeof(*j));

	if (rl_playlist_next(d->playlist, &j->record, &j->position))
		return j;
	free(j);
	return NULL;
}

static void set_place(const struct decode *d, struct job *j)
{
	int32_t *epoch = rl_sample_make(&j->sample, "epoch", RL_I4, 0, NULL)->data;
	int64_t *position = rl_sample_make(&j->sample, "position", RL_I8, 0, NULL)->data;

	*epoch = (int32_t)(j->position / rl_playlist_per_epoch(d->playlist));
	*position = j->position;
}

static void work(void *context, void *job, int worker)
{
	const struct decode *d = context;
	struct job *j = job;

	j->bad = !rl_decoded_sample(rl_playlist_manifest(d->playlist), &j->record,
				    d->loader[worker], &j->sample, j->why);
	if (!j->bad && d->config.wish.epochs)
		set_place(d, j);
	if (!j->bad && d->augment)
		j->bad = !rl_augmented_sample(d->augment, (uint64_t)d->config.wish.seed,
					      d->resizer[worker], &j->sample, j->why);
}

static void done(void *context, void *job)
{
	struct decode *d = context;
	struct job *j = job;

	if (!j->bad) {
		rl_writer_put(d->writer, &j->sample);
		d->written++;
	} else if (d->config.skip_bad) {
		rl_warn("%s: %s: skipped", j->record.path, j->why);
		d->skipped++;
	} else {
		rl_die("%s: %s", j->record.path, j->why);
	}
	rl_sample_free(&j->sample);
	rl_playlist_give_back(d->playlist, &j->record);
	free(j);
	rl_progress_show(&d->progress, d->written);
}

/* ---- the head ---------------------------------------------------------------------------------
 */

static json_t *make_head(const struct decode *d)
{
	const struct config *c = &d->config;
	int64_t per_epoch = rl_playlist_per_epoch(d->playlist);
	int64_t shape[] = {c->size ? c->load.height : -1, c->size ? c->load.width : -2, 3};
	json_t *head = rl_head_new("images");

	rl_head_field(head, "image", RL_U1, 3, shape, (const char *[]){"H", "W"});
	rl_decoded_head(head, rl_playlist_manifest(d->playlist));
	if (c->size)
		rl_follow_head(head, c->load.height, c->load.width);
	if (c->wish.epochs) {
		rl_head_field(head, "epoch", RL_I4, 0, NULL, NULL);
		rl_head_field(head, "position", RL_I8, 0, NULL, NULL);
		json_object_set_new(head, "epochs", json_integer(c->wish.epochs));
	}
	if (d->augment)
		rl_augmented_head(d->augment, head);
	if (per_epoch)
		json_object_set_new(head, "samples", json_integer(per_epoch));
	if (c->wish.start)
		json_object_set_new(head, "start", json_integer(c->wish.start));
	return head;
}

/* What becomes of the images, in rl-augment's words. */
static json_t *view(const struct decode *d)
{
	const struct rl_load_wish *l = &d->config.load;
	char *text;
	size_t n;
	FILE *f = open_memstream(&text, &n);

	if (!f)
		rl_die("out of memory");
	if (l->short_side)
		fprintf(f, " resize=%lld", (long long)l->short_side);
	if (l->height)
		fprintf(f, l->height == l->width ? " squash=%lld" : " squash=%lldx%lld",
			(long long)l->width, (long long)l->height);
	if (d->augment) {
		char *words = rl_augment_words(d->augment);

		fprintf(f, " %s", words);
		free(words);
	}
	fclose(f);
	json_t *o = json_string(n ? text + 1 : "");
	free(text);
	return o;
}

/* Lists are small, and regular files can be read twice; a tar of all the images is not hashed.
 * What was read whole is known by its keys, wherever it came from. */
static void note(json_t *entry, const struct decode *d, char **names, int count)
{
	char keys[17];
	struct stat st;

	json_object_set_new(entry, "seed", json_integer(d->config.wish.seed));
	json_object_set_new(entry, "view", view(d));
	if (rl_playlist_per_epoch(d->playlist)) {
		rl_playlist_digest(d->playlist, keys);
		json_object_set_new(entry, "keys_xxh3_64", json_string(keys));
	}
	for (int i = 0; i < count && !rl_playlist_is_tar(d->playlist); i++)
		if (!stat(names[i], &st) && S_ISREG(st.st_mode))
			rl_history_input(entry, names[i]);
}

int main(int argc, char **argv)
{
	struct decode d = {
		.config = {.threads = rl_processors(), .load.max_pixels = RL_MAX_PIXELS}};
	struct config *c = &d.config;
	const struct rl_opt opts[] = {
		RL_OPT_INT("short-side", &c->load.short_side, 1, 16384, "N",
			   "resize the shorter side to N, keeping the aspect"),
		RL_OPT_STR("size", &c->size, "WxH", "then squash to exactly W x H"),
		RL_OPT_STR("augment", &c->augment, "'OPERATION ...'",
			   "and this, as rl-augment does"),
		RL_OPT_INT("threads", &c->threads, 1, 1024, "T", "images decoded at a time"),
		RL_OPT_INT("max-pixels", &c->load.max_pixels, 1, 1 << 29, "N",
			   "refuse larger images"),
		RL_OPT_FLAG("skip-bad", &c->skip_bad, "log and count bad images, and go on"),
		RL_OPT_FLAG_SHORT("null", '0', &c->nul, "the input is paths that end in NUL"),
		RL_OPT_INT("epochs", &c->wish.epochs, 1, (1 << 24) - 1, "E",
			   "play the list E times; adds the fields epoch and position"),
		RL_OPT_FLAG("shuffle", &c->wish.shuffle, "in a new order in each epoch"),
		RL_OPT_INT("group", &c->wish.group, 1, 1 << 20, "N",
			   "shuffled so that N in a row are all wider than high, or none is"),
		RL_OPT_INT("seed", &c->wish.seed, 0, 0x1p53, "S", "of the shuffle and --augment"),
		RL_OPT_STR("shard", &c->shard, "I/N",
			   "every Nth of each epoch, from the Ith (from 0)"),
		RL_OPT_INT("start", &c->wish.start, 0, 0x1p53, "K",
			   "leave out the first K samples"),
		RL_OPT_FLAG("quiet", &c->quiet, "no progress on stderr"),
		RL_OPT_END,
	};
	int first = rl_options(argc, argv, &tool, opts);

	parse_pairs(c);
	if (c->wish.group && !c->wish.shuffle)
		rl_die_usage("--group is a way to shuffle: --shuffle is missing");
	d.augment = c->augment ? rl_augment_parse_line(c->augment) : NULL;
	d.playlist = rl_playlist_open(argv + first, argc - first, c->nul, &c->wish);

	json_t *head = make_head(&d);
	note(rl_head_history(head, &tool, argc, argv), &d, argv + first, argc - first);
	d.writer = rl_writer_new(STDOUT_FILENO, "stdout", head);
	d.progress = rl_progress_start("images", rl_playlist_left(d.playlist), c->quiet);

	d.loader = rl_calloc((size_t)c->threads, sizeof(struct rl_loader *));
	d.resizer = rl_calloc((size_t)c->threads, sizeof(struct rl_resizer *));
	for (int i = 0; i < c->threads; i++) {
		d.loader[i] = rl_loader_new(&c->load);
		d.resizer[i] = rl_resizer_new();
	}
	rl_pool_run((int)c->threads, &(struct rl_pool_calls){next, work, done, &d});

	rl_writer_close(d.writer, d.skipped);
	rl_progress_end(&d.progress, d.written);
	if (d.skipped)
		rl_warn("skipped %lld bad images, wrote %lld", (long long)d.skipped,
			(long long)d.written);
	for (int i = 0; i < c->threads; i++) {
		rl_loader_free(d.loader[i]);
		rl_resizer_free(d.resizer[i]);
	}
	free(d.loader);
	free(d.resizer);
	rl_augment_free(d.augment);
	rl_playlist_free(d.playlist);
	return RL_EXIT_OK;
}
