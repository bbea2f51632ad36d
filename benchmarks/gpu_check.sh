#!/bin/bash
# What one CUDA card does: builds the package in place, checks the kernels, and measures, in less than eight minutes.
#
#     benchmarks/gpu_check.sh [DATA [RESULTS]]      ../shared/data, a folder for the measurements
#
# Needs a card and its driver, Python with Cython, numpy, scipy, safetensors, cuda-bindings and NVRTC, a C compiler, and the data
# folder with english_17m.txt.xz and eval/. Without a card it builds, says so and ends with an error.
set -euo pipefail
cd "$(dirname "$0")/.."
data=${1:-${FASTW2V_DATA:-../shared/data}} results=${2:-${OUT:-$(mktemp -d)}}
python=${PYTHON:-python3}
export PYTHONPATH=$PWD${PYTHONPATH:+:$PYTHONPATH} PYTHONUNBUFFERED=1
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
export FASTW2V_CACHE=$work/cache
begin=$SECONDS

echo "== build"
$python setup.py -q build_ext --inplace > "$work/build.log" 2>&1 || { tail -20 "$work/build.log"; exit 1; }
xz -dck "$data/english_17m.txt.xz" > "$work/text.txt" 2>/dev/null ||
    $python -c "import lzma,shutil,sys; shutil.copyfileobj(lzma.open(sys.argv[1]), open(sys.argv[2], 'wb'))" "$data/english_17m.txt.xz" "$work/text.txt"
nvidia-smi --query-gpu=name,driver_version,memory.total --format=csv,noheader || echo "no nvidia-smi"

echo "== check: small trainings on the card, beside one thread ($((SECONDS - begin)) s)"
$python benchmarks/gpu_small.py
if command -v compute-sanitizer > /dev/null; then
    for tool in memcheck racecheck; do
        timeout 60 compute-sanitizer --tool $tool --error-exitcode 9 $python benchmarks/gpu_small.py --short > "$results/$tool.log" 2>&1 &&
            echo "$tool: nothing found" || { echo "$tool: $(tail -5 "$results/$tool.log")"; }
    done
fi

echo "== measure ($((SECONDS - begin)) s)"
$python benchmarks/bench_gpu.py --text "$work/text.txt" --eval "$data/eval" --work "$work" --out "$results/gpu.json" --seconds $((400 - SECONDS + begin))
echo "== done after $((SECONDS - begin)) s"
