#include "train/resume.h"

#include "base/err.h"
#include "train/checkpoint.h"
#include "train/identity.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool has_weights(const char *dir)
{
	char *path = rl_asprintf("%s/weights.safetensors", dir);
	bool has = !access(path, F_OK);

	free(path);
	return has;
}

static _Noreturn void print_where(const char *dir)
{
	if (printf("%lld\n", (long long)rl_checkpoint_where(dir)) < 0 || fflush(stdout))
		rl_die("stdout: write:");
	exit(RL_EXIT_OK);
}

const char *rl_resume_directory(const struct rl_resume *r)
{
	const char *dir = r->resume ? r->resume : r->out;

	if (r->where && !r->resume)
		rl_die_usage("--where needs --resume");
	if (!dir)
		rl_die_usage("--out is missing");
	if (r->out && r->resume)
		rl_die_usage("--out and --resume: one of them");
	if (!*dir)
		rl_die("\"\": not the name of a directory");
	if (r->where)
		print_where(dir);
	return dir;
}

void rl_resume_check(const struct rl_resume *r)
{
	const char *dir = r->resume ? r->resume : r->out;
	bool begun = rl_checkpoint_exists(dir);
	if (has_weights(dir) && !(r->resume && begun))
		rl_die("%s/weights.safetensors: is there already: remove it, or choose another "
		       "directory",
		       dir);
	if (begun && r->out)
		rl_die("%s: a run has begun here: --resume goes on with it, another --out begins "
		       "a new one",
		       dir);
}

/* Other settings would train something else, or wait for each other for ever; and whoever forgets
 * to give each rank its shard trains on the same images several times. */
static void check_ranks(const struct rl_loop *l)
{
	char *of_all = rl_identity_of_all(l->run), *of_rank = rl_identity_of_rank(l->run);

	rl_comm_agree(l->comm, of_all, strlen(of_all), "options");
	if (!rl_comm_differ(l->comm, of_rank, strlen(of_rank)))
		rl_die("stdin: the stream of rank 0 once more: rl-decode --shard gives each rank "
		       "its own");
	free(of_all);
	free(of_rank);
}

json_t *rl_resume(const struct rl_resume *r, struct rl_loop *l, json_t *settings)
{
	json_t *metadata = NULL;

	json_object_set_new(settings, "ranks", json_integer(l->comm->size));
	l->run = rl_identity(settings, rl_reader_head(l->in));
	json_decref(settings);
	check_ranks(l);
	if (r->resume)
		metadata = rl_loop_resume(l);
	if (r->resume && !l->quiet && metadata)
		rl_warn("goes on after step %lld, at sample %lld", (long long)l->start.step,
			(long long)l->start.place.next);
	if (r->resume && !l->quiet && !metadata)
		rl_warn("%s: no checkpoint yet: from the beginning", l->dir);
	if (metadata)
		json_object_set(l->metadata, "history", json_object_get(metadata, "history"));
	json_decref(metadata);
	const char *text = rl_json_str(l->metadata, "history", l->dir);
	return rl_json_parse(text, strlen(text), l->dir);
}
