#!/bin/bash
# What a machine with many real cores does: speed beside as many separate models, and quality beside one thread.
#
#     benchmarks/many_cores_check.sh [THREADS [WORDS [DATA]]]      16 threads, all of english_17m, ../shared/data
#
# Builds the package in place, trains, and prints two tables; on 16 cores in less than six minutes. Needs Python with
# Cython, numpy and the other requirements, a C compiler, and the data folder with english_17m.txt.xz and eval/.
set -euo pipefail
cd "$(dirname "$0")/.."
threads=${1:-16} words=${2:-} data=${3:-${FASTW2V_DATA:-../shared/data}}
python=${PYTHON:-python3}
export PYTHONPATH=$PWD
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
common=(--data "$data" --work "$work/text" --results "$work/results" ${words:+--words "$words"})

$python setup.py -q build_ext --inplace > "$work/build.log" 2>&1 || { tail -20 "$work/build.log"; exit 1; }
$python -c 'from fastw2v import show_config; show_config()'
# one epoch of each contender, in turn: threads, as many models, one model
$python benchmarks/bench_many_cores.py --threads "$threads" --mode sgns,sghs --epochs 1 --pairs 2 "${common[@]}"
# real threads, not in lockstep, beside one thread
$python benchmarks/bench_many_cores.py --quality "$threads" --mode sgns --seeds 1,2 "${common[@]}"
