# rl-knn among patches of images, and sheets of neighbours and finds by rl-draw.
. "$(dirname "$0")/tap.sh"

PYTHONPATH=$top/tests/filters /usr/bin/python3 - <<'END'
import numpy as np
from tensorstream import write
rng = np.random.default_rng(3)
def patches(name, prefix, images, d=7):
    fields = {"label": {"dtype": "i4", "shape": []}, "places": {"dtype": "f4", "shape": ["M", 4]},
              "avgpool": {"dtype": "f4", "shape": ["M", d]}}
    samples = []
    for i in range(images):
        m = rng.integers(1, 30)
        at = np.stack([rng.permutation(100)[:m], rng.integers(0, 100, m)], 1)
        samples.append((f"{prefix}{i}", {"label": np.array(i % 3, "i4"), "avgpool": rng.standard_normal((m, d)).astype("f4"),
                                         "places": np.concatenate([at, at + 32], 1).astype("f4")}))
    write(name, fields, samples, kind="patchfeatures")
patches("a.tar", "a", 40)
patches("b.tar", "b", 9)
patches("wide.tar", "w", 9, 8)
END
cat >check.py <<'END'
"""The neighbours that there must be, by numpy: DATABASE QUERIES K FLAGS of rl-knn; lines on standard input."""
import json, sys
import numpy as np
from tensorstream import read
a, b = read(sys.argv[1]), read(sys.argv[2])
k, flags = int(sys.argv[3]), sys.argv[4:]
rows = [(key, s["places"][i], s["avgpool"][i].astype("f8")) for key, s in a for i in range(len(s["places"]))]
x = np.stack([r[2] for r in rows])
mean, cov = x.mean(0), np.cov(x.T, bias=True)
def ready(v):
    if "--whiten" in flags:
        v = np.linalg.solve(np.linalg.cholesky(cov + 1e-5 * np.trace(cov) / len(cov) * np.eye(len(cov))), (v - mean).T).T
    return v / np.linalg.norm(v, axis=-1, keepdims=True)
x = ready(x)
wrong = 0
got = [json.loads(line) for line in sys.stdin]
want = [(key, s["places"][i], s["avgpool"][i].astype("f8")) for key, s in b for i in range(len(s["places"]))]
for g in got:
    key, place, v = next(w for w in want if w[0] == g["key"] and w[1].tolist() == g["place"])
    s, seen, best = x @ ready(v), set(), []
    for j in np.argsort(-s):
        if "--leave-self-out" in flags and rows[j][0] == key or "--images-once" in flags and rows[j][0] in seen:
            continue
        seen.add(rows[j][0])
        best.append(j)
        if len(best) == k:
            break
    wrong += [(n[0], n[2]) for n in g["neighbours"]] != [(rows[j][0], rows[j][1].tolist()) for j in best]
    wrong += not np.allclose([n[1] for n in g["neighbours"]], s[best], atol=1e-4 if "--whiten" in flags else 1e-6)
print(len(got), len(want), wrong)
END
export PYTHONPATH=$top/tests/filters
n=$(/usr/bin/python3 -c 'from tensorstream import read; print(sum(len(s["places"]) for _, s in read("b.tar")))')
for flags in "" --whiten --images-once "--images-once --whiten --batch 7"; do
	is "$(rl-knn --train a.tar --test b.tar --neighbours 5 $flags --quiet | /usr/bin/python3 check.py a.tar b.tar 5 $flags)" "$n $n 0" \
		"the neighbours of every patch${flags:+ with $flags}, as numpy finds them"
done
n=$(/usr/bin/python3 -c 'from tensorstream import read; print(sum(len(s["places"]) for _, s in read("a.tar")))')
for flags in --leave-self-out "--leave-self-out --images-once --threads 3"; do
	is "$(rl-knn --train a.tar --test a.tar --neighbours 4 $flags --quiet | /usr/bin/python3 check.py a.tar a.tar 4 $flags)" "$n $n 0" \
		"none of its own image with $flags"
