# TAP for the shell tests.  A test starts with
#	. "$(dirname "$0")/tap.sh"
# runs in a scratch directory with the built programs first in PATH, and ends with `done_testing`.
# $top is the checkout.  Nothing here may need the network or data outside the checkout.
set -u
top=$(cd "$(dirname "$0")/../.." && pwd)
PATH=${RL_BIN:-$top/bin}:$PATH
# Waiting threads sleep: several programs of a pipe share few cores here.
export PATH LC_ALL=C OMP_NUM_THREADS=2 OMP_WAIT_POLICY=passive PYTHONDONTWRITEBYTECODE=1
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT
cd "$scratch" || exit 1
tap_count=0 tap_failed=0

# ok STATUS NAME: the workhorse, e.g.  cmp -s a b; ok $? "the bytes agree"
ok() {
	tap_count=$((tap_count + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $tap_count - $2"
	else
		tap_failed=1
		echo "not ok $tap_count - $2"
		[ ! -s stderr ] || sed 's/^/# /' stderr
	fi
}

# is GOT WANTED NAME
is() {
	[ "$1" = "$2" ]
	ok $? "$3"
	[ "$1" = "$2" ] || printf '# got:    %s\n# wanted: %s\n' "$1" "$2"
}

# fails STATUS TEXT NAME COMMAND...: the command must exit with STATUS (so a crash by signal fails), in
# one line on stderr that contains TEXT.  Standard input is the caller's; standard output goes to ./stdout.
fails() {
	tap_want=$1 tap_text=$2 tap_name=$3
	shift 3
	"$@" >stdout 2>stderr
	tap_got=$?
	mapfile tap_said <stderr
	[ $tap_got -eq "$tap_want" ] && [ ${#tap_said[@]} -eq 1 ] && [[ ${tap_said[0]} == *"$tap_text"*$'\n' ]]
	ok $? "$tap_name"
	[ $tap_got -eq "$tap_want" ] || echo "# exit status $tap_got, wanted $tap_want"
}

# tensors FILE: a hash of what a safetensors file holds, but for its head, which has the arguments.
tensors() { tail -c +$((9 + $(od -An -td8 -N8 "$1"))) "$1" | sha256sum; }

skip() {
	tap_count=$((tap_count + 1))
	echo "ok $tap_count - $1 # SKIP $2"
}

# sanitized: whether these programs were built with sanitizers.  plain_only WHAT WHY ends a test that says no more of them.
sanitized() { case ${RL_BIN:-} in */sanitize/bin) ;; *) false ;; esac; }
plain_only() {
	! sanitized || { skip "$1" "$2" && done_testing; }
}

done_testing() {
	echo "1..$tap_count"
	exit $tap_failed
}
