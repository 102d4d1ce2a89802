# rl-verdict and rl-baseline: features against others of the same images.
. "$(dirname "$0")/tap.sh"
PATH=$PATH:${RL_BIN:-$top/bin}/../obj/tests

# Features that know the class well, and others that know it less; thumbnails, in which five test images are training images
# again but for noise, with features that give them away.
PYTHONPATH=$top/tests/filters /usr/bin/python3 - <<'END'
import numpy as np, tensorstream
r = np.random.default_rng(3)
n, m, d, c = 200, 150, 24, 5
means = r.standard_normal((c, d))
label = np.arange(n + m) % c
def features(s):
    return (s * means[label] + r.standard_normal((n + m, d)) + 2).astype("f4")
fields = {"good": features(.6), "weak": features(.3), "pixels": features(0)}
twin = {n + 7: 12, n + 19: 3, n + 20: 55, n + 90: 121, n + 149: 199}
for i, j in twin.items():
    label[i] = label[j]
    for x in fields.values():
        x[i] = x[j] + (r.standard_normal(d) * .01).astype("f4")
def write(path, rows, **change):
    f = {"label": {"dtype": "i4", "shape": [], "nclass": c}}
    f.update({k: {"dtype": "f4", "shape": [d]} for k in fields})
    lab = change.get("label", label)
    tensorstream.write(path, f, [(f"{'ab'[i >= n]}/{i}", {"label": lab[i].astype("i4"), **{k: x[i] for k, x in fields.items()}})
                                 for i in rows])
write("a.tar", range(n)); write("b.tar", range(n, n + m))
fields["flat"] = features(.6)[:, :1] * np.ones(d, "f4")
guess = np.where(r.random(n + m) < .1, r.integers(c, size=n + m), label)
fields["tight"] = (means[guess] + .01 * r.standard_normal((n + m, d))).astype("f4")
for i, j in twin.items():
    for x in fields["flat"], fields["tight"]:
        x[i] = x[j]
write("flat-a.tar", range(n)); write("flat-b.tar", range(n, n + m)); del fields["flat"], fields["tight"]
shots = [(f"a/{j}", {"label": label[i].astype("i4"), **{k: (x[i] + (j >= n) * .01 * r.standard_normal(d)).astype("f4") for k, x in fields.items()}})
         for j, i in enumerate([*range(n), *twin.values(), *twin.values()])]
tensorstream.write("burst.tar", {"label": {"dtype": "i4", "shape": [], "nclass": c}, **{k: {"dtype": "f4", "shape": [d]} for k in fields}}, shots)
write("turned.tar", [*range(n + 1, n + m), n]); write("fewer.tar", range(n, n + m - 1)); write("copies.tar", sorted(twin))
other = label.copy(); other[n + 3] = (other[n + 3] + 1) % c
write("other.tar", range(n, n + m), label=other)
other = label.copy(); other[other == 2] = 1
write("lacking.tar", range(n), label=other)
other = label.copy(); other[other == 0] = 1
write("from-one.tar", range(n), label=other)

def unit(x, mean):
    x = x.astype("f8") - mean
    return x / np.linalg.norm(x, axis=1, keepdims=True)
keep = np.ones(m, bool); keep[[i - n for i in twin]] = False
for k, x in fields.items():
    mean = x[:n].mean(0, dtype="f8")
    s = unit(x[n:], mean) @ unit(x[:n], mean).T
    right = []
    for i in range(m):
        near = np.argsort(-s[i], kind="stable")[:20]
        votes = np.bincount(label[near], np.exp(s[i, near] / .07), c)
        right.append(votes.argmax() == label[n + i])
    p = np.linalg.svd(x[:n].astype("f8"), compute_uv=False); p /= p.sum()
    e = np.linalg.svd(x[:n] - mean, compute_uv=False)**2
    i = np.arange(4, min(d, 100) + 1)
    slope = np.polyfit(np.log(i), np.log(e[i - 1]), 1, w=np.sqrt(1 / i))[0]
    print(k, *np.round([100 * np.mean(np.array(right)[keep]), 100 * np.mean(right), np.exp(-(p * np.log(p)).sum()), -slope], 5), file=open("wanted", "a"))
