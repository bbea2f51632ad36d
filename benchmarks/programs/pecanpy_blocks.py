"""pip install pecanpy scikit-learn: graph embedding; its command line, as its README runs it."""

import os
import sys
import tempfile

import graphs
import numpy as np

seed = graphs.seed()
edges, labels = graphs.communities()
with tempfile.TemporaryDirectory() as folder:
    source, target = os.path.join(folder, "blocks.edg"), os.path.join(folder, "blocks.emb")
    with open(source, "w") as file:
        file.writelines(f"{a}\t{b}\n" for a, b in edges)
    sys.argv = [
        "pecanpy", "--input", source, "--output", target, "--mode", "SparseOTF", "--workers", "2",
        "--dimensions", "32", "--walk-length", "40", "--num-walks", "10", "--window-size", "5",
        "--random_state", str(seed),
    ]  # fmt: skip
    from pecanpy.cli import main

    main()
    rows = {}
    with open(target) as file:
        next(file)
        for line in file:
            node, *numbers = line.split()
            rows[int(node)] = np.array(numbers, float)
graphs.report("accuracy", graphs.accuracy([rows[node] for node in range(len(labels))], labels))
