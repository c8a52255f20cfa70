# Recipes call the scripts that .ci/run calls, so that both mean the same.

# List the recipes.
default:
    @just --list

# Is every file formatted?
fmt:
    scripts/fmt

# Clippy on every target; a warning is an error.
lint:
    scripts/lint

# Build the pages; a warning is an error.
doc:
    scripts/doc

# All tests.
test:
    scripts/test

# Run the README's first command twice and compare.
quickstart:
    scripts/quickstart

# Train every committed record again, and compare bit for bit.
verify:
    scripts/verify --all

# Strike every fault many times; print what it cost.
faults:
    scripts/faults

# One bench per family, and what else is measured.
bench *args:
    cargo bench --workspace {{args}}

# The published table: the losses that have goals, AVX2, f32; `just bench-table PYTHON` with the peers (15 minutes).
bench-table *python:
    scripts/bench-table {{python}}

# Both engines over a grid of shapes, alone and at a full cohort: where they cross; `just crossover avx2`, some minutes.
crossover *args:
    @cargo run --release --quiet -p surprisal-bench --example crossover -- {{args}}

# Instructions of each kernel against the committed ones; `just instructions --write` keeps what was counted.
instructions *args:
    scripts/instructions {{args}}

# Compile every CUDA kernel for sm_80 and sm_90; a spilt register is an error. Fetches NVRTC and ptxas from PyPI once.
cuda-compile *folder:
    scripts/cuda-compile {{folder}}

# Every f32 through every elementary function (hours): their largest errors.
functions:
    cargo test --release -p surprisal-kernel --test functions -- --ignored --nocapture

# Check the types of the feature `cuda` without CUDA.
cuda-check:
    scripts/cuda-check

# Licences, bans, sources, advisories; needs cargo-deny and, for advisories, a network.
deny:
    cargo deny check

# Sweeps on a Slurm cluster of three virtual nodes, as root on Debian: `just slurm --write` keeps the figures.
slurm *args:
    scripts/slurm {{args}}

# Fuzz the readers of YAML, CSV and records, an hour each; `just fuzz 60 csv` one for a minute.
fuzz *args:
    scripts/fuzz {{args}}

# What must hold before a change lands.
ci:
    .ci/run
