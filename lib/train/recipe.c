#include "train/recipe.h"

#include "base/err.h"

#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

void rl_recipe_interpret(struct rl_recipe *r)
{
	static const char *const optimizers[] = {"sgd", "nesterov", "adamw", NULL};
	static const enum rl_optim_kind kinds[] = {RL_SGD, RL_NESTEROV, RL_ADAMW};

	r->dir = rl_resume_directory(&r->resume);
	r->kind = kinds[rl_parse_choice(r->optimizer, optimizers, "--optimizer")];
	r->bf16 = rl_precision_bf16(r->precision);
	omp_set_num_threads((int)r->threads);
}

int64_t rl_recipe_images_a_step(const struct rl_recipe *r, const struct rl_loop *l)
{
	int64_t full = r->batch * r->accumulate * l->comm->size;

	return full < l->of_all ? full : l->of_all;
}

/* The nearest step; one that no run reaches when it is too far to count. */
static int64_t step_of(double step)
{
	return (int64_t)fmin(step + 0.5, 0x1p62);
}

struct rl_schedule rl_recipe_schedule(const struct rl_recipe *r, const struct rl_loop *l)
{
	double stretch = (double)rl_loop_steps(l) / r->epochs;
	double images = (double)rl_recipe_images_a_step(r, l);
	struct rl_schedule s = {.base = r->lr * images / r->lr_batch,
				.warmup = step_of(r->warmup * stretch),
				.warmup_ratio = r->warmup_ratio,
				.gamma = r->gamma};
	char *list = rl_strdup(r->steps), *save = NULL;

	for (char *t = strtok_r(list, ",", &save); t; t = strtok_r(NULL, ",", &save)) {
		if (s.nmilestone == RL_MILESTONES)
			rl_die_usage("--steps: at most %d", RL_MILESTONES);
		double epoch = rl_parse_real(t, 0, 1e6, "--steps");
		int64_t step = step_of(epoch * stretch);

		s.milestone[s.nmilestone++] =
			step > 0 ? step : 1; /* the first step has the full rate */
	}
	free(list);
	return s;
}

json_t *rl_recipe_facts(const struct rl_recipe *r, const struct rl_loop *l, bool synced)
{
	int64_t batch = r->batch * (synced ? l->comm->size : 1);

	return json_pack("{s:I, s:I, s:I, s:s, s:f, s:o, s:f, s:f, s:f, s:s, s:f, s:f}", "epochs",
			 (json_int_t)l->epochs, "batch", (json_int_t)rl_recipe_images_a_step(r, l),
			 "statistics", (json_int_t)(batch < l->of_all ? batch : l->of_all),
			 "optimizer", r->optimizer, "lr", l->schedule.base, "momentum",
			 r->kind == RL_ADAMW ? json_string("none") : json_real(r->momentum),
			 "weight_decay", r->weight_decay, "warmup", r->warmup, "warmup_ratio",
			 r->warmup_ratio, "steps", r->steps, "of_epochs", r->epochs, "gamma",
			 r->gamma);
}

void rl_recipe_explain(const struct rl_recipe *r, const struct rl_loop *l)
{
	int64_t global = rl_recipe_images_a_step(r, l);
	char falls[RL_MILESTONES * 24] = "";
	size_t used = 0;

	if (l->quiet)
		return;
	for (int i = 0; i < l->schedule.nmilestone; i++)
		used += (size_t)snprintf(falls + used, sizeof(falls) - used, "%s %lld",
					 i ? "," : "", (long long)l->schedule.milestone[i]);
	rl_warn("%lld images x %lld epochs, %lld images a step (%lld x %lld x %d ranks): learning "
		"rate %g = %g x %lld/%g, warm-up %lld steps, x%g at step%s (of %lld)",
		(long long)l->of_all, (long long)l->epochs, (long long)global, (long long)r->batch,
		(long long)r->accumulate, l->comm->size, l->schedule.base, r->lr, (long long)global,
		r->lr_batch, (long long)l->schedule.warmup, l->schedule.gamma, falls,
		(long long)rl_loop_steps(l));
}

/* Of the input that was read from `path`; NULL when there is none. */
static json_t *hash_of(const json_t *entry, const json_t *path)
{
	json_t *input;
	size_t i;

	json_array_foreach(json_object_get(entry, "inputs"), i, input)
	{
		if (json_equal(json_object_get(input, "path"), path))
			return json_object_get(input, "sha256");
	}
	return NULL;
}

json_t *rl_recipe_settings(const struct rl_recipe *r, const struct rl_opt *opts,
			   const json_t *entry, const char *const files[])
{
	/* These change nothing in what is learned. */
	static const char *const no_settings[] = {
		"out",     "resume",           "where", "name", "quiet",
		"verbose", "checkpoint-every", "keep",  NULL};
	json_t *values = rl_options_values(opts, no_settings);

	json_object_set_new(values, "precision", json_string(rl_precision_name(r->bf16)));
	for (size_t i = 0; files[i]; i++) {
		json_t *sha256 = hash_of(entry, json_object_get(values, files[i]));

		if (sha256)
			json_object_set(values, files[i], sha256);
		else
			json_object_del(values, files[i]);
	}
	return values;
}
