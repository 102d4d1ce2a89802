/*
 * The command line of a filter, as one table: the same table parses the options (getopt_long),
 * checks their ranges, and prints --help with the live defaults.
 *
 *	struct config c = {.batch = 64};
 *	const struct rl_opt opts[] = {
 *		RL_OPT_INT("batch", &c.batch, 1, 65536, "N", "images a step"),
 *		RL_OPT_STR("weights", &c.weights, "FILE", "safetensors file"),
 *		RL_OPT_FLAG("quiet", &c.quiet, "no progress on stderr"),
 *		RL_OPT_END};
 *	int first = rl_options(argc, argv, &tool, opts);
 *
 * A default outside the range stands for an option that is not given, and is not printed.
 *
 * --help and --version are always there and go to stdout with exit 0.
 */
#ifndef RL_BASE_OPT_H
#define RL_BASE_OPT_H

#include "base/json.h"

#include <stdbool.h>
#include <stdint.h>

enum rl_opttype {
	RL_OPTTYPE_END,
	RL_OPTTYPE_FLAG,
	RL_OPTTYPE_INT,
	RL_OPTTYPE_REAL,
	RL_OPTTYPE_STR
};

struct rl_opt {
	const char *name; /* long name without the dashes */
	enum rl_opttype type;
	void *dest;      /* bool *, int64_t *, double * or const char **, as type says */
	double min, max; /* inclusive range of a number */
	const char *arg; /* placeholder of the argument in --help */
	const char *help;
	char short_name; /* 0 for none; only where Unix custom expects one (-0) */
};

#define RL_OPT_FLAG(n, d, h)                         \
	{                                            \
		n, RL_OPTTYPE_FLAG, d, 0, 0, 0, h, 0 \
	}
#define RL_OPT_FLAG_SHORT(n, c, d, h)                \
	{                                            \
		n, RL_OPTTYPE_FLAG, d, 0, 0, 0, h, c \
	}
#define RL_OPT_INT(n, d, lo, hi, a, h)                                    \
	{                                                                 \
		n, RL_OPTTYPE_INT, d, (double)(lo), (double)(hi), a, h, 0 \
	}
#define RL_OPT_REAL(n, d, lo, hi, a, h)                \
	{                                              \
		n, RL_OPTTYPE_REAL, d, lo, hi, a, h, 0 \
	}
#define RL_OPT_STR(n, d, a, h)                      \
	{                                           \
		n, RL_OPTTYPE_STR, d, 0, 0, a, h, 0 \
	}
#define RL_OPT_END                                  \
	{                                           \
		0, RL_OPTTYPE_END, 0, 0, 0, 0, 0, 0 \
	}

struct rl_tool {
	const char *name;     /* "rl-decode" */
	const char *synopsis; /* what follows the name: "[options] < manifest > images" */
	const char *summary;  /* one line */
	const char *example;  /* a pipeline that works as printed */
};

/* Parse argv; returns the index of the first operand.  Operands end the options only after "--"
 * or at the end: GNU permutation is on.  Misuse exits 2. */
int rl_options(int argc, char **argv, const struct rl_tool *tool, const struct rl_opt *opts);

/* Programs in one: run gets all of argv, in which argv[1] is its name. */
struct rl_command {
	const char *name;
	int (*run)(int argc, char **argv);
};

/* Run the one that argv[1] names, of at most RL_COMMANDS that end with one of no name; without one
 * answer --help and --version.  Misuse exits 2. */
enum { RL_COMMANDS = 7 };
int rl_run_command(int argc, char **argv, const struct rl_tool *tool,
		   const struct rl_command *commands);

/* What the options came out as, an object of their names but for those in `except`
 * (NULL-terminated). New reference. */
json_t *rl_options_values(const struct rl_opt *opts, const char *const except[]);

/* Numbers from text: the whole string must be one, within the range; otherwise exit 2 naming
 * `what`. */
int64_t rl_parse_int(const char *s, int64_t min, int64_t max, const char *what);
double rl_parse_real(const char *s, double min, double max, const char *what);

/* Two numbers with `between` between them: 320x240, 0/4.  Otherwise exit 2. */
void rl_parse_pair(const char *s, char between, int64_t min, int64_t max, const char *what,
		   int64_t *a, int64_t *b);

/* Numbers with commas between, *n of them; otherwise exit 2.  free() them. */
double *rl_parse_reals(const char *s, double min, double max, const char *what, size_t *n);

/* Index of s among the NULL-terminated names; otherwise exit 2 listing them. */
int rl_parse_choice(const char *s, const char *const names[], const char *what);

#endif
