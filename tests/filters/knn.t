# rl-knn on small feature streams.
. "$(dirname "$0")/tap.sh"
PATH=$PATH:${RL_BIN:-$top/bin}/../obj/tests

make-features 1 300 5 feat1=12 avgpool=40 label >train.tar && make-features 2 120 5 feat1=12 avgpool=40 label >test.tar
ok $? "two feature streams"
knn() { rl-knn --train train.tar --test test.tar --k 1,5,20 "$@"; }

knn --name "a row" >one.json 2>stderr
ok $? "rl-knn"
is "$(wc -l <one.json) $(jq -c '[.benchmark, .name, .layer, (.metrics | keys), (.top5 | keys)]' one.json)" \
	'1 ["knn","a row","avgpool",["k=1","k=20","k=5"],["k=1","k=20","k=5"]]' "one line of JSON that says what it is"
jq -e '.metrics["k=20"] > 60 and .metrics["k=20"] < .top5["k=20"] and .metrics["k=1"] == .top5["k=1"]' one.json >/dev/null
ok $? "better than chance, in percent"
is "$(jq -c '[.protocol.temperature, .protocol.whitening, .provenance.test.samples]' one.json) $(jq -r .provenance.train.digest one.json)" \
	"[0.07,\"none\",120] $(rl-info --check train.tar | jq -r .xxh3_64)" "protocol and provenance"
is "$(jq -c .setup one.json)" '{"data":{"train_images":300,"test_images":120,"classes":5},"views":{}}' "what it is made of, as far as the streams tell"
strip='del(.provenance.command)'
for option in "--threads 1" "--threads 3" "--batch 17" "--k 1,5,20"; do
	is "$(knn --name "a row" $option | jq -S "$strip")" "$(jq -S "$strip" one.json)" "the same with $option"
done
is "$(rl-knn --train <(cat train.tar) --test - --k 1,5,20 <test.tar | jq -c .metrics)" "$(jq -c .metrics one.json)" "from pipes, too"
[ "$(knn --layer feat1 | jq -c .metrics)" != "$(jq -c .metrics one.json)" ]
ok $? "another layer"
knn --whiten >white.json && jq -e '.metrics["k=20"] > 40 and .protocol.whitening.eps == 1e-5' white.json >/dev/null
ok $? "whitened"
is "$(knn --whiten --threads 3 --batch 50 | jq -cS "$strip")" "$(jq -cS "$strip" white.json)" "the same with other threads and batches"
make-features 1 300 5 feat1=12 avgpool=40 label no-nclass >a.tar
is "$(rl-knn --train a.tar --test test.tar --k 1,5,20 | jq -c .metrics)" "$(jq -c .metrics one.json)" "a head that does not say how many classes"

# ---- neighbours ---------------------------------------------------------------------------------
rl-knn --train train.tar --test train.tar --neighbours 4 >all.txt
is "$(jq -s -c '[length, ([.[] | select(.key == .neighbours[0][0] and .neighbours[0][1] > 0.999999)] | length)]' all.txt)" \
	"[300,300]" "every row is its own nearest neighbour"
rl-knn --train train.tar --test train.tar --neighbours 3 --leave-self-out --batch 7 >others.txt
is "$(jq -c '[.key, [.neighbours[] | .[0]]]' others.txt)" "$(jq -c '[.key, [.neighbours[1:][] | .[0]]]' all.txt)" "unless it is left out"
jq -e -s '[.[].neighbours | [.[][1]] | . == (sort | reverse)] | all' others.txt >/dev/null
ok $? "nearest first"
rl-knn --train train.tar --test train.tar --k 5 --leave-self-out >self.json && jq -e '.metrics["k=5"] < 99' self.json >/dev/null
ok $? "a data set against itself"
rl-cat --fields avgpool train.tar >bare.tar
rl-knn --train bare.tar --test bare.tar --neighbours 4 | cmp -s - all.txt
ok $? "neighbours need no labels"
cat train.tar train.tar >twice.tar
is "$(rl-knn --train twice.tar --test test.tar --neighbours 4 | jq -c '.neighbours | .[0] == .[1] and .[2] == .[3]' | sort -u)" true \
	"equal rows are equally near"

# ---- errors -------------------------------------------------------------------------------------
fails 2 "--train and --test are needed" "no streams" rl-knn --train train.tar
fails 2 "no operands" "an operand" knn more.tar
fails 2 "--k: 5,5: must be ascending" "neighbours out of order" knn --k 5,5
fails 2 "--k: 0: must be" "no neighbours" knn --k 0
fails 2 "--temperature: 0: must be" "no temperature" knn --temperature 0
for vote in "--k 10" "--temperature 0.07" "--name row"; do
	fails 2 "are for votes, not for --neighbours" "$vote where nobody votes" rl-knn --train train.tar --test test.tar --neighbours 2 $vote
