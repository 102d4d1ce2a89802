# rl-train --resume: killed or stopped at any moment, a run goes on and ends in the same bytes.
. "$(dirname "$0")/tap.sh"

small="--arch resnet18 --width 8 --hidden 16 --patch 32 --batch 4 --accumulate 2 --dropout 0.5 --log-every 1 --quiet"
adamw="$small --threads 1 --optimizer adamw --lr 0.001 --lr-batch 8 --checkpoint-every 3"
sgd="$small --threads 2 --optimizer sgd --lr 0.01 --lr-batch 8 --head-lr 0.1 --checkpoint-every 1 --keep 2 --precise-bn 9"

rl-synth --out photos --layout imagefolder --images 22 --val 4 --size 130x100 --seed 5 --quiet
photos=$scratch/photos
find "$photos/train" -name '*.jpg' | sort >list
find "$photos/val" -name '*.jpg' | sort | rl-decode --short-side 100 --quiet |
	rl-patchpairs --eval --crop 97 --patch 32 --quiet >val.tar
list=$scratch/list val=$scratch/val.tar epochs=8 hold_after=4500000
patches() {
	rl-decode --short-side 100 --epochs $epochs --shuffle --quiet "$@" <"$list" |
		rl-patchpairs --crop 97 --patch 32 --quiet
}
# The pipeline of the manual: run again and again, it comes to its end.
pipeline() {
	patches --start "$(rl-train --resume run --where)" | held | {
		echo $BASHPID >pid
		exec rl-train --resume run --val "$val" "$@"
	}
}
. "$top/tests/filters/resume.sh" patches pipeline list val epochs hold_after

# ---- killed ----
killed adamw 5 "$adamw"
killed sgd 3 "$sgd"

# ---- stopped ----
signalled int INT group adamw "$adamw"
signalled term TERM trainer adamw "$adamw"
signalled both TERM group adamw "$adamw"
signalled late TERM stream-then-trainer adamw "$adamw"

# ---- bad photos on the way ----
sed -e '3i\' -e 'absent.jpg' list >one-bad
options="$small --threads 1 --optimizer adamw --lr 0.001 --lr-batch 8 --checkpoint-every 2 --precise-bn 7"
skipping() { list=$scratch/one-bad patches --skip-bad --start "$(rl-train --resume run --where)" 2>bad; }
mkdir whole-bad cut-bad
(cd whole-bad && skipping | rl-train --resume run $options >json 2>stderr)
is $? 0 "photos that are skipped do not end a run"
cd cut-bad || exit 1
skipping | head -c 2500000 | rl-train --resume run $options >json 2>bad
# Its 10 steps took 22 + 22 + 22 + 8 photos; the newest 7 of these 74 begin with the 68th.
[ -e run/checkpoint-10.safetensors ]
ok $? "a stream of them breaks off"
is "$(rl-train --resume run --where)" "$(rl-decode --epochs 8 --shuffle --skip-bad <../one-bad 2>bad | rl-cat --npy position |
	tail -c $((8 * 176)) | od -An -v -td8 -w8 | sed -n 68p | xargs)" "the stream must begin where the newest 7 photos do"
skipping | rl-train --resume run $options >json 2>stderr
is $? 0 "resumed, it goes on"
cd ..
same_run whole-bad cut-bad
ok $? "to the same end"

# ---- damaged ----
# A run whose stream broke off after its 9th step: it left the checkpoints of steps 3, 6 and 9.
patches --start 0 >train.tar
mkdir cut && cd cut || exit 1
head -c 2200000 ../train.tar >cut.tar
fails 1 "stdin: truncated" "a stream that breaks off" rl-train --resume run --val "$val" $adamw <cut.tar
is "$(ls run | tr '\n' ' ')" "checkpoint-3.safetensors checkpoint-6.safetensors checkpoint-9.safetensors log.jsonl " \
	"leaves what was learned so far"
cd ..
is "$(cd cut && rl-train --resume run --where)" 0 "where: the images that batch norm wants again come first"
fresh() { rm -rf broken && cp -r cut broken && cd broken || exit 1; }
resume() { rl-train --resume run --val "$val" $adamw "$@" <../train.tar >json 2>stderr; }
# broken NAME: the newest checkpoint is refused aloud, the one before is used, and the end is the same.
broken() {
	resume
	[ $? -eq 0 ] && [ "$(wc -l <stderr)" -eq 1 ] &&
		grep -q "run/checkpoint-9.safetensors: .*; using the one before" stderr
	ok $? "$1: refused aloud"
	cd ..
	same_run whole-adamw broken
	ok $? "$1: the one before leads to the same end"
}
newest=run/checkpoint-9.safetensors
fresh
truncate -s -1 $newest
broken "a checkpoint without its last byte"
fresh
truncate -s 4096 $newest
broken "a torn checkpoint"
fresh
printf '\377' | dd of=$newest bs=1 seek=300000 conv=notrunc status=none
broken "a checkpoint with a changed byte"
fresh
cp ../whole-adamw/run/weights.safetensors $newest
broken "weights under a checkpoint's name"
fresh
cp ../whole-sgd/run/checkpoint-24.safetensors $newest
broken "another run's checkpoint"
fresh
truncate -s 4096 run/checkpoint-*
fails 1 "no checkpoint can be used" "no checkpoint that can be used: no fresh start" \
	sh -c 'rl-train --resume run --where 2>&1 >/dev/null | tail -n 1 >&2; test ! -s run/weights.safetensors; exit 1'
