# rl-linear train and rl-finetune on several ranks: the run of one rank with all of the batch, and the same bits again.
. "$(dirname "$0")/tap.sh"
. "$top/tests/filters/ranks.sh"

rl-synth --out world --layout imagefolder --images 20 --val 12 --seed 3 --quiet
rl-list imagefolder world/train >list
rl-list imagefolder world/val >val.list
rl-decode --augment 'resize=72 center-crop=64' --quiet val.list >val.tar
net="--random-init 5 --arch resnet18 --width 8"
often="--precision fp32 --lr-batch 9 --log-every 1 --checkpoint-every 1 --keep 99 --quiet"

# One rank's pipe: rank.sh SIDE COMMAND.  Rank $CUT gets a part of its stream.  The lists of three ranks, at three images
# a step each, are those of one at nine a step; in the last step of an epoch the third has none.
awk '{ print >"list3." int((NR - 1) % 9 / (NR > 18 ? 1 : 3)) }' list
awk '{ print >"list2." (NR - 1) % 2 }' list
cat >rank.sh <<'E2'
rank=${OMPI_COMM_WORLD_RANK:-0} side=$1
list=list${OMPI_COMM_WORLD_SIZE:+$OMPI_COMM_WORLD_SIZE.$rank}
shift
rl-decode --epochs 2 --quiet --augment "random-resized-crop=$side flip color-jitter=0.4,0.4,0.4 lighting" $list |
	if [ "$rank" = "$CUT" ]; then head -c $((10 * side * side * 3)); else cat; fi |
	"$@"
E2
export CUT=none
ranks() {
	ranks_n=$1
	shift
	timeout 300 mpirun --bind-to none -n $ranks_n sh rank.sh "$@"
}
moved() { way $1/checkpoint-$3.safetensors $2/checkpoint-$3.safetensors init.safetensors; }
losses() { jq -c '[.step, .epoch, (.loss * 1e4 | round)]' $1/log.jsonl | head -$2; }

# ---- linear probes: batch norm's statistics are always common ----
linear() { echo 176 rl-linear train $net --lr 0.002 --recipe-epochs 2 --steps 1 $often; }
for heads in multi avgpool; do
	sh rank.sh $(linear) --heads $heads --batch 9 --out $heads.one 2>stderr
	sh rank.sh $(linear) --heads $heads --batch 9 --lr 0 --out $heads.still 2>stderr
	starting_point $heads.still/checkpoint-1.safetensors >init.safetensors
	ranks 3 $(linear) --heads $heads --batch 3 --out $heads.three 2>stderr
	is "$? $(grep -c '^rl-' stderr)" "0 0" "$heads: three ranks"
	is "$(losses $heads.three 99)" "$(losses $heads.one 99)" "$heads: have the steps and losses of one with three times the batch"
	below "$(moved $heads.one $heads.three 6)" 1e-3 1e-4
	ok $? "$heads: and come to the same probe: $(moved $heads.one $heads.three 6)"
done
is "$(jq -c '[.["loss.1", "accuracy.1", "loss.5", "accuracy.5"]] | map(. * 1e3 | round)' multi.three/log.jsonl)" \
	"$(jq -c '[.["loss.1", "accuracy.1", "loss.5", "accuracy.5"]] | map(. * 1e3 | round)' multi.one/log.jsonl)" \
	"the log has each head's loss and accuracy over all ranks"
ranks 2 $(linear) --batch 4 --out twice.a 2>stderr && ranks 2 $(linear) --batch 4 --out twice.b 2>stderr
is "$(tensors twice.b/weights.safetensors)" "$(tensors twice.a/weights.safetensors)" "the same job gives the same bits"
CUT=1 ranks 2 $(linear) --batch 4 --out cut 2>stderr
is "$? $(ls cut | grep -c weights)" "1 0" "a stream that breaks off ends the job"
ranks 2 $(linear) --batch 4 --resume cut --keep 98 2>stderr
is "$? $(tensors cut/weights.safetensors)" "0 $(tensors twice.a/weights.safetensors)" "resumed, it ends in the same bits"

# ---- fine-tuning ----
tune() { echo 64 rl-finetune $net --val val.tar --accumulate 1 --lr 0.01 $often; }
sh rank.sh $(tune) --batch 9 --out one >one.json 2>stderr
sh rank.sh $(tune) --batch 9 --lr 0 --out still >/dev/null 2>stderr
starting_point still/checkpoint-1.safetensors >init.safetensors
ranks 3 $(tune) --batch 3 --sync-bn --out three >three.json 2>stderr
is "$? $(grep -c '^rl-' stderr)" "0 0" "three ranks with common batch statistics"
below "$(moved one three 1)" 1e-4 1e-5
ok $? "take the step of one with three times the batch: $(moved one three 1)"
below "$(moved one three 6)" 1e-3 1e-4
ok $? "and the next ones, as far as rounding lets them: $(moved one three 6)"
is "$(losses three 99)" "$(losses one 99)" "with its losses"
ranks 3 $(tune) --batch 3 --out own >own.json 2>stderr
! below "$(moved one own 1)" 0.2 1
ok $? "with statistics of their own they take another: $(moved one own 1)"
rl-weights import three/weights.safetensors --out trunk.safetensors 2>stderr
rl-extract --weights trunk.safetensors --layers avgpool --quiet <val.tar >features.tar
is "$(jq -cS '[.setup.data.test_images, (.metrics | map_values(. * 1e6 | round / 1e6))]' three.json)" \
	"[12,$(/usr/bin/python3 "$top/tests/filters/linear-twin.py" three/weights.safetensors features.tar | jq -cS 'map_values(. * 1e6 | round / 1e6)')]" \
	"the ranks share the evaluation: all images are counted, and rightly"
CUT=0 ranks 3 $(tune) --batch 3 --sync-bn --out cut.tune >stdout 2>stderr
is "$? $(cat stdout)" "1 " "a stream that breaks off ends the job without a result"
ranks 3 $(tune) --batch 3 --sync-bn --resume cut.tune --keep 98 >again.json 2>stderr
is "$? $(tensors cut.tune/weights.safetensors) $(jq -c .metrics again.json)" \
	"0 $(tensors three/weights.safetensors) $(jq -c .metrics three.json)" "resumed, it ends in the same bits and the same result"

# ---- said aloud ----
cp val.tar other.tar
rl-decode --augment 'resize=72 center-crop=64' --quiet <<<"$(head -9 val.list)" >few.tar
cat >other.sh <<'E2'
[ "$OMPI_COMM_WORLD_RANK" = 0 ] || val=few.tar
exec sh rank.sh 64 "$@" --val ${val:-other.tar}
E2
timeout 100 mpirun --bind-to none -n 2 sh other.sh $(tune | cut -d ' ' -f 2-) --out no >stdout 2>stderr
[ $? -eq 1 ] && grep -q '^rl-finetune\[1\]: other images in few.tar than rank 0$' stderr
ok $? "ranks with other validation images"
[ ! -e no/checkpoint-1.safetensors ]
ok $? "do not begin"
done_testing