END
verdict() { rl-verdict --train a.tar --test b.tar --quiet "$@"; }
row() { jq -r "[\"$1\", $2.knn, (.duplicates.with_them$3.knn), $2.RankMe, $2[\"alpha-ReQ\"]] | map(if type == \"number\" then . * 1e5 | round / 1e5 else . end) | join(\" \")" one.json; }

verdict --layer good --duplicates pixels weak=a.tar:b.tar:weak pixels=a.tar:b.tar:pixels --name "a row" >one.json 2>stderr
ok $? "rl-verdict"
is "$(jq -c '[.benchmark, .name, .answer, .layer, .features, (.against | map(.name))]' one.json)" \
	'["verdict","a row","better","good",24,["weak","pixels"]]' "one line of JSON that says what it is"
{ row good .metrics .metrics && row weak '.against[0].metrics' '.against[0].metrics' && row pixels '.against[1].metrics' '.against[1].metrics'; } >got
is "$(awk '{print $1, $2+0, $3+0, $4+0, $5+0}' got)" "$(awk '{print $1, $2+0, $3+0, $4+0, $5+0}' wanted)" \
	"votes, without and with near-duplicates, RankMe and alpha-ReQ are numpy's"
is "$(jq -c '.duplicates | [.by, .images, (.pairs | map(.[0:2]))]' one.json)" \
	'["pixels",5,[["b/207","a/12"],["b/219","a/3"],["b/220","a/55"],["b/290","a/121"],["b/349","a/199"]]]' "near-duplicates, and of which images"
jq -e '[.duplicates.pairs[][2]] | min > 0.999' one.json >/dev/null
ok $? "with their similarity"
jq -e '.duplicates.with_them.metrics.accuracy > .metrics.accuracy and
	(.duplicates.with_them.against[1].metrics.knn - .against[1].metrics.knn > 2)' one.json >/dev/null
ok $? "a score drops to what it is without them"
jq -e '.metrics.accuracy == (.metrics.knn + .metrics.probe) / 2 and
	(.against | all(.difference.accuracy.low < .difference.accuracy.points and .difference.accuracy.points < .difference.accuracy.high))' one.json >/dev/null
ok $? "accuracy is the mean of the two, in its interval"
jq -e '.metrics.accuracy as $a | .against | all((.difference.accuracy.points - ($a - .metrics.accuracy)) | fabs < 1e-6)' one.json >/dev/null
ok $? "the difference is that of the accuracies"
rl-cat --fields label,good a.tar >good-a.tar && rl-cat --fields label,good b.tar >good-b.tar
rl-linear exact --train good-a.tar --test good-b.tar --layers good --weight-decay 10,1,0.1,0.01,0.001,0.0001,0.00001 --quiet >exact.json 2>stderr
is "$(jq '[.duplicates.with_them.metrics.probe, .weight_decay]' -c one.json)" \
	"$(jq '[.metrics["good top-1"], .layers.good.weight_decay]' -c exact.json)" "the probe is rl-linear exact's"
is "$(jq -r .verdict one.json)" "$(jq -r '.against[0] as $o | .difference // $o.difference.accuracy as $d |
	def f: . * 10 | round / 10 | tostring | if test("[.]") then . else . + ".0" end;
	"better: \(.metrics.accuracy | f) % against \($o.metrics.accuracy | f) % of weak, +\($d.points | f) points (95 % sure: +\($d.low | f) to +\($d.high | f)); better than pixels; 5 of 150 images left out as near-duplicates"' one.json)" \
	"one line says it: against the baseline that is hardest, and the others"
strip='del(.provenance.command)'
for option in "--threads 1" "--threads 3"; do
	is "$(verdict --layer good --duplicates pixels weak=a.tar:b.tar:weak pixels=a.tar:b.tar:pixels --name "a row" $option | jq -S "$strip")" \
		"$(jq -S "$strip" one.json)" "the same with $option"
done
[ "$(verdict --layer good --duplicates pixels weak=a.tar:b.tar:weak pixels=a.tar:b.tar:pixels --seed 5 | jq .against[0].difference)" != "$(jq .against[0].difference one.json)" ]
ok $? "another seed, other resamples"
is "$(verdict --layer weak good=a.tar:b.tar:good | jq -r '[.answer, (.verdict | .[0:7]), .duplicates.by] | join(" ")')" "worse worse:  " \
	"the other way round: worse; near-duplicates are what all features take for the same image"