resume
is $? 1 "nor by the trainer"
grep -q "checkpoint-3.safetensors: cut short, damaged or foreign: its checksum is wrong; no checkpoint can be used" stderr
ok $? "which says so"
cd ..

# ---- another run ----
refused() {
	fresh
	rm run/checkpoint-[36].*
	text=$1
	shift
	fails 1 "run/checkpoint-9.safetensors: of another run: $text; no checkpoint can be used" "$text" \
		rl-train --resume run --val "$val" $adamw "$@"
	cd ..
}
refused "settings.lr was 0.001 and is now 0.002" --lr 0.002 <train.tar
refused "settings.optimizer was \"adamw\" and is now \"sgd\"" --optimizer sgd --head-lr 0.1 <train.tar
refused "settings.seed was 0 and is now 1" --seed 1 <train.tar
refused "settings.threads was 1 and is now 2" --threads 2 <train.tar
refused "settings.accumulate was 2 and is now 1" --accumulate 1 <train.tar
refused "settings.width was 8 and is now 16" --width 16 <train.tar
refused "settings.log-every was 1 and is now 5" --log-every 5 <train.tar
refused "settings.precise-bn was -1 and is now 0" --precise-bn 0 <train.tar
refused "stream.history[0].args was [\"--short-side\",\"100\",\"--epochs\",\"8\",\"--shuffle\",\"--quiet\"] and is now [\"--short-side\",\"100\",\"--epochs\",\"8\",\"--shuffle\",\"--quiet\",\"--seed\",\"4\"]" \
	< <(patches --seed 4)
tac list >turned && list=$scratch/turned patches >turned.tar
refused "stream.history[0].keys_xxh3_64 was $(rl-info --head <train.tar | jq .history[0].keys_xxh3_64) and is now $(rl-info --head <turned.tar | jq .history[0].keys_xxh3_64)" <turned.tar
val=$scratch/train.tar
fresh
rm run/checkpoint-[36].*
fails 1 "settings.val was" "held-out images that are others" rl-train --resume run --val "$val" $adamw <../train.tar
cd ..
val=$scratch/val.tar
fresh
resume --checkpoint-every 7 --keep 1 --name other --verbose
is $? 0 "what changes nothing may be said otherwise"
cd ..
cmp -s whole-adamw/run/weights.safetensors broken/run/weights.safetensors
ok $? "and changes nothing"

# ---- the stream's place, and the directory's state ----
fresh
patches --start 30 >../late.tar
fails 1 "stdin: starts at sample 30, but the run goes on at 0: rl-decode --start 0" "a stream that starts too late" \
	rl-train --resume run --val "$val" $adamw <../late.tar
fails 1 "run: a run has begun here: --resume goes on with it" "a new run where one has begun" \
	rl-train --out run $adamw <../train.tar
rm run/checkpoint-*
cp ../whole-adamw/run/weights.safetensors run
fails 1 "run/weights.safetensors: is there already" "weights without a checkpoint" \
	rl-train --resume run $adamw <../train.tar
cd ..
is "$(rl-train --resume nowhere --where)" 0 "where: a run that has not begun begins at the beginning"
[ ! -e nowhere ]
ok $? "and nothing was made"
fails 2 "--out and --resume: one of them" "both --out and --resume" rl-train --out a --resume a <train.tar
fails 2 "--where needs --resume" "where of nothing" rl-train --out a --where
fails 2 "--where needs --resume" "where without a directory" rl-train --where
fails 1 '"": not the name of a directory' "a directory without a name" rl-train --resume "" --where

mkfifo hold
rl-train --out held $adamw <hold >json 2>bad &
job=$!
exec 9>hold
head -c 20000 train.tar >&9
while [ ! -e held/log.jsonl ]; do sleep 0.01; done
fails 1 "held: another program is training here" "a second trainer" rl-train --resume held $adamw <train.tar
kill $job
wait $job
is $? 3 "a signal reaches a trainer that waits for its stream"
[ ! -e held/checkpoint-0.safetensors ]
ok $? "before the first step there is nothing to save"
exec 9>&-

# Nobody reads this one's result: it is not done yet.
mkfifo full
exec 8<>full
head -c 1000000 /dev/zero >&8 &
filler=$!
rl-train --out done $adamw <train.tar >&8 2>bad &
job=$!
while [ ! -e done/weights.safetensors ] && kill -0 $job; do sleep 0.01; done
fails 1 "done: another program is training here" "a second trainer, while the first says what came out" \
	rl-train --resume done $adamw <train.tar
kill $job $filler
wait $job
is $? 143 "after its last step a signal ends a trainer as any program"
exec 8>&-

# ---- at the end ----
before=$(sha256sum <whole-adamw/run/weights.safetensors)
(cd whole-adamw && pipeline $adamw >again 2>stderr)
is $? 0 "resumed at its end, a run gives its result again"
cmp -s whole-adamw/again whole-adamw/json && [ "$(sha256sum <whole-adamw/run/weights.safetensors)" = "$before" ]
ok $? "the same"
done_testing
