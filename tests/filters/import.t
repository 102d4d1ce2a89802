# rl-cat --import: features from elsewhere become a stream.
. "$(dirname "$0")/tap.sh"

/usr/bin/python3 - <<'END'
import numpy as np
x = np.random.default_rng(1).standard_normal((5, 7))
x[0, 0], x[1, 2] = 2.0**-24, -60000  # the smallest half, and a large one
for t in "f2", "f4", "f8":
    np.save(f"{t}.npy", x.astype(t))
    np.save(f"{t}.wanted.npy", x.astype(t).astype("f4"))
np.save("tokens.npy", np.arange(5 * 6 * 4, dtype="f2").reshape(5, 6, 4))
np.save("i4.npy", x.astype("i4"))
np.save("big.npy", x.astype(">f4"))
for name, at, value in ("large.npy", (3, 5), 1e300), ("nan.npy", (1, 0), np.nan), ("infinite.npy", (0, 6), -np.inf):
    y = x.copy()
    y[at] = value
    np.save(name, y)
y = np.zeros((5, 6, 4), "f2")
y[4, 3, 2] = np.inf
np.save("token.npy", y)
np.save("fortran.npy", np.asfortranarray(x))
np.save("row.npy", x[0])
np.save("objects.npy", np.array([[None]]), allow_pickle=True)
END
printf '%s\n' a/1.jpg 'a/2 3.png' '' a/4 b/5.x.jpg b/6 >keys
printf '%s\t%s\n' a/1.jpg 0 a/2.jpg 0 b/3.jpg 2 b/4.jpg 1 b/5.jpg 2 >classes

for t in f2 f4 f8; do
	rl-cat --import $t.npy --list keys >$t.tar 2>stderr && rl-cat --npy avgpool $t.tar >back.npy 2>>stderr &&
		/usr/bin/python3 -c "import numpy as np; a, b = np.load('back.npy'), np.load('$t.wanted.npy')
assert a.dtype == b.dtype and a.shape == b.shape and (a == b).all()" 2>>stderr
	ok $? "rows of $t come through"
done
tar xOf f4.tar __rl__/head.json >head.json
is "$(jq -c '[.kind, (.fields | keys), .samples]' head.json)" '["features",["avgpool"],5]' "as features"
is "$(tar tf f4.tar | grep -v __rl__ | paste -sd' ')" \
	"a/1.avgpool.npy a/2 3.avgpool.npy a/4.avgpool.npy b/5%2Ex.avgpool.npy b/6.avgpool.npy" "under the keys of the list"
is "$(jq -r '.history[0].inputs[].sha256' head.json | paste -sd' ')" "$(sha256sum f4.npy keys | cut -c1-64 | paste -sd' ')" \
	"with the hashes of both files"
rl-cat --import f4.npy --list classes --field feat4 >labelled.tar
is "$(tar xOf labelled.tar __rl__/head.json | jq -c '[.fields.label.nclass, .fields.feat4.shape]')" "[3,[7]]" "classes and another name"
is "$(rl-cat --npy label labelled.tar | tail -c 20 | od -An -td4 | xargs)" "0 0 2 1 2" "the classes are those of the list"
sed 's/$/\r/' classes >crlf
rl-cat --import f4.npy --list crlf --field feat4 | rl-cat --npy label | cmp -s - <(rl-cat --npy label labelled.tar)
ok $? "a list from elsewhere, too"
rl-knn --train labelled.tar --test labelled.tar --layer feat4 --k 1 --leave-self-out >knn.json 2>stderr
ok $? "and other programs read it"

rl-cat --import tokens.npy --list classes --grid 3x2 >tokens.tar 2>stderr
is "$? $(tar xOf tokens.tar __rl__/head.json | jq -c '[.kind, (.fields | map_values(.shape))]')" \
	'0 ["patchfeatures",{"label":[],"size":[2],"places":[6,4],"avgpool":[6,4]}]' "patches of a grid, 3 across and 2 down"
is "$(rl-info --head <tokens.tar | jq -c .fields.places.grid)" "[3,2]" "as the head says"
PYTHONPATH=$top/tests/filters /usr/bin/python3 -c "
import numpy as np, tensorstream
s = tensorstream.read('tokens.tar')
assert [k for k, _ in s] == ['a/1', 'a/2', 'b/3', 'b/4', 'b/5']
for i, (_, a) in enumerate(s):
    assert a['size'].tolist() == [2, 3] and (a['avgpool'] == np.load('tokens.npy')[i]).all() and a['avgpool'].dtype == 'f4'
    assert a['places'].tolist() == [[x, y, x + 1, y + 1] for y in range(2) for x in range(3)]" 2>stderr