done
rl-knn --train a.tar --test a.tar --neighbours 4 --leave-self-out --quiet >all
rl-knn --train a.tar --test a.tar --neighbours 4 --leave-self-out --queries 30 --quiet >some
is "$(wc -l <some) $(grep -cxFf some all)" "30 30" "--queries: so many of them, with the same neighbours"
is "$(grep -nxFf some all | cut -d: -f2- | cmp - some && echo same)" same "in their order"
[ "$(jq -r .key some | sort -u | wc -l)" -gt 10 ]
ok $? "of many images"
rl-knn --train a.tar --test a.tar --neighbours 4 --leave-self-out --queries 30 --seed 1 --quiet | cmp -s - some
[ $? -eq 1 ]
ok $? "another seed draws others"
is "$(rl-knn --train a.tar --test a.tar --neighbours 4 --leave-self-out --queries 100000 --quiet | cmp - all && echo same)" same \
	"all where there are not so many"

fails 1 "b.tar: patches do not vote: --neighbours lists theirs" "votes of patches" rl-knn --train a.tar --test b.tar --k 1
fails 2 "--queries and --images-once are for --neighbours" "votes of some" rl-knn --train a.tar --test b.tar --queries 2
fails 2 "--queries and --images-once are for --neighbours" "votes of images, each once" rl-knn --train a.tar --test b.tar --images-once
fails 2 "--seed is for --queries" "a seed of nothing" rl-knn --train a.tar --test b.tar --neighbours 2 --seed 1
fails 1 "a.tar: 41 neighbours wanted of b0, but there are 40 images" "more neighbours than images" \
	rl-knn --train a.tar --test b.tar --neighbours 41 --images-once --quiet
fails 1 "wide.tar: avgpool has 8 features, in a.tar 7" "patches of other features" rl-knn --train a.tar --test wide.tar --neighbours 2 --quiet
PATH=$PATH:${RL_BIN:-$top/bin}/../obj/tests
make-features 1 20 5 avgpool=7 label >whole.tar
fails 1 "b.tar: features of patches, in whole.tar of whole images" "patches among images" rl-knn --train whole.tar --test b.tar --neighbours 2 --quiet
fails 1 "whole.tar: features of whole images, in a.tar of patches" "images among patches" rl-knn --train a.tar --test whole.tar --neighbours 2 --quiet

# ---- sheets -------------------------------------------------------------------------------------
/usr/bin/python3 - <<'END'
import numpy as np
from tensorstream import write
shade = np.zeros((60, 80, 3), "u1")
shade[...] = np.arange(80, dtype="u1")[None, :, None] * 3
write("images.tar", {"image": {"dtype": "u1", "shape": ["H", "W", 3]}},
      [(k, {"image": v}) for k, v in [("d", shade), ("c", np.full((60, 80, 3), 30, "u1")), ("other", shade), ("a/b", np.full((40, 40, 3), 200, "u1"))]])
END
look() { /usr/bin/python3 -c "import numpy; p = numpy.load('npy')[0].astype(int); print($1)"; }
pixels() { echo "$1" | rl-decode --quiet | rl-cat --npy image >npy; }
red="(numpy.abs(p - [255, 51, 51]).max(-1) <= 40)"
cat >lines <<'END'
{"key":"d","place":[20,10,40,30],"neighbours":[["a/b",0.912,[0,0,20,20]],["c",0.5,[60,40,80,60]]]}
{"key":"c","place":[0,0,20,20],"neighbours":[["d",0.25,[20,20,40,40]]]}
END
rl-draw --sheet sheet.png --rows lines --columns 3 --tile 80 <images.tar 2>stderr
is $? 0 "a sheet of neighbours"
pixels sheet.png
is "$(look "p.shape[1]")" "$((6 + 3 * 86))" "of as many columns"
is "$(look "abs(p[8:80, 6:86, 0].min(0)[[2, 18, 62, 78]] - [33, 57, 123, 147]).max() <= 3")" True \
	"a patch is cut out with half its side around it, and enlarged to the tile"
is "$(look "$red[6:86, 6:86].nonzero()[1].min(), $red[6:86, 6:86].nonzero()[1].max(), $red[6:86, 92:172].any(0).sum() > 40")" "20 59 True" \
	"and framed, as its neighbours are"