is "$(verdict --layer weak good=a.tar:b.tar:good pixels=a.tar:b.tar:pixels | jq -r '.verdict | split("; ")[1]')" "better than pixels" \
	"worse than one is worse, whatever the others"
is "$(verdict --layer good itself=a.tar:b.tar | jq -c '[.answer, (.against[0].difference.accuracy | map(. == 0))]')" '["same",[true,true,true]]' \
	"against themselves: the same"
is "$(verdict --layer good --similar 2 weak=a.tar:b.tar:weak | jq -c '[.duplicates.images, .duplicates.pairs, .duplicates.with_them]')" '[0,[],null]' \
	"nothing is like anything above 1"

# ---- errors -------------------------------------------------------------------------------------
fails 2 "--train and --test are needed" "no test" rl-verdict --train a.tar x=a.tar:b.tar
fails 2 "nothing to compare with" "no baseline" verdict
for word in weak weak= =a.tar:b.tar weak=a.tar weak=a.tar: weak=:b.tar; do
	fails 2 "$word: want NAME=TRAIN:TEST" "baseline $word" verdict "$word"
done
is "$(verdict --layer good weak=a.tar:b.tar:weak $'p\xff=a.tar:b.tar:pixels' | jq -c '[(.verdict | contains("; better than p%FF;")), (.provenance.against | keys)]')" \
	'[true,["p%FF","weak"]]' "a name that is not UTF-8"
fails 2 "weak: twice" "a name twice" verdict weak=a.tar:b.tar weak=a.tar:b.tar
fails 2 "more than 32 baselines" "many" verdict $(seq -f 'n%g=a.tar:b.tar' 33)
fails 2 "--duplicates: dots: no such baseline" "near-duplicates by nothing" verdict --duplicates dots weak=a.tar:b.tar
fails 2 "--similar: 3: must be" "no cosine" verdict --similar 3 weak=a.tar:b.tar
fails 1 "a.tar: no field avgpool" "no such layer" verdict weak=a.tar:b.tar
fails 1 "a.tar: no field bad" "no such layer of a baseline" verdict --layer good weak=a.tar:b.tar:bad
fails 1 "c.tar: open" "no such file" verdict --layer good weak=c.tar:b.tar
fails 1 "turned.tar: sample 0 is b/201, in b.tar b/200: not the same images" "another order" verdict --layer good weak=a.tar:turned.tar
fails 1 "fewer.tar: 149 images, in b.tar 150" "fewer images" verdict --layer good weak=a.tar:fewer.tar
fails 1 "other.tar: b/203 is of class 4, in b.tar of 3" "another class" verdict --layer good weak=a.tar:other.tar
fails 1 "lacking.tar: no row of class 2" "a class that cannot be learned" verdict --layer good weak=lacking.tar:b.tar
fails 1 "from-one.tar: no row of class 0: its bias has no optimum: classes count from 0" "classes from 1" \
	verdict --layer good weak=from-one.tar:b.tar
fails 1 "copies.tar: every image is like one in a.tar: nothing to test on" "near-duplicates alone" \
	rl-verdict --train a.tar --test copies.tar --layer good weak=a.tar:copies.tar:weak
rl-cat --slice 7:9 b.tar >two.tar
fails 1 "two.tar: one image to test on: how sure its verdict is takes two" "all but one" \
	rl-verdict --train a.tar --test two.tar --layer good --duplicates pixels pixels=a.tar:two.tar:pixels
is "$(rl-verdict --train flat-a.tar --test flat-b.tar --layer flat itself=flat-a.tar:flat-b.tar --quiet |
	jq -c '[.answer, .duplicates.images]')" '["same",0]' "collapsed features tell no image from another"
is "$(rl-verdict --train flat-a.tar --test flat-b.tar --layer flat weak=flat-a.tar:flat-b.tar:weak --quiet |
	jq -c '[.answer, .duplicates.by, .duplicates.images]')" '["worse",null,5]' "nor keep others from telling"
