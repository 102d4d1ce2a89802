#include "eval/network.h"

#include "base/err.h"

#include <string.h>

/* What rl-extract noted of the network it ran: its shape, the seed or the hashes of its inputs.
 * NULL for features from elsewhere. */
static json_t *network_of(const json_t *history)
{
	json_t *entry, *input, *network = NULL;
	size_t i, j;

	json_array_foreach(history, i, entry)
	{
		const char *tool = json_string_value(json_object_get(entry, "tool"));

		if (!tool || strcmp(tool, "rl-extract"))
			continue;
		json_decref(network);
		network = json_pack("{s:O?, s:O?, s:[]}", "network",
				    json_object_get(entry, "network"), "random_init",
				    json_object_get(entry, "random_init"), "weights");
		json_array_foreach(json_object_get(entry, "inputs"), j, input) json_array_append(
			json_object_get(network, "weights"), json_object_get(input, "sha256"));
	}
	return network;
}

void rl_need_one_network(const json_t *train_history, const char *train_path,
			 const json_t *test_history, const char *test_path)
{
	json_t *a = network_of(train_history), *b = network_of(test_history);

	if (a && b && !json_equal(a, b))
		rl_die("%s: features of another network than those of %s", test_path, train_path);
	json_decref(a);
	json_decref(b);
}
