"""House rules that a reader of ARCHITECTURE.md relies on, read off the sources themselves."""

from __future__ import annotations

import ast
import itertools
import re
from collections import Counter
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "fastw2v"

def layers() -> list[list[str]]:
    """The rows of the table in ARCHITECTURE.md: each may import itself and those above it."""
    rows = re.findall(r"^\| \d+ \| (.*?) \|", (ROOT / "ARCHITECTURE.md").read_text("utf-8"), re.MULTILINE)
    return [[name for cell in re.findall(r"`(.*?)`", row) for name in names_of(cell)] for row in rows]


def names_of(cell: str) -> list[str]:
    """``train/{loop,threads}`` stands for two modules, ``text/`` for a folder, ``__init__`` for the package itself."""
    folder, brace, members = cell.partition("{")
    names = [folder + member for member in members.rstrip("}").split(",")] if brace else [cell]
    return ["" if name == "__init__" else name.strip("/").replace("/", ".") for name in names]


LAYERS = layers()

# Circles that stay, with the reason: an import inside a function that start-up time or Python's rules ask for.
EXCUSED: dict[tuple[str, str], str] = {}

# Version and nothing else: everybody may ask the package for it.
VERSION_IMPORT = "from fastw2v import __version__"


def modules() -> dict[str, Path]:
    """Module names without the package's own, and their files."""
    files = sorted([*PACKAGE.rglob("*.py"), *PACKAGE.rglob("*.pyx")])
    names = {".".join(path.relative_to(PACKAGE).with_suffix("").parts): path for path in files}
    return {re.sub(r"\.?__init__$", "", name): path for name, path in names.items()}


MODULES = modules()


def layer(module: str) -> int:
    places = {prefix: level for level, prefixes in enumerate(LAYERS) for prefix in prefixes}
    fitting = [prefix for prefix in places if module == prefix or (prefix and re.match(rf"{prefix}[._]", module))]
    assert fitting, f"{module} has no place in LAYERS"
    return places[max(fitting, key=len)]