done
fails 1 "missing.tar: open" "no such file" rl-knn --train missing.tar --test test.tar
fails 1 "test.tar: no field feat3" "no such layer" knn --layer feat3
fails 1 "bare.tar: no field label: decode with a manifest of classes, or import with a list of PATH<tab>CLASS" "no labels" rl-knn --train bare.tar --test test.tar
fails 1 "train.tar: 300 images are in train.tar, too, the first is 100000" "testing on the database" \
	rl-knn --train train.tar --test train.tar --k 1
rl-cat --slice 7:19 test.tar | cat train.tar - >mixed.tar
fails 1 "test.tar: 12 images are in mixed.tar, too, the first is 200007: testing on what was trained on" \
	"a database with some of the queries in it" rl-knn --train mixed.tar --test test.tar --k 1
fails 1 "test.tar: 3 images are in mixed.tar, too, the first is 200007" "as soon as it is seen" \
	rl-knn --train mixed.tar --test test.tar --k 1 --batch 10
rl-knn --train mixed.tar --test test.tar --k 1 --leave-self-out >left-out 2>stderr
is "$(jq -c '.metrics | map_values(. * 1e6 | round)' left-out)" "$(rl-knn --train mixed.tar --test test.tar --neighbours 1 --leave-self-out | jq -s -c \
	'{"k=1": (1e8 * (map(select((.key | tonumber) % 5 == (.neighbours[0][0] | tonumber) % 5)) | length) / length | round)}')" \
	"unless each is left out"
make-features 1 300 5 feat1=12 avgpool=40 label renamed >renamed.tar
fails 1 "renamed.tar: the same data as train.tar" "under other names" rl-knn --train train.tar --test renamed.tar --k 1
fails 1 "train.tar: 301 neighbours wanted of 200000, but there are 300 rows" "more neighbours than rows" knn --k 301
fails 1 "stdin can be read once" "a pipe that would be read twice" sh -c 'rl-knn --train - --test test.tar --k 1 --batch 7 <train.tar'
head -c 20000 train.tar >cut.tar
fails 1 "cut.tar: truncated" "a truncated database" rl-knn --train cut.tar --test test.tar --k 1
fails 1 "cut.tar: truncated" "truncated queries" rl-knn --train train.tar --test cut.tar --k 1
bad() { # FEATURES-AND-FAULTS TEXT NAME: as queries and as the database
	make-features 2 60 5 $1 >bad.tar
	fails 1 "$2" "$3 among the queries" rl-knn --train train.tar --test bad.tar --k 1
	fails 1 "$2" "$3 in the database" rl-knn --train bad.tar --test test.tar --k 1
}
bad "avgpool=40 label nan" "bad.tar: 200003: avgpool[2] is not a finite number" "NaN"
bad "avgpool=40 label short-row" "bad.tar: 200003: avgpool has 39 features, expected 40" "a short row"
bad "avgpool=40 label zero-row" "bad.tar: 200003: all features are zero: it has no direction" "a zero row"
bad "avgpool=40 label bad-label" "bad.tar: 200003: label 7 is not in 0 to 4" "a label out of range"
bad "avgpool=40" "bad.tar: no field label" "labels of another kind"
make-features 2 60 5 avgpool=41 label >bad.tar
fails 1 "bad.tar: avgpool has 41 features, in train.tar 40" "other sizes" rl-knn --train train.tar --test bad.tar --k 1
fails 1 "bad.tar: avgpool has 41 features, in train.tar 40" "other sizes, whitened" rl-knn --train train.tar --test bad.tar --k 1 --whiten
make-features 2 60 4 avgpool=40 label >bad.tar
fails 1 "bad.tar: 4 classes, in train.tar 5" "fewer classes" rl-knn --train train.tar --test bad.tar --k 1
make-features 2 0 5 avgpool=40 label >bad.tar
fails 1 "bad.tar: no samples" "no queries" rl-knn --train train.tar --test bad.tar --k 1
fails 1 "bad.tar: no samples" "no database" rl-knn --train bad.tar --test test.tar --k 1
rl-cat --slice 0:1 train.tar >bad.tar
fails 1 "bad.tar: whitening: the rows do not vary" "one row to whiten" rl-knn --train bad.tar --test test.tar --k 1 --whiten
fails 1 "stdout: write" "a full disk" sh -c 'rl-knn --train train.tar --test test.tar --k 1 >/dev/full'

# ---- through the real pipe ----------------------------------------------------------------------
rl-synth --out photos --layout imagefolder --images 24 --val 12 --size 96x96 --seed 4 --quiet
for s in train val; do
	rl-list imagefolder photos/$s | rl-decode --size 64x64 --quiet |
		rl-extract --random-init 1 --arch resnet18 --width 8 --layers avgpool --quiet >$s.tar
done
rl-knn --train train.tar --test val.tar --k 3 --quiet >photos.json
ok $? "photos' classes from their neighbours"
rl-list imagefolder photos/val | rl-decode --size 64x64 --quiet |
	rl-extract --random-init 2 --arch resnet18 --width 8 --layers avgpool --quiet >val.tar
fails 1 "val.tar: features of another network than those of train.tar" "features of two networks" rl-knn --train train.tar --test val.tar --k 3
done_testing
