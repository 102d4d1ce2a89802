/*
 * The page that results are reported as: the tables of MMSelfSup's
 * configs/selfsup/relative_loc/README.md (v0.11.0, commit 684875d) and what they announce, as data;
 * and for each benchmark the protocol behind its numbers, as facts that a result can be held
 * against.
 */
#ifndef RL_REPORT_PAGE_H
#define RL_REPORT_PAGE_H

#define RL_PAGE_NAME "MMSelfSup's configs/selfsup/relative_loc/README.md, v0.11.0"

enum { RL_PAGE_COLUMNS = 10, RL_PAGE_GROUPS = 7 };

struct rl_page_column {
	const char *title;
	const char *benchmark, *metric; /* of a result; no metric: the result's layer */
};

/* Lists end where a title or name is NULL. */
struct rl_page_table {
	const char *section, *title, *caption;
	int decimals;
	struct rl_page_column column[RL_PAGE_COLUMNS + 1];
};

struct rl_page_fact {
	const char *name,
		*value; /* numbers as text, of at most 10 digits; items of a list between commas */
};

/* Facts of one object of a result: "data", "views", "network", "pretraining" and "training" of its
 * setup (see setup.h), "protocol", or "" for the result itself. */
struct rl_page_group {
	const char *name;
	const struct rl_page_fact *fact;
};

extern const struct rl_page_table rl_page_tables[];

/* NULL for a benchmark that has none. */
const struct rl_page_group *rl_page_protocol(const char *benchmark);

#endif