ok $? "row by row, each cell a place"
rl-knn --train tokens.tar --test tokens.tar --neighbours 2 >patches.json 2>stderr
ok $? "which patches are searched like others"

# ---- errors -------------------------------------------------------------------------------------
import() { rl-cat --import "${2:-f4.npy}" --list "$1" "${@:3}"; }
fails 2 "--import and --list: one needs the other" "no list" rl-cat --import f4.npy
fails 2 "--import and --list: one needs the other" "only a list" rl-cat --list keys
fails 2 "--field and --grid are for --import" "a name for nothing" rl-cat --field feat4 f4.tar
fails 2 "--field and --grid are for --import" "a grid for nothing" rl-cat --grid 2x2 f4.tar
fails 2 "--grid: 0: must be" "no grid" rl-cat --import tokens.npy --list keys --grid 0x3
for more in f4.tar "--npy avgpool" "--fields avgpool" "--slice 1:"; do
	fails 2 "--import: nothing else" "an import and $more" import keys f4.npy $more
done
fails 1 "none.npy: open" "no such matrix" import keys none.npy
fails 1 "none: open" "no such list" import none
fails 1 "keys: not a .npy array" "no matrix" import keys keys
for other in i4 big objects; do
	fails 1 "$other.npy: numbers are not <f2, <f4 or <f8: numpy's astype" "other numbers: $other" import keys $other.npy
done
fails 1 "large.npy: row 3, column 5: 1e+300 is not a finite number, or too large for f4" "too large a number" import keys large.npy
fails 1 "nan.npy: row 1, column 0: nan is not a finite number" "no number" import keys nan.npy
fails 1 "infinite.npy: row 0, column 6: -inf is not a finite number" "an infinite one" import keys infinite.npy
fails 1 "token.npy: row 4, cell 3, column 2: inf is not a finite number" "one of a grid" import keys token.npy --grid 3x2
fails 1 "fortran.npy: Fortran order" "columns first" import keys fortran.npy
fails 1 "row.npy: not a matrix of rows and features" "one dimension" import keys row.npy
fails 1 "tokens.npy: not a matrix of rows and features" "three" import keys tokens.npy
fails 1 "f4.npy: not a matrix of rows, cells and features" "two, with a grid" import keys f4.npy --grid 3x2
fails 1 "tokens.npy: 6 cells an image, but the grid has 9" "another grid" import keys tokens.npy --grid 3x3
head -c 5 f4.npy >short.npy
fails 1 "short.npy: not a .npy array" "cut in its first bytes" import keys short.npy
head -c 60 f4.npy >short.npy
fails 1 "short.npy: cut short" "cut in its header" import keys short.npy
head -c -3 f4.npy >short.npy
fails 1 "short.npy: cut short in row 4" "cut in its rows" import keys short.npy
(cat f4.npy; printf x) >long.npy
fails 1 "long.npy: more bytes than its header says" "too many bytes" import keys long.npy
head -4 keys >few
fails 1 "few: 3 lines, but f4.npy has 5 rows" "too few lines" import few
(cat keys; echo c/7) >many
fails 1 "many:7: more lines than f4.npy has rows, which is 5" "too many" import many
(head -4 classes; echo b/5.jpg) >some
fails 1 "some:5: no class, which the first line has" "a class in some lines" import some
(head -5 keys; printf 'b/6\t1\n') >some
fails 1 "some:6: a class, which the first line has not" "in others" import some
for class in x -1 '' 1.5 99999999999; do
	(head -4 classes; printf 'b/5\t%s\n' "$class") >wrong
	fails 1 "wrong:5: class $class is not a number from 0 to 16777215" "class '$class'" import wrong
done
(head -5 keys; echo a/1.png) >again
fails 1 'again:6: key "a/1" again, which again:1 has: a key names one image' "an image twice" import again
(head -4 keys; echo /; echo b) >wrong
fails 1 "cannot be a sample's key" "a line that can be no key" import wrong
fails 1 "Feat: not a field name" "no name" import keys f4.npy --field Feat
done_testing
