# A stream of photos' patches through one pipe between two programs, verified at its end, beside cat.
row stream GB "tensor stream through a pipe, written and verified"

copies=40 # of the patches: enough to drown the start of the programs
many=$(for ((i = 0; i < copies; i++)); do echo "$inputs/patches.tar"; done)
gigabytes=$(jq -n "$(stat -c %s "$inputs/patches.tar") * $copies / 1e9")

enter "rl-cat, rl-info" clocked "$gigabytes" bash -o pipefail -c 'rl-cat "$@" | rl-info --check' - $many
enter "cat" clocked "$gigabytes" bash -o pipefail -c 'cat "$@" | cat' - $many
compare "rl-cat, rl-info" "cat" "cat"
at_least "rl-cat, rl-info" 2