cat >finds <<'END'
{"find":1,"key":"c","box":[10,10,50,50],"images":[{"key":"d","box":[-10,20,30,60],"e":0.25},{"key":"a/b","box":[0,0,20,20],"e":0.75}]}
{"find":2,"key":"a/b","box":[10,10,30,30],"images":[{"key":"c","box":[0,0,20,20],"e":0.5}]}
END
rl-draw --sheet sheet.png --rows finds --columns 3 --tile 80 <images.tar 2>stderr
is $? 0 "a sheet of finds"
pixels sheet.png
is "$(look "(p[16:76, 6:86][:, [0, 79]] == 30).all(), $red[16:76, 6:86].nonzero()[1].min(), $red[16:76, 6:86].nonzero()[1].max()")" "True 10 49" \
	"whole images, with their boxes"
is "$(look "$red[16:76, 92:172].nonzero()[1].max()")" 29 "which may reach beyond them"
cp sheet.png first.png
{ rl-cat --slice 2:4 images.tar; rl-cat --slice 0:2 images.tar; } | rl-draw --sheet sheet.png --rows finds --columns 3 --tile 80
cmp -s sheet.png first.png
ok $? "images come in any order"
rl-draw --sheet narrow.png --rows finds --columns 2 --tile 80 <images.tar && pixels narrow.png
is "$(look "p.shape[1]")" "$((6 + 2 * 86))" "no more than there are columns"
rl-knn --train whole.tar --test whole.tar --neighbours 2 --quiet | head -1 | jq -c '.key = "c" | .neighbours[][0] = "d"' >bare
rl-draw --sheet sheet.png --rows bare --columns 3 --tile 80 <images.tar
ok $? "neighbours without places: whole images"
fails 1 "/dev/null: no rows" "no lines" rl-draw --sheet empty.png --rows /dev/null <images.tar
[ ! -e empty.png ]
ok $? "give no sheet"
rl-draw --sheet sheet.png --rows lines --tile 80 <images.tar && pixels sheet.png
is "$(look "p.shape[1]")" "$((6 + 3 * 86))" "as many columns as the longest line has"
jq -c '.neighbours += [range(20) as $i | ["d", 0.1, [0, 0, 20, 20]]]' lines >many
rl-draw --sheet sheet.png --rows many --tile 80 <images.tar && pixels sheet.png
is "$(look "p.shape[1]")" "$((6 + 11 * 86))" "but eleven at most"

# Places that count the cells of a grid: each of the 8 x 6 cells has a colour of its own, and an image has 160 x 60 or
# 80 x 120 pixels.  Tokens are alike where their cells are.
/usr/bin/python3 - <<'END'
import numpy as np
from tensorstream import write
cells = np.stack([*np.meshgrid(np.arange(8) * 30 + 20, np.arange(6) * 40 + 20), np.zeros((6, 8))], -1).astype("u1")
write("cells.tar", {"image": {"dtype": "u1", "shape": ["H", "W", 3]}},
      [(f"i{i}", {"image": cells.repeat([10, 20][i % 2], 0).repeat([20, 10][i % 2], 1)}) for i in range(4)])
np.save("tokens.npy", np.eye(48, dtype="f4") * np.ones((4, 1, 1), "f4"))
END
printf 'i%s\n' 0 1 2 3 >list
rl-cat --import tokens.npy --list list --grid 8x6 >tokens.tar
cat >frames.py <<'END'
"""Of a sheet of tiles of 80 in ./npy and its lines: how many frames, and how many that have the colours of their cells
inside, at the first and the last row and column."""
import json, sys
import numpy as np
p, frames, right = np.load("npy")[0].astype(int), 0, 0
gap = (p[:, 6:-6] == 255).all((1, 2))
tops = [t for t in range(1, len(p)) if gap[t - 1] and not gap[t]][::2]
for line, top in zip(open(sys.argv[1]), tops):
    line = json.loads(line)
    boxes = [n[2] for n in [[0, 0, line["place"]], *line["neighbours"]]] if "neighbours" in line else \
        [n["box"] for n in [line, *line["images"]]]
    for i, box in enumerate(boxes):
        tile = p[top:top + 80, 6 + 86 * i:86 + 86 * i]
        y, x = ((tile[..., 2] > 0) & (tile[..., 2] < 255)).nonzero()  # blue is in the frame alone
        inside = tile[y.min() + 4:y.max() - 3, x.min() + 4:x.max() - 3]
        want = [[20 + 30 * a, 20 + 40 * b, 0] for a, b in ((box[0], box[1]), (box[2] - 1, box[3] - 1))]
        frames += 1
        right += abs(inside[[0, -1], [0, -1]] - want).max() < 8  # cells differ by 30 and 40
