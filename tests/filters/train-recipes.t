# rl-train on the patches of the other recipes: it learns from them, resumes to the same bits, and reports in full.
. "$(dirname "$0")/tap.sh"

small="--arch resnet18 --width 8 --hidden 16 --batch 4 --accumulate 1 --optimizer adamw --lr 0.001 --lr-batch 4 --log-every 1
	--checkpoint-every 2 --precise-bn 8 --quiet"
rl-synth --out photos --layout imagefolder --images 6 --val 3 --size 280x280 --seed 3 --quiet
find photos/train -name '*.jpg' | sort >list
find photos/val -name '*.jpg' | sort >val
declare -A size=([kolesnikov]="--patch 64" [doersch]="--patch 96") how=([kolesnikov]= [doersch]="--grids 1")
for recipe in kolesnikov doersch; do
	fit="$small ${size[$recipe]}"
	rl-decode --size 292x292 --epochs 2 --shuffle --quiet <list | rl-patchpairs --recipe $recipe ${how[$recipe]} --quiet >$recipe.tar
	rl-decode --size 292x292 --quiet <val | rl-patchpairs --recipe $recipe ${how[$recipe]} --eval --quiet >$recipe.val
	rl-train --out $recipe $fit --val $recipe.val <$recipe.tar >$recipe.json 2>stderr
	is "$? $(jq -s length $recipe/log.jsonl)" "0 4" "$recipe: a run"
	is "$(jq -c '[(.confusion | map(add) | add), (.confusion | [range(8) as $i | .[$i][$i]] | add)]' $recipe.json)" \
		"$(jq -c '[.pairs, (.pairs * .metrics.accuracy / 100 | round)]' $recipe.json)" "$recipe: the confusion is of all pairs"
	jq -e '. as $r | .interval[0] <= .metrics.accuracy and .metrics.accuracy <= .interval[1] and .metrics.chance == (.prior | max) and
		(.prior | add | . > 99.99 and . < 100.01) and (.confusion | to_entries | all(.value[.key] * 100 == 0 or
		(.value[.key] * 100 / (.value | add) - ($r.per_direction | to_entries)[.key].value | fabs) < 1e-6))' $recipe.json >stdout
	ok $? "$recipe: interval, prior and directions go with it"
	head -c $(($(stat -c %s $recipe.tar) * 3 / 4)) $recipe.tar >half.tar
	rl-train --out $recipe.again $fit <half.tar >stdout 2>stderr
	is "$? $(ls $recipe.again | grep -c weights)" "1 0" "$recipe: a stream that breaks off ends the run"
	rl-train --resume $recipe.again $fit <$recipe.tar >stdout 2>stderr
	is "$? $(tensors $recipe.again/weights.safetensors)" "0 $(tensors $recipe/weights.safetensors)" "$recipe: resumed, the same bits"
done
is "$(jq -c '.prior | map(. == 12.5) | all' kolesnikov.json) $(jq -c '.prior | map(. == 12.5) | all' doersch.json)" "true false" \
	"chance is the prior's: the paper's pairs are not as many in each direction"

rl-cat --slice 0:1 doersch.val >one.val
rl-train --out one $small --patch 96 --val one.val <doersch.tar 2>stderr | jq -c '[has("interval"), has("confusion")]' >said
is "$(cat said)" "[false,true]" "one held-out image says nothing of how sure the accuracy is"

# Counted once more, from the stream.
/usr/bin/python3 - doersch.val <<'E' >prior
import io, json, sys, tarfile
import numpy as np
count = np.zeros(8)
for m in (t := tarfile.open(sys.argv[1])):
    if m.name.endswith(".pairs.npy"):
        count += np.bincount(np.load(io.BytesIO(t.extractfile(m).read()))[:, 2], minlength=8)
print(json.dumps([round(x, 6) for x in 100 * count / count.sum()]))
E
is "$(jq -c '.prior | map(. * 1e6 | round / 1e6)' doersch.json)" "$(jq -c 'map(. * 1e6 | round / 1e6)' prior)" "as the labels of the stream have it"

# ---- what does not fit ----
fit="$small --patch 96"
fails 1 "patches of another recipe than those to train on" "held-out patches of another recipe" \
	rl-train --out no $small --patch 64 --val <(cat kolesnikov.val) < <(rl-decode --short-side 292 --epochs 1 --quiet <list | rl-patchpairs --quiet)
fails 1 "stdin: head: patches are not f4 M x 64 x 64 x 3, which --patch says, or pairs not i4 K x 3" "another patch size than was asked for" \
	rl-train --out no $small --patch 64 <doersch.tar
cat >spoil.py <<'E'
import io, sys, tarfile
import numpy as np
old, new = tarfile.open("doersch.tar"), tarfile.open(fileobj=sys.stdout.buffer, mode="w|", format=tarfile.USTAR_FORMAT)
row, column, value = map(int, sys.argv[1:])
done = False
for m in old:
    data = old.extractfile(m).read()
    if m.name.endswith(".pairs.npy") and not done:
        a = np.load(io.BytesIO(data))
        a[row, column], done = value, True
        data = data[: -a.nbytes] + a.tobytes()
    new.addfile(m, io.BytesIO(data))
new.close()
E
for spoilt in "5 0 4000" "5 1 -1" "5 2 8"; do
	/usr/bin/python3 spoil.py $spoilt >spoilt.tar
	fails 1 ": pair 5: patches" "a pair that is none: $spoilt" rl-train --out spoilt $fit <spoilt.tar
	rm -r spoilt
done
[ ! -e no ]
ok $? "what was refused has left nothing"
done_testing
