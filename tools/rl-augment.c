/* rl-augment: images to images, cropped, resized, mirrored and recoloured. */
#include "base/err.h"
#include "base/opt.h"
#include "base/pool.h"
#include "base/progress.h"
#include "data/augmented.h"
#include "stream/stream.h"

#include <stdlib.h>
#include <unistd.h>

static const struct rl_tool tool = {
	.name = "rl-augment",
	.synopsis = "[options] OPERATION ... < images > images",
	.summary =
		"Crop, resize, mirror and recolour each image; what is known about it follows.\n\n"
		"operations, in the order in which they are applied:\n" RL_AUGMENT_OPERATIONS,
	.example = "rl-decode --epochs 90 --shuffle < manifest |\n"
		   "  rl-augment random-resized-crop=224 flip color-jitter=0.4,0.4,0.4 | rl-info",
};

struct job {
	struct rl_sample sample;
	struct job *next; /* among those that are free */
	bool bad;
	char why[RL_WHY];
};

struct augment {
	const struct rl_augment *operations;
	int64_t threads, seed, written;
	bool quiet;
	struct rl_resizer **resizer; /* of each thread */
	struct rl_reader *in;
	struct rl_writer *out;
	struct job *free; /* samples keep their memory */
	struct rl_progress progress;
};

/* ---- what the pool calls ----------------------------------------------------------------------
 */

static void *next(void *context)
{
	struct augment *g = context;
	struct job *j = g->free;

	if (j)
		g->free = j->next;
	else
		j = rl_calloc(1, sizeof(*j));
	if (rl_reader_next(g->in, &j->sample))
		return j;
	j->next = g->free;
	g->free = j;
	return NULL;
}

static void work(void *context, void *job, int worker)
{
	const struct augment *g = context;
	struct job *j = job;

	j->bad = !rl_augmented_sample(g->operations, (uint64_t)g->seed, g->resizer[worker],
				      &j->sample, j->why);
}

static void done(void *context, void *job)
{
	struct augment *g = context;
	struct job *j = job;

	if (j->bad)
		rl_die("sample %.200s: %s", j->sample.key, j->why);
	rl_writer_put(g->out, &j->sample);
	rl_progress_show(&g->progress, ++g->written);
	j->next = g->free;
	g->free = j;
}

static json_t *make_head(const struct augment *g, int argc, char **argv)
{
	json_t *head = json_deep_copy(rl_reader_head(g->in));

	rl_augmented_head(g->operations, head);
	json_t *entry = rl_head_history(head, &tool, argc, argv);
	char *words = rl_augment_words(g->operations);
	json_object_set_new(entry, "seed", json_integer(g->seed));
	json_object_set_new(entry, "view", json_string(words));
	free(words);
	return head;
}

static void clean_up(struct augment *g)
{
	for (int i = 0; i < g->threads; i++)
		rl_resizer_free(g->resizer[i]);
	free(g->resizer);
	for (struct job *j; (j = g->free);) {
		g->free = j->next;
		rl_sample_free(&j->sample);
		free(j);
	}
	rl_reader_close(g->in);
}

int main(int argc, char **argv)
{
	struct augment g = {.threads = rl_processors()};
	const struct rl_opt opts[] = {
		RL_OPT_INT("seed", &g.seed, 0, 0x1p53, "S", "of all draws"),
		RL_OPT_INT("threads", &g.threads, 1, 1024, "T", "images augmented at a time"),
		RL_OPT_FLAG("quiet", &g.quiet, "no progress on stderr"),
		RL_OPT_END,
	};
	int first = rl_options(argc, argv, &tool, opts);

	struct rl_augment *operations = rl_augment_parse(argv + first, argc - first);
	g.operations = operations;
	g.in = rl_reader_new(STDIN_FILENO, "stdin");
	g.out = rl_writer_new(STDOUT_FILENO, "stdout", make_head(&g, argc, argv));
	g.progress = rl_progress_start("images", 0, g.quiet);

	g.resizer = rl_calloc((size_t)g.threads, sizeof(struct rl_resizer *));
	for (int i = 0; i < g.threads; i++)
		g.resizer[i] = rl_resizer_new();
	rl_pool_run((int)g.threads, &(struct rl_pool_calls){next, work, done, &g});

	rl_writer_close(g.out, rl_reader_skipped(g.in));
	rl_progress_end(&g.progress, g.written);
	clean_up(&g);
	rl_augment_free(operations);
	return RL_EXIT_OK;
}
