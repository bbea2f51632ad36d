"""Build of the compiled modules: one table, one set of Cython directives.

Everything else about the package is declared in ``pyproject.toml``.

Environment
-----------
FASTW2V_SANITIZE=1   build with AddressSanitizer and UndefinedBehaviorSanitizer (gcc, clang); =thread: ThreadSanitizer
FASTW2V_EMULATE=1    build what is for AVX-512 so that any processor with AVX2 runs it, slowly, for tests: needs SIMDe
FASTW2V_DEBUG=1      build with debug symbols and without optimisation
FASTW2V_ONLY=a,b     build only the modules whose name contains ``a`` or ``b``
"""

import os
import sys
import sysconfig

from Cython.Build import cythonize
from setuptools import Extension, setup

MSVC = sysconfig.get_platform().startswith("win")  # and not mingw
# The target is not always the machine that compiles: macOS names it in ARCHFLAGS, MSVC in VSCMD_ARG_TGT_ARCH.
TARGET = os.environ.get("VSCMD_ARG_TGT_ARCH") or os.environ.get("ARCHFLAGS") or sysconfig.get_platform()
X86_64 = any(name in TARGET.lower() for name in ("x86_64", "amd64", "x64", "universal2"))

# Compile-time flags only: -ffast-math must never reach the linker (it would flush subnormals
# to zero for the whole process), and errno/trapping semantics are never used by the kernels.
GCC_FLAGS = ["-O3", "-std=c11", "-fno-math-errno", "-fno-trapping-math", "-g0"]
GCC_FLAGS += ["-Wno-sign-compare"]  # only Cython's own loops are meant
BASE_FLAGS = ["/O2", "/std:c11"] if MSVC else GCC_FLAGS
ISA_FLAGS = {
    "": [],
    "avx2": ["/arch:AVX2"] if MSVC else ["-mavx2", "-mfma", "-mf16c", "-mbmi2", "-mprfchw"],
    "avx512": ["/arch:AVX512"]
    if MSVC
    else [
        *("-mavx512f", "-mavx512bw", "-mavx512dq", "-mavx512vl", "-mfma", "-mf16c", "-mbmi2", "-mprfchw"),
        "-mprefer-vector-width=512",
    ],
}
if os.environ.get("FASTW2V_EMULATE"):
    BASE_FLAGS = [*BASE_FLAGS, "-DFASTW2V_EMULATE"]
    ISA_FLAGS["avx512"] = ["-O1", *ISA_FLAGS["avx2"], "-Itests/kernels/emulated"]
if sys.platform == "darwin":  # a universal build compiles each file for arm64 too, where -mavx2 is an error
    ISA_FLAGS = {isa: [word for flag in flags for word in ("-Xarch_x86_64", flag)] for isa, flags in ISA_FLAGS.items()}

