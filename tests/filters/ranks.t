# rl-train on several ranks: the same run as on one, the same bits again, and an end for all when one is lost.
. "$(dirname "$0")/tap.sh"
. "$top/tests/filters/ranks.sh"

fit="--arch resnet18 --width 8 --hidden 32 --head-lr 0.1 --lr 0.01 --lr-batch 8 --warmup 0 --accumulate 1 --precise-bn 0
	--log-every 1 --checkpoint-every 1 --keep 99 --quiet"
rl-synth --out photos --layout imagefolder --images 20 --val 1 --seed 3 --quiet
find photos/train -name '*.jpg' | sort >list

# One rank's pipe: rank.sh LIST DECODE-OPTIONS -- TRAIN-OPTIONS.  Rank $CUT gets half a stream; with a file ./hold the
# end of all streams waits until it is gone.
cat >rank.sh <<'E2'
rank=${OMPI_COMM_WORLD_RANK:-0} list=$1 decode=
held() {
	[ ! -e hold ] || head -c 10000000
	while [ -e hold ]; do sleep 0.01; done
	cat
}
shift
while [ "$1" != -- ]; do decode="$decode $1"; shift; done
shift
rl-decode --short-side 292 --shuffle --quiet --shard $rank/${OMPI_COMM_WORLD_SIZE:-1} $decode "$list" |
	{ if [ "$rank" = "$CUT" ]; then head -c 3000000; else held; fi; } | rl-patchpairs --quiet 2>/dev/null |
	sh -c 'echo $$ >pid.'$rank'; exec rl-train "$@"' train "$@"
E2
ranks() {
	ranks_n=$1
	shift
	timeout 120 mpirun --bind-to none -n $ranks_n sh rank.sh "$@"
}

# ---- as on one ----
export CUT=none
sh rank.sh list --epochs 2 -- --out one $fit --batch 8 >one.json 2>stderr
is $? 0 "without a launcher"
ranks 1 list --epochs 2 -- --out single $fit --batch 8 >single.json 2>stderr
is "$(tensors single/weights.safetensors)" "$(tensors one/weights.safetensors)" "a job of one rank has the same bits"
sh rank.sh list --epochs 1 -- --out still $fit --batch 8 --lr 0 >/dev/null 2>stderr

starting_point still/checkpoint-1.safetensors >init.safetensors
moved() { way one/checkpoint-$2.safetensors $1/checkpoint-$2.safetensors init.safetensors; }
for n in 2 4; do
	ranks $n list --epochs 2 -- --out sync$n $fit --sync-bn --batch $((8 / n)) >sync$n.json 2>stderr
	is "$? $(grep -c '^rl-' stderr)" "0 0" "$n ranks with common batch statistics"
	below "$(moved sync$n 1)" 1e-3 1e-5
	ok $? "take the step that one rank takes with $n times the batch: $(moved sync$n 1)"
	below "$(moved sync$n 3)" 0.1 1e-2
	ok $? "and the next ones, as far as rounding lets them: $(moved sync$n 3)"
done
is "$(jq -c '[.step, .epoch]' sync4/log.jsonl | tr -d '\n')" "[1,0][2,0][3,0][4,1][5,1][6,1]" "the log counts steps of all ranks"
is "$(jq -s 'map(.loss * 1e4 | round) | .[:2]' sync4/log.jsonl)" "$(jq -s 'map(.loss * 1e4 | round) | .[:2]' one/log.jsonl)" \
	"and has their loss"
is "$(jq .lr sync4/log.jsonl | head -1)" 0.01 "the rate is that of the batch of all ranks"
ranks 2 list --epochs 2 -- --out own $fit --batch 4 >own.json 2>stderr
! below "$(moved own 1)" 0.2 1
ok $? "with batch statistics of their own they take another: $(moved own 1)"
ranks 2 list --epochs 2 -- --out own2 $fit --batch 4 >own2.json 2>stderr
is "$(tensors own2/weights.safetensors)" "$(tensors own/weights.safetensors)" "the same job gives the same bits"
ranks 2 list --epochs 2 -- --out micro $fit --batch 2 --accumulate 2 --sync-bn >micro.json 2>stderr
sh rank.sh list --epochs 2 -- --out macro $fit --batch 4 --accumulate 2 >/dev/null 2>stderr
below "$(way macro/checkpoint-1.safetensors micro/checkpoint-1.safetensors init.safetensors)" 1e-3 1e-5
ok $? "and so do micro-batches"
is "$(ls own | grep -c . ) $(jq -r .benchmark own.json)" "8 pretext" "one rank writes for all"

# Images of the paper's recipe have as many pairs as fit: the loss is the mean over a step's pairs, wherever they are.
# In bf16 gradients round as they are scaled, by one over the pairs of a rank; dropout is drawn by place in the batch.
exactly="--patch 96 --dropout 0 --precision fp32"
sed 's/rl-patchpairs --quiet/rl-patchpairs --recipe doersch --grids 1 --quiet/' rank.sh >pairs.sh
for rate in 0 0.01; do
	sh pairs.sh list --epochs 1 -- --out pairs$rate $fit $exactly --lr $rate --batch 8 >pairs.json 2>stderr
done
timeout 120 mpirun --bind-to none -n 2 sh pairs.sh list --epochs 1 -- --out pairs2 $fit $exactly --sync-bn --batch 4 >pairs.json 2>stderr
starting_point pairs0/checkpoint-1.safetensors >pairs.init
moved=$(way pairs0.01/checkpoint-1.safetensors pairs2/checkpoint-1.safetensors pairs.init)
below "$moved" 1e-3 1e-5
ok $? "ranks take one rank's step on pairs, of which an image has any number: $moved"

