# How much of training its stream takes: the processor time of both ends of the pipe that the patches come through.
row share images "one pipe's part in training: writing and reading the patches of an image"

copies=10
many=$(for ((i = 0; i < copies; i++)); do echo "$inputs/patches.tar"; done)

pipe() {
	clocked $((copies * 2 * IMAGES)) bash -o pipefail -c 'rl-cat "$@" | rl-info --check' - $many |
		jq -c '.seconds = .cpu_seconds'
}

enter "rl-cat, rl-info" pipe
compare_time "rl-cat, rl-info" train "rl-train ${precisions[-1]}" "the training step, ${precisions[-1]}" 0.03