verdict --layer good --duplicates weak --similar 0.6 weak=a.tar:b.tar:weak >many.json 2>stderr
is "$? $(cat stderr)" "0 rl-verdict: b.tar: $(jq '.duplicates.images | select(. > 15 and . < 150)' many.json) of 150 images are like one in a.tar and left out" \
	"many that are left out are told of"
is "$(rl-verdict --train burst.tar --test b.tar --layer good weak=burst.tar:b.tar:weak pixels=burst.tar:b.tar:pixels --quiet | jq .duplicates.images)" 5 \
	"three shots of a burst, of which each feature takes another for the nearest"
for side in "--layer tight weak=flat-a.tar:flat-b.tar:weak" "--layer weak tight=flat-a.tar:flat-b.tar:tight"; do
	rl-verdict --train flat-a.tar --test flat-b.tar $side --quiet
done | jq -s -c 'map(.answer, .duplicates.images)' >sides
is "$(cat sides)" '["better",5,"worse",5]' "features that gather classes in points leave out none that others can tell, on either side"
fails 1 "a.tar: the same data as a.tar" "testing on what was trained on" rl-verdict --train a.tar --test a.tar --layer good weak=a.tar:b.tar
cat a.tar b.tar >ab.tar
fails 1 "b.tar: 150 images are in ab.tar, too" "with some of it" rl-verdict --train ab.tar --test b.tar --layer good weak=a.tar:b.tar
head -c 20000 b.tar >cut.tar
fails 1 "cut.tar: truncated" "a cut stream" rl-verdict --train a.tar --test cut.tar --layer good weak=a.tar:b.tar
fails 1 "stdout: write" "a full disk" sh -c 'rl-verdict --train a.tar --test b.tar --layer good weak=a.tar:b.tar:weak --quiet >/dev/full'

# ---- through the real pipe ----------------------------------------------------------------------
rl-synth --out photos --layout imagefolder --images 60 --val 40 --size 96x80 --seed 4 --categories car,house,dog --quiet
for s in train val; do
	rl-list imagefolder photos/$s | rl-decode --size 64x64 --quiet >$s.images
	rl-baseline --quiet <$s.images >$s.plain 2>stderr
	for seed in 1 2; do
		rl-extract --random-init $seed --arch resnet18 --width 8 --layers avgpool --quiet <$s.images >$s.$seed
	done
done
is "$(tar xOf val.plain __rl__/head.json | jq -c '[.kind, .fields]')" \
	"$(tar xOf val.images __rl__/head.json | jq -c '["features", (.fields | del(.image) + {"pixels": {"dtype": "f4", "shape": [768]}, "colours": {"dtype": "f4", "shape": [512]}})]')" \
	"rl-baseline: pixels and colours instead of the image"
mkdir plain && tar xf val.plain -C plain && tar xf val.images -C plain
(cd plain && /usr/bin/python3 -c "
import glob, numpy as np
worst, n = 0, 0
for f in glob.glob('**/*.image.npy', recursive=True):
    x = np.load(f); n += 1
    small = x.reshape(16, 4, 16, 4, 3)
    h = np.bincount((x.astype(int) // 32 @ [64, 8, 1]).ravel(), minlength=512) / (64 * 64)
    worst = max(worst, np.abs(np.sqrt(h) - np.load(f.replace('image', 'colours'))).max())
    p = np.load(f.replace('image', 'pixels')).reshape(16, 16, 3)
    assert p.min() >= 0 and p.max() <= 1 and np.abs(p - small.mean((1, 3)) / 255).max() < .25, f
    assert np.abs(p.mean((0, 1)) - x.mean((0, 1)) / 255).max() < .02, f
assert n == 40 and worst < 1e-6, (n, worst)") 2>stderr
ok $? "which are numpy's histogram, and the image made small"
rl-verdict --train train.1 --test val.1 --similar 2 untrained=train.2:val.2 --quiet >two.json 2>stderr
is "$? $(jq -r .answer two.json)" "0 same" "one untrained network against another: the same"
fails 2 "unexpected operand" "rl-baseline reads standard input" rl-baseline val.images
fails 1 "no field image" "no images" rl-baseline <val.plain
done_testing
