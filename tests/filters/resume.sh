# What the tests of stopped, killed and resumed trainings share:  . resume.sh FUNCTION-OR-VARIABLE...
#
# The test has a function `pipeline OPTIONS` that trains in ./run, through `held`, with the trainer's process number in
# ./pid: said again and again, it comes to its end.  FUNCTION-OR-VARIABLE is what it needs, and $hold_after.
pipeline_needs=$*

# With a file ./hold the end of a stream waits until it is gone, so that no run ends before it is stopped or killed.
held() {
	echo $BASHPID >held
	[ ! -e hold ] || head -c $hold_after
	while [ -e hold ]; do sleep 0.01; done
	cat
}
log_of() { sed 's/,"samples_per_s":[^}]*//' "$1/run/log.jsonl"; }
same_run() {
	cmp -s "$1/run/weights.safetensors" "$2/run/weights.safetensors" && cmp -s "$1/json" "$2/json" &&
		[ "$(log_of "$1")" = "$(log_of "$2")" ]
}
lines() { wc -l 2>bad <"$1" || echo 0; }

# in_group DIR COMMAND: in the background, as a process group of its own, $job, that signals reach as they do in a
# terminal's foreground, there by the time this returns; the trainer's exit status goes to DIR/status.
in_group() {
	mkdir -p "$1" && rm -f "$1/begun"
	needs=$(for name in $pipeline_needs held; do declare -f $name || declare -p $name; done)
	(cd "$1" && exec setsid env --default-signal=INT,TERM bash -c "$needs
		trap : INT TERM
		touch begun
		$2 >json 2>stderr
		echo \$? >status") &
	job=$!
	while [ ! -e "$1/begun" ]; do sleep 0.01; done
}
# wait_for DIR LINES: until the log has so many; false if the run ended before.
wait_for() {
	while [ "$(lines "$1/run/log.jsonl")" -lt "$2" ]; do
		kill -0 $job 2>bad || return 1
		sleep 0.01
	done
}

# killed NAME TRIES OPTIONS: a whole run in whole-NAME, then one in killed-NAME that is killed again and again, each time
# after some more steps have shown in its log.
RANDOM=11
killed() {
	name=$1 tries=$2 options=$3 kills=0 target=0
	in_group whole-$name "pipeline $options" && wait $job
	is "$(cat whole-$name/status)" 0 "$name: a run that is left alone"
	for ((try = 0; try < tries; try++)); do
		target=$((target + 1 + RANDOM % 5))
		mkdir -p killed-$name
		[ $try -ge 2 ] || touch killed-$name/hold # two kills are sure
		in_group killed-$name "pipeline $options"
		wait_for killed-$name $target && kill -KILL -- -$job && kills=$((kills + 1))
		wait $job 2>bad
		rm -f killed-$name/hold
	done
	[ $kills -ge 2 ]
	ok $? "$name: killed $kills times"
	in_group killed-$name "pipeline $options" && wait $job
	is "$(cat killed-$name/status)" 0 "$name: it goes on to the end"
	same_run whole-$name killed-$name
	ok $? "$name: weights, result and log are those of the whole run"
	is "$(find killed-$name/run -name '*.partial*' | wc -l)" 0 "$name: nothing half-written is left"
}

# signalled DIR SIGNAL WHOM NAME OPTIONS: the whole pipeline is stopped, as from the terminal, or its stream's end and then
# the trainer, as may be in a terminal too, or only the trainer, and resumed to the end of whole-NAME.
signalled() {
	dir=$1 signal=$2 whom=$3 name=$4 options=$5
	mkdir $dir && touch $dir/hold
	in_group $dir "pipeline $options"
	wait_for $dir 5
	case $whom in
	group) kill -$signal -- -$job ;;
	trainer) kill -$signal "$(cat $dir/pid)" ;;
	stream-then-trainer)
		until was=$(lines $dir/run/log.jsonl) && sleep 0.3 && [ "$was" = "$(lines $dir/run/log.jsonl)" ]; do :; done
		kill -$signal "$(cat $dir/held)"
		sleep 0.05
		kill -$signal "$(cat $dir/pid)"
		;;
	esac
	rm $dir/hold
	wait $job
	is "$(cat $dir/status)" 3 "$name: $signal to the $whom: exit status 3"
	grep -q "^rl-[a-z]*: stopped after step [0-9]* of $(wc -l <whole-$name/run/log.jsonl): the same with --resume run goes on\$" $dir/stderr
	ok $? "$name: $signal to the $whom: one line says how to go on"
	step=$(sed -n 's/.*stopped after step \([0-9]*\).*/\1/p' $dir/stderr)
	[ -s $dir/run/checkpoint-$step.safetensors ] && [ ! -e $dir/run/weights.safetensors ]
	ok $? "$name: $signal to the $whom: a checkpoint of that step, and no weights"
	in_group $dir "pipeline $options" && wait $job
	same_run whole-$name $dir
	ok $? "$name: $signal to the $whom: resumed, it ends as the whole run"
}