def is_type_checking(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"


def import_nodes(node: ast.AST, *, lazy: bool) -> Iterator[ast.Import | ast.ImportFrom]:
    """Imports that run: with ``lazy`` also those inside functions."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, (ast.Import, ast.ImportFrom)):
            yield child
        elif is_type_checking(child) or (not lazy and isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef))):
            continue
        else:
            yield from import_nodes(child, lazy=lazy)


def python_imports(path: Path, *, lazy: bool) -> Iterator[str]:
    for node in import_nodes(ast.parse(path.read_text("utf-8")), lazy=lazy):
        if ast.unparse(node) == VERSION_IMPORT:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif node.level == 0 and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        else:
            raise AssertionError(f"{path}: relative imports hide the layer: {ast.unparse(node)}")


def cython_imports(path: Path) -> Iterator[str]:
    text = path.read_text("utf-8")
    for package, names in re.findall(r"^\s*from (fastw2v[\w.]*) c?import (\([^)]*\)|[\w, ]+)", text, re.MULTILINE):
        yield from (f"{package}.{name}" for name in re.findall(r"\w+", names))


def imports(module: str, files: dict[str, Path] = MODULES) -> set[str]:
    """Modules of the package that a module imports, inside functions too."""
    path = files[module]
    found = python_imports(path, lazy=True) if path.suffix == ".py" else cython_imports(path)
    targets = set()
    for name in found:
        if name == "fastw2v" or name.startswith("fastw2v."):
            inner = name.removeprefix("fastw2v").removeprefix(".")
            targets.add(inner if inner in files else inner.rpartition(".")[0])
    return targets - {module}


def upward_arrows(module: str, files: dict[str, Path] = MODULES) -> list[str]:
    return sorted(target for target in imports(module, files) if layer(target) > layer(module))


def circle(files: dict[str, Path] = MODULES) -> list[str] | None:
    """The modules of a circle of imports, if there is one beside those that are excused."""
    graph = {module: {one for one in imports(module, files) if (module, one) not in EXCUSED} for module in files}
    try:
        list(TopologicalSorter(graph).static_order())
    except CycleError as error:
        found: list[str] = error.args[1]
        return found
    return None


def test_the_table_of_layers_names_only_what_there_is() -> None:
    assert len(LAYERS) == 8
    for name in itertools.chain(*LAYERS):
        assert name in MODULES or name in {module.partition(".")[0] for module in MODULES}, name


def test_every_module_is_found() -> None:
    assert {"word2vec", "train.loop", "_kernels", "formats", ""} <= MODULES.keys()
    assert "train.loop" in imports("model.training")
    assert "phrases._counts" in imports("phrases._segment")


@pytest.mark.parametrize("module", MODULES)
def test_imports_only_go_down(module: str) -> None:
    assert not upward_arrows(module), f"{module} (layer {layer(module)}) imports from a higher layer"


def test_no_import_circles() -> None:
    assert circle() is None


def test_only_imports_that_are_there_are_excused() -> None:
    for module, target in EXCUSED:
        assert target in imports(module), f"{module} does not import {target} any more: strike it from EXCUSED"


@pytest.mark.parametrize("planted", ["from fastw2v.{} import x", "def f():\n    import fastw2v.{}"])
def test_a_planted_arrow_is_seen(planted: str, tmp_path: Path) -> None:
    """These tests can fail: at the top of a file, and inside a function."""
    house = {**MODULES, "text.planted": tmp_path / "planted.py", "text.other": tmp_path / "other.py"}
    house["text.other"].write_text("from fastw2v.text.planted import x\n")
    house["text.planted"].write_text(planted.format("text.vocab"))
    assert circle(house) is None
    assert not upward_arrows("text.planted", house)
    house["text.planted"].write_text(planted.format("formats.native"))
    assert upward_arrows("text.planted", house) == ["formats.native"]
    house["text.planted"].write_text(planted.format("text.other"))
    assert set(circle(house) or ()) == {"text.planted", "text.other"}


SOURCE_SUFFIXES = (".py", ".pyx", ".pxd", ".pxi", ".h", ".cu", ".cuh")
SOURCES = sorted(path for path in PACKAGE.rglob("*.*") if path.suffix in SOURCE_SUFFIXES)


# A class that users see is read from top to bottom in one file; what its methods do stands elsewhere.
CLASSES_IN_ONE_FILE = {"keyedvectors.py", "word2vec.py"}


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_a_file_fits_in_the_head(path: Path) -> None:
    if path.relative_to(PACKAGE).as_posix() in CLASSES_IN_ONE_FILE:
        pytest.skip("one class, which is mostly documentation")
    n_lines = len(path.read_text("utf-8").splitlines())
    assert n_lines <= 500, f"{n_lines} lines: what are the two nouns in it?"


CYTHON_FILES = [path for path in SOURCES if path.suffix in (".pyx", ".pxi")]


@pytest.mark.parametrize("path", CYTHON_FILES, ids=lambda path: path.stem)
def test_directives_live_in_setup(path: Path) -> None:
    # those of an included file are ignored, so that instruction sets would differ in silence
    assert not re.search(r"^#\s*cython:", path.read_text("utf-8"), re.MULTILINE)


@pytest.mark.parametrize("path", CYTHON_FILES, ids=lambda path: path.stem)
def test_functions_without_the_gil_cannot_raise(path: Path) -> None:
    text = re.sub(r"\n\s{8,}", " ", path.read_text("utf-8"))
    for line in re.findall(r"^\s*cdef [^=\n]*\).*\bnogil:", text, re.MULTILINE):
        assert re.search(r"\bnoexcept\b|\bexcept\b", line), line


@pytest.mark.parametrize("path", [path for path in SOURCES if path.suffix == ".pyx"], ids=lambda path: path.stem)
def test_compiled_modules_are_typed(path: Path) -> None:
    included = re.match(r'include "([\w./]+)\.pyx"\s*$', path.read_text("utf-8"))
    name = included.group(1) if included else path.stem
    assert (path.parent / f"{name}.pyi").exists()


@pytest.mark.parametrize("module", [name for name, path in MODULES.items() if path.suffix == ".py"])
def test_no_error_is_swallowed(module: str) -> None:
    for node in ast.walk(ast.parse(MODULES[module].read_text("utf-8"))):
        if isinstance(node, ast.ExceptHandler):
            broad = node.type is None or ast.unparse(node.type) in ("Exception", "BaseException")
            empty = all(isinstance(statement, (ast.Pass, ast.Continue)) for statement in node.body)
            assert not (broad and empty), f"line {node.lineno}: name the exception that is expected here"


TESTS = ROOT / "tests"


def test_each_folder_of_the_package_has_its_folder_of_tests() -> None:
    folders = {path.parent.relative_to(PACKAGE) for path in PACKAGE.rglob("__init__.py")}
    missing = {folder.as_posix() for folder in folders if not any((TESTS / folder).glob("test_*.py"))}
    assert not missing, f"no tests in tests/{{{','.join(sorted(missing))}}}"


def test_test_files_have_names_of_their_own() -> None:
    """A name says what is inside, and what is shared stands in tests/support."""
    files = [path for path in TESTS.rglob("*.py") if path.name != "conftest.py"]
    shared = Counter(path.name for path in files)
    assert not {name for name, times in shared.items() if times > 1}
    for path in TESTS.rglob("test_*.py"):
        assert not re.search(r"^(from|import) test_|sys\.path\.insert", path.read_text("utf-8"), re.MULTILINE), path
        # ^ what two files of tests need is no test


def test_heavy_modules_are_imported_where_they_are_used() -> None:
    heavy = {"scipy", "smart_open", "tqdm", "safetensors", "matplotlib", "ot", "sklearn", "pandas", "gensim",
             "cuda"}  # fmt: skip
    for module, path in MODULES.items():
        if path.suffix == ".py":
            found = {name.partition(".")[0] for name in python_imports(path, lazy=False)} & heavy - {module}
            assert not found, f"{module} imports {found} at import time"


def test_nothing_names_the_machine_it_was_written_on() -> None:
    home = re.compile(r"/" + r"(root|home|work|tmp)/\w")
    for path in SOURCES:
        assert not home.search(path.read_text("utf-8")), path