# ---- shares that are not alike ----
head -9 list >list0
tail -n +10 list | head -4 >list1
cp rank.sh uneven.sh && sed -i 's|--shard [^ ]*||; s|"$list"|list$rank|' uneven.sh
for sync in "" --sync-bn; do
	timeout 120 mpirun --bind-to none -n 2 sh uneven.sh list --epochs 2 -- \
		--out uneven$sync $fit $sync --batch 4 >uneven.json 2>stderr
	is "$? $(jq -s length uneven$sync/log.jsonl)" "0 6" "a rank whose images are over waits for the others ${sync:+with common statistics}"
done
cp list0 swap && cp list1 list0 && cp swap list1
sed 's/rl-patchpairs --quiet/rl-patchpairs --recipe doersch --grids 1 --quiet/' uneven.sh >grids.sh
for sync in "" --sync-bn; do
	timeout 120 mpirun --bind-to none -n 2 sh grids.sh list --epochs 2 -- \
		--out grids$sync $fit $sync --batch 4 --patch 96 >uneven.json 2>stderr
	is "$? $(jq -c 'has("rank")' grids$sync/log.jsonl | tr '\n' ' ')" "0 true false false true false false " \
		"of pairs, too, and it says nothing of batches it has not ${sync:+with common statistics}"
done
{ head -3 list; echo photos/none.jpg; tail -n +4 list; } >bad
ranks 2 bad --epochs 4 --skip-bad -- --out skip $fit --batch 5 2>stderr >skip.json
is "$? $(jq -s length skip/log.jsonl)" "0 11" "so does one whose image was skipped"

# ---- stopped, and gone on ----
ends() { for ((i = 0; i < 600; i++)); do kill -0 "$1" 2>/dev/null || return 0; sleep 0.1; done; return 1; }
waits() { for ((i = 0; i < 600; i++)); do [ ! -e "$1" ] || return 0; sleep 0.1; done; return 1; }
touch hold
ranks 2 bad --epochs 4 --skip-bad -- --out stop $fit --batch 5 >stop.json 2>stderr &
job=$!
waits stop/checkpoint-4.safetensors && kill -TERM "$(cat pid.1)"
rm hold
wait $job
is $? 3 "a signal to one rank stops all"
is "$(grep -c 'rl-train\[0\]: stopped after step' stderr)" 1 "and is told once"
ranks 2 bad --epochs 4 --skip-bad --start "$(rl-train --resume stop --where)" -- --resume stop $fit --batch 5 \
	>stop.json 2>stderr
is "$(tensors stop/weights.safetensors)" "$(tensors skip/weights.safetensors)" "resumed, it comes to the same bits"
ranks 1 bad --epochs 4 --skip-bad -- --resume stop $fit --batch 5 >/dev/null 2>stderr
is $? 1 "not with another number of ranks"
grep -q 'settings.ranks was 2 and is now 1' stderr
ok $? "which is said"

# ---- lost ----
for victim in 0 1; do
	ranks 2 list --epochs 500 -- --out lost$victim $fit --batch 4 >/dev/null 2>stderr &
	job=$!
	waits lost$victim/checkpoint-3.safetensors && kill -KILL "$(cat pid.$victim)"
	wait $job
	is $? 137 "killing rank $victim ends the job"
	grep -q "Process name: .*,$victim\]" stderr
	ok $? "which says which"
	rl-train --resume lost$victim --where >where 2>stderr
	ok $? "and leaves checkpoints: the next is sample $(cat where)"
	ends "$(cat pid.0)" && ends "$(cat pid.1)"
	ok $? "but no process"
done
CUT=1
ranks 2 list --epochs 50 -- --out cut $fit --batch 4 >/dev/null 2>stderr
is $? 1 "a stream that breaks off ends the job"
is "$(grep -c '^rl-train\[1\]: stdin: truncated' stderr) $(grep -c '^rl-' stderr)" "1 1" "naming the rank, alone"
[ -e cut/checkpoint-1.safetensors ] && [ ! -e cut/weights.safetensors ]
ok $? "with what was learned saved"
CUT=none

# ---- said aloud ----
mpirun -n 2 sh -c "rl-decode --short-side 292 --epochs 1 --quiet list | rl-patchpairs --quiet |
	rl-train --out x $(echo $fit)" >/dev/null 2>stderr
[ $? -eq 1 ] && grep -q '^rl-train\[1\]: stdin: the stream of rank 0 once more: rl-decode --shard' stderr
ok $? "ranks without shards"
mpirun -n 2 sh -c "sh rank.sh list --epochs 1 -- --out x $(echo $fit) --batch \$((OMPI_COMM_WORLD_RANK + 1))" \
	>/dev/null 2>stderr
[ $? -eq 1 ] && grep -q '^rl-train\[1\]: other options than rank 0' stderr
ok $? "ranks with other options"
[ ! -e x/checkpoint-1.safetensors ]
ok $? "do not begin"
ldd "$(command -v rl-train)" | grep -q libmpi && ! ldd "$(command -v rl-extract)" | grep -q libmpi
ok $? "only programs that train load MPI"
OMPI_MCA_btl=none rl-train --help >/dev/null
OMPI_MCA_btl=none sh rank.sh list --epochs 1 -- --out alone $fit --batch 8 >/dev/null 2>stderr
is $? 0 "and they do not start it unasked"
done_testing