# (module, instruction set, headers that it includes)
KERNEL_PARTS = ["fastw2v/_kernels.pyx"]
KERNEL_PARTS += [f"fastw2v/kernels/_{part}.pxi" for part in ("plan", "scratch", "draws", "hot_rows", "lanes")]
KERNEL_PARTS += [
    f"fastw2v/kernels/_{part}.h"
    for part in ("simd", "exp", "exp_body", "tile", "tile_body", "exchange_body", "rng", "cpu", "fpmode")
]
SOFTMAX_PARTS = ["fastw2v/kernels/_softmax.pyx"]
SOFTMAX_PARTS += [
    f"fastw2v/kernels/_{part}.h"
    for part in ("softmax", "softmax_body", "products", "products_body", "team", "fpmode", "simd", "exp", "exp_body")
]
COSINE_PARTS = ["fastw2v/query/_cosine.pyx", *(f"fastw2v/kernels/_{part}.h" for part in ("simd", "exp", "exp_body"))]
COSINE_PARTS += [f"fastw2v/query/_{part}.h" for part in ("cosine", "scale", "sums")]
CHANGES_PARTS = ["fastw2v/train/ranks/_changes.pyx", "fastw2v/train/ranks/_changes.h", "fastw2v/query/_half.h"]
CHANGES_PARTS += [f"fastw2v/kernels/_{part}.h" for part in ("simd", "products", "products_body")]
SEARCH_PARTS = ["fastw2v/query/_search.pyx", "fastw2v/kernels/_simd.h"]
SEARCH_PARTS += [f"fastw2v/query/_{part}.h" for part in ("search", "ranking", "scale", "sums", "bytes", "codes")]
SEARCH_PARTS += ["fastw2v/query/_half.h", "fastw2v/kernels/_cpu.h"]
TEXT_PARTS = [f"fastw2v/text/_{part}.h" for part in ("tokenize", "words", "strings")]
PHRASE_PARTS = [f"fastw2v/phrases/_{part}" for part in ("words.pxd", "counts.pxd", "segment.pxd", "grams.h")]
PHRASE_PARTS += TEXT_PARTS
EXTENSIONS = [
    ("fastw2v._kernels", "", KERNEL_PARTS),
    ("fastw2v.kernels._kernels_avx2", "avx2", KERNEL_PARTS),
    ("fastw2v.kernels._kernels_avx512", "avx512", KERNEL_PARTS),
    ("fastw2v.kernels._softmax", "", SOFTMAX_PARTS),
    ("fastw2v.kernels._softmax_avx2", "avx2", SOFTMAX_PARTS),
    ("fastw2v.kernels._softmax_avx512", "avx512", SOFTMAX_PARTS),
    ("fastw2v.train._huffman", "", []),
    ("fastw2v.train._rows", "", []),
    ("fastw2v.train.ranks._changes", "", CHANGES_PARTS),
    ("fastw2v.kernels._changes_avx2", "avx2", CHANGES_PARTS),
    ("fastw2v.kernels._changes_avx512", "avx512", CHANGES_PARTS),
    ("fastw2v.text._tokenize", "", TEXT_PARTS),
    ("fastw2v.text._marks", "", TEXT_PARTS),
    ("fastw2v.query._topk", "", []),
    ("fastw2v.query._cosine", "", COSINE_PARTS),
    ("fastw2v.kernels._cosine_avx2", "avx2", COSINE_PARTS),
    ("fastw2v.kernels._cosine_avx512", "avx512", COSINE_PARTS),
    ("fastw2v.query._search", "", SEARCH_PARTS),
    ("fastw2v.kernels._search_avx2", "avx2", SEARCH_PARTS),
    ("fastw2v.kernels._search_avx512", "avx512", SEARCH_PARTS),
    ("fastw2v.formats._parse", "", ["fastw2v/formats/_parse.h"]),
    ("fastw2v.formats._subwords", "", []),
    ("fastw2v.formats._opcodes", "", []),
    ("fastw2v.phrases._words", "", PHRASE_PARTS),
    ("fastw2v.phrases._counts", "", PHRASE_PARTS),
    ("fastw2v.phrases._segment", "", PHRASE_PARTS),
    ("fastw2v.phrases._text", "", PHRASE_PARTS),
]

CYTHON_DIRECTIVES = {
    "language_level": 3,
    "boundscheck": False,
    "wraparound": False,
    "cdivision": True,
    "initializedcheck": False,
    "freethreading_compatible": True,
}


def extension(name: str, isa: str, depends: list[str]) -> Extension:
    compile_flags, link_flags = BASE_FLAGS + ISA_FLAGS[isa], []
    if os.environ.get("FASTW2V_DEBUG"):
        compile_flags = [f for f in compile_flags if f not in ("-O3", "-g0", "/O2")]
        compile_flags += ["/Od", "/Zi"] if MSVC else ["-O0", "-g"]
    if os.environ.get("FASTW2V_SANITIZE"):
        sanitizers = ["-fsanitize=address,undefined", "-fno-sanitize-recover=undefined", "-g"]
        sanitizers = ["-fsanitize=thread", "-g"] if os.environ["FASTW2V_SANITIZE"] == "thread" else sanitizers
        compile_flags, link_flags = [f for f in compile_flags if f != "-O3"] + ["-O1", *sanitizers], sanitizers
    return Extension(
        name,
        [name.replace(".", "/") + ".pyx"],
        depends=depends,
        include_dirs=["fastw2v"],
        extra_compile_args=compile_flags,
        extra_link_args=link_flags,
    )


def wanted(name: str, isa: str) -> bool:
    only = os.environ.get("FASTW2V_ONLY")
    return (not isa or X86_64) and (not only or any(part in name for part in only.split(",")))


setup(
    ext_modules=cythonize(
        [extension(*row) for row in EXTENSIONS if wanted(row[0], row[1])],
        compiler_directives=CYTHON_DIRECTIVES,
        build_dir="build/cython",
    ),
    options={"build_ext": {"parallel": os.cpu_count() or 1}},
)
