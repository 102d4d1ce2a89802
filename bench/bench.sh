# bench.sh ROW.sh ...: measure the rows and write the results; `make bench` calls it with its settings in the
# environment.
#
# A row file registers with `row` what is measured, with `enter` who takes part, with `compare` what is to be
# compared and which target is set.  Who takes part is a command that prints one JSON object with at least
# "seconds" and the number of items that were done in them.  The commands of a row run in turn, round after
# round (A B C A B C ...), each time as new processes, so that whatever else the machine does meets all alike.
set -euo pipefail
shopt -s inherit_errexit
trap '[ $? -eq 0 ] || say "failed at $now"' EXIT
now="the inputs"
export LC_ALL=C OMP_NUM_THREADS=$THREADS
PATH=$BIN:$PATH
here=$(dirname "$0")
mkdir -p "$DIR"
load=$(cut -d ' ' -f 1 /proc/loadavg)
records=$DIR/records.jsonl
: >"$records"

say() { echo "bench: $*" >&2; }
record() { jq -cn "$@" >>"$records"; }

# row NAME UNIT JOB: begins a row.  The rate is in UNIT (images, GB) a second.
row() {
	row=$1 who=() rounds=$ROUNDS
	record --arg row "$1" --arg unit "$2" --arg job "$3" '{record: "row", $row, $unit, $job}'
}

# enter WHO COMMAND...
enter() {
	who+=("$1")
	local -n command_line="command_${#who[@]}"
	command_line=("${@:2}")
}

# missing WHO WHY: takes no part, and the table says why.
missing() { record --arg row "$row" --arg who "$1" --arg why "$2" '{record: "missing", $row, $who, $why}'; }

# compare OURS THEIRS AGAINST [AT_LEAST]: rates, ours over theirs, and the least that is wanted.
compare() {
	record --arg row "$row" --arg ours "$1" --arg theirs "$2" --arg against "$3" --argjson at_least "${4:-null}" \
		'{record: "compare", $row, by: "rate", $ours, $theirs, $against, $at_least}'
}

# compare_memory OURS THEIRS AGAINST BELOW: the same of peak memory, and what the ratio is to stay below.
compare_memory() {
	record --arg row "$row" --arg ours "$1" --arg theirs "$2" --arg against "$3" --argjson below "$4" \
		'{record: "compare", $row, by: "memory", $ours, $theirs, $against, $below}'
}

# compare_time OURS ROW THEIRS AGAINST BELOW: time an item, and that of an entry of another row, measured before.
compare_time() {
	record --arg row "$row" --arg ours "$1" --arg of "$2" --arg theirs "$3" --arg against "$4" --argjson below "$5" \
		'{record: "compare", $row, by: "time", $ours, theirs_in: $of, $theirs, $against, $below}'
}

# compare_ap OURS THEIRS AGAINST BELOW: the average precision of the classes that both have ("ap" of what they print),
# in percent: the largest difference, and what it is to stay below.
compare_ap() {
	record --arg row "$row" --arg ours "$1" --arg theirs "$2" --arg against "$3" --argjson below "$4" \
		'{record: "compare", $row, by: "AP", $ours, $theirs, $against, $below}'
}

# at_least OURS RATE: what is wanted of the rate itself.
at_least() {
	record --arg row "$row" --arg ours "$1" --argjson at_least "$2" \
		'{record: "compare", $row, by: "rate", $ours, against: "", $at_least}'
}

# Run the row's rounds: ROUNDS, unless the row file sets `rounds`.
measure() {
	local round i result
	for ((round = 1; round <= rounds; round++)); do
		for ((i = 1; i <= ${#who[@]}; i++)); do
			local -n command_line="command_$i"
			now="$row: ${who[i - 1]}"
			result=$("${command_line[@]}")
			say "$row, round $round of $rounds: ${who[i - 1]}: $result"
			record --arg row "$row" --arg who "${who[i - 1]}" --argjson round "$round" \
				--argjson sample "$result" '{record: "sample", $row, $who, $round} + $sample'
		done
	done
}

provenance() {
	jq -cn --arg revision "$(git describe --always --dirty 2>/dev/null || echo unknown)" \
		--arg date "$(date -u +%Y-%m-%dT%H:%MZ)" --argjson rounds "$ROUNDS" --argjson threads "$THREADS" \
		--argjson images "$IMAGES" --argjson batch "$BATCH" --argjson load "$load" \
		'{$revision, $date, command: "make bench BENCH_ROUNDS=\($rounds) BENCH_IMAGES=\($images) BENCH_BATCH=\($batch) BENCH_THREADS=\($threads)", $rounds, $threads, load_average_before: $load}'
}

. "$here/common.sh"
for file; do
	now=$file
	. "$file"
	measure
done
now="the results"
machine=$(bash "$here/machine.sh")
jq -s --argjson machine "$machine" --argjson provenance "$(provenance)" \
	-f "$here/results.jq" "$records" >"$OUT.partial"
mv "$OUT.partial" "$OUT"
jq -r -f "$here/table.jq" "$OUT" | tee "$DIR/table.md"

# The README shows the table of the results that are kept beside this file.
if [ "$OUT" -ef "$here/results.json" ]; then
	awk -v table="$DIR/table.md" '
		/^<!-- bench -->$/ { print; while ((getline line < table) > 0) print line; inside = 1 }
		/^<!-- \/bench -->$/ { inside = 0 }
		!inside' "$here/../README.md" >"$DIR/README.md"
	cat "$DIR/README.md" >"$here/../README.md"
fi
