# Describe the machine and what computes on it, as one JSON object; nothing is changed.
set -euo pipefail
cpu() { lscpu | sed -n "s/^$1: *//p" | head -1; }
verbose=$(ONEDNN_VERBOSE=1 "$FLOOR/conv-floor" --arch resnet18 --width 8 --images 1 --size 32 |
	grep '^onednn_verbose' | head -20)
said() { sed -n "s/^onednn_verbose,.*info,$1//p" <<<"$verbose" | head -1; }
flags=$(grep -oE -m1 '^flags.*' /proc/cpuinfo | tr ' ' '\n' | grep -E '^(avx|fma|amx|f16c)' | sort -u | tr '\n' ' ')
governor=$(cat /sys/devices/system/cpu/cpu0/cpufreq/scaling_governor 2>/dev/null || true)
variables=$(env | grep -E '^(OMP|GOMP|OPENBLAS|ONEDNN|DNNL|MKL|MALLOC)_' | jq -R 'capture("(?<key>[^=]*)=(?<value>.*)")' |
	jq -s from_entries)
jq -n --arg cpu "$(cpu 'Model name')" --argjson cores "$(nproc)" --arg l3 "$(cpu 'L3 cache')" --arg flags "${flags% }" \
	--arg memory "$(sed -n 's/^MemTotal: *//p' /proc/meminfo)" --arg kernel "$(uname -sr)" \
	--arg onednn "$(said 'oneDNN v')" --arg isa "$(said 'cpu,isa:')" --arg governor "$governor" \
	--argjson gemm "$("$FLOOR/gemm" 2048 "$THREADS")" --arg compiler "$(cc --version | head -1)" \
	--argjson environment "$variables" \
	'{$cpu, $cores, $l3, $memory, $flags, $kernel, governor: ($governor | if . == "" then null else . end),
	  oneDNN: $onednn, oneDNN_isa: $isa, OpenBLAS: $gemm.openblas, OpenBLAS_kernel: $gemm.kernel,
	  sgemm_gflop_per_s: $gemm.gflop_per_s, $compiler, $environment}'