print(frames, right)
END
rl-knn --train tokens.tar --test tokens.tar --neighbours 3 --queries 9 --leave-self-out --images-once --quiet >near
is "$(jq -c '.place as $p | [.grid, all(.neighbours[]; .[2] == $p)]' near | sort -u)" '[[8,6],true]' "lines of tokens say what grid their places count in"
rl-draw --quiet --sheet sheet.png --rows near --tile 80 <cells.tar 2>stderr && pixels sheet.png
is "$(/usr/bin/python3 frames.py near)" "36 36" "and each has its own part of the image"
rl-discover --fdr 1 --constellations 20 --quiet tokens.tar >tokens.finds 2>stderr
is "$(jq -c '[.grid, (.images | length)]' tokens.finds | sort -u)" "[[8,6],3]" "finds among tokens say it, too"
rl-draw --quiet --sheet sheet.png --rows tokens.finds --tile 80 <cells.tar 2>stderr && pixels sheet.png
is "$(/usr/bin/python3 frames.py tokens.finds)" "$((4 * $(wc -l <tokens.finds))) $((4 * $(wc -l <tokens.finds)))" "and their boxes are where they should be"
rl-cat --import tokens.npy --list list --grid 6x8 >other.tar
fails 1 "other.tar: places count in another grid than in tokens.tar" "tokens of another grid" \
	rl-knn --train tokens.tar --test other.tar --neighbours 2 --quiet
sed 's/"grid": \[8, 6\]/"grid": [8, 0]/; s/"grid":\[8,6\]/"grid":[8,0]/' tokens.tar >zero.tar
fails 1 'zero.tar: "grid" is not two whole numbers from 1' "no grid in a head" rl-knn --train zero.tar --test zero.tar --neighbours 2 --quiet

wrong() { # LINE TEXT NAME
	echo "$1" >bad
	fails 1 "$2" "$3" rl-draw --sheet x.png --rows bad <images.tar
}
wrong '{"key":"c"' "bad:1: not JSON" "a line that is none"
wrong '{"images":[]}' 'bad:1: no member "key"' "no key"
wrong '{"key":"c"}' 'bad:1: neither "neighbours" nor "images" is there' "a line of something else"
wrong '{"key":"c","neighbours":[["d"]]}' 'bad:1: neighbours[0] is not a key and a similarity' "a neighbour without a similarity"
wrong '{"key":"c","neighbours":[["d",0.5,[1,2,3]]]}' 'bad:1: "box" or place is not four numbers' "a short place"
wrong '{"key":"c","images":[{"key":"d","e":0.5}]}' 'bad:1: no member "box"' "a find without a box"
wrong '{"key":"c","images":[{"key":"d","box":[9,0,1,1],"e":0.5}]}' 'bad:1: the box is inside out' "a box inside out"
wrong '{"key":"c","images":[{"key":"z","box":[0,0,1,1],"e":0.5}]}' 'bad: image z is not in the stream' "an image that is not there"
for grid in 8 '[8]' '[8,0]' '[8,6,1]' '[8.0,6]'; do
	wrong '{"key":"c","grid":'$grid',"neighbours":[["d",0.5]]}' 'bad:1: "grid" is not two whole numbers from 1' "the grid $grid"
done
for flags in "--out x" "--out x --sheet y.png" "--sheet x.png --count 2" "--sheet x.png --predictions bad"; do
	fails 2 "--rows is for --sheet, without --out, --predictions and --count" "--rows with $flags" rl-draw --rows finds $flags <images.tar
done
done_testing
