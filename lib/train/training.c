#include "train/training.h"

#include "base/err.h"
#include "nn/weights.h"

#include <stdlib.h>
#include <string.h>

static struct rl_loop loop_over(const struct rl_recipe *r, struct rl_comm *comm,
				struct rl_reader *in)
{
	const json_t *head = rl_reader_head(in);

	if (!json_object_get(head, "samples") || !json_object_get(head, "epochs"))
		rl_die("stdin: the head does not say how many samples and epochs: rl-decode "
		       "--epochs does");
	struct rl_loop l = {
		.in = in,
		.comm = comm,
		.params = rl_params_new(),
		.samples = rl_json_int(head, "samples", 1, INT64_C(1) << 32, "stdin: head"),
		.epochs = rl_json_int(head, "epochs", 1, 1 << 24, "stdin: head"),
		.iterations = r->iterations,
		.batch = r->batch,
		.accumulate = r->accumulate,
		.dir = r->dir,
		.log_every = r->log_every,
		.checkpoint_every = r->checkpoint_every,
		.keep = r->keep,
		.metadata = json_pack("{s:s}", "format", "pt"),
		.quiet = r->quiet || comm->rank,
		.verbose = r->verbose && !comm->rank};

	l.of_all = rl_comm_count(comm, l.samples);
	if (l.epochs > 1 && !rl_head_has_field(head, "position"))
		rl_die("stdin: head: several epochs, but no field position");
	l.schedule = rl_recipe_schedule(r, &l);
	return l;
}

struct rl_training rl_training_begin(const struct rl_recipe *r, const struct rl_tool *tool,
				     int argc, char **argv)
{
	struct rl_comm *comm = rl_comm_mpi();
	struct rl_training t = {.first = comm->rank == 0};

	if (t.first)
		rl_resume_check(&r->resume);
	struct rl_reader *in = rl_reader_open("-");
	t.head = json_deep_copy(rl_reader_head(in));
	t.loop = loop_over(r, comm, in);
	t.entry = rl_head_history(t.head, tool, argc, argv);
	json_object_set_new(t.entry, "seed", json_integer(r->seed));
	json_object_set_new(t.entry, "precision", json_string(rl_precision_name(r->bf16)));
	return t;
}

void rl_training_note(struct rl_training *t, const char *name, const json_t *fact)
{
	char *text = rl_json_text(fact);

	json_object_set_new(t->loop.metadata, name, json_string(text));
	free(text);
}

struct rl_score rl_training_run(struct rl_training *t, const struct rl_recipe *r,
				const struct rl_opt *opts, const char *const files[])
{
	struct rl_loop *l = &t->loop;

	l->optim = rl_optim_new(r->kind, r->momentum, l->params);
	rl_training_note(t, "history", json_object_get(t->head, "history"));
	rl_recipe_explain(r, l);
	t->past = rl_resume(&r->resume, l, rl_recipe_settings(r, opts, t->entry, files));
	return rl_loop_run(l);
}

void rl_training_save(struct rl_training *t, const char *prefix)
{
	char *path = rl_asprintf("%s/weights.safetensors", t->loop.dir);

	rl_weights_save(t->loop.params, prefix, path, t->loop.metadata);
	rl_history_input(json_array_get(t->past, json_array_size(t->past) - 1), path);
	free(path);
}

void rl_training_end(struct rl_training *t)
{
	rl_loop_end(&t->loop);
	t->loop.comm->close(t->loop.comm);
}
